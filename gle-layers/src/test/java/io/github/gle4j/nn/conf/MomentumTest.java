// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

class MomentumTest {

  @Test
  void accumulatesGradients() {
    INDArray state = Nd4j.create(DataType.DOUBLE, 1, 2);
    GradientUpdater<Momentum> updater = new Momentum(0.1, 0.9).instantiate(state, true);
    double[] accumulated = new double[2];
    double[][] gradients = {{1, -2}, {0.5, 3}, {0, 1}};
    for (int k = 0; k < gradients.length; k++) {
      INDArray gradient = Nd4j.createFromArray(gradients[k]);
      updater.applyUpdater(gradient, k, 0);
      for (int i = 0; i < 2; i++) {
        accumulated[i] = 0.9 * accumulated[i] + gradients[k][i];
        assertEquals(0.1 * accumulated[i], gradient.getDouble(i), 1e-15);
        assertEquals(accumulated[i], state.getDouble(i), 1e-15);
      }
    }
    assertEquals(state.getDouble(1), updater.getState().get("M").getDouble(1));
    GradientUpdater<Momentum> restored =
        new Momentum(0.1, 0.9).instantiate(Map.of("M", state.dup().reshape(2)), false);
    INDArray gradient = Nd4j.createFromArray(0.0, 0.0);
    restored.applyUpdater(gradient, 3, 0);
    assertEquals(0.1 * 0.9 * accumulated[0], gradient.getDouble(0), 1e-15);
  }

  @Test
  void followsASchedule() {
    Momentum momentum = new Momentum(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 3), 0.5);
    assertEquals(0.1, momentum.getLearningRate(2, 0));
    assertEquals(0.05, momentum.getLearningRate(3, 0));
    Momentum fixed = momentum.clone();
    fixed.setLrAndSchedule(0.2, null);
    assertEquals(0.2, fixed.getLearningRate(3, 0));
    assertNotEquals(momentum, fixed);
    assertEquals(0.05, momentum.getLearningRate(3, 0));
  }

  @Test
  void badSettingsAreNamed() {
    assertEquals(
        "momentum = 1.0: at least 0 and below 1 is allowed",
        assertThrows(IllegalArgumentException.class, () -> new Momentum(0.1, 1)).getMessage());
    assertEquals(
        "learning rate = -1.0: a finite number >= 0 is allowed",
        assertThrows(IllegalArgumentException.class, () -> new Momentum(-1, 0)).getMessage());
    new Momentum(0, 0);
    assertThrows(
        IllegalStateException.class, () -> new Momentum(0.1, 0).instantiate(Map.of(), true));
  }
}

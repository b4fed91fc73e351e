// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NeuronStateTest {

  private static NeuronState numbered(int batch) {
    NeuronState state = NeuronState.zeros(DataType.DOUBLE, batch, 2, 3);
    int value = 0;
    for (INDArray array : new INDArray[] {state.u(), state.v(), state.r(), state.d(), state.f()}) {
      for (int i = 0; i < batch; i++) {
        array.getRow(i).assign(100 * value + i);
      }
      value++;
    }
    return state;
  }

  @Test
  void aSmallerBatchKeepsTheFirstRowsAndALargerRepeatsThemCyclically() {
    NeuronState small = numbered(3).forBatch(2);
    NeuronState large = numbered(3).forBatch(7);
    for (int value = 0; value < 5; value++) {
      assertEquals(rows(value, 0, 1), arrays(small)[value]);
      assertEquals(rows(value, 0, 1, 2, 0, 1, 2, 0), arrays(large)[value]);
    }
    NeuronState same = numbered(3);
    assertSame(same, same.forBatch(3));
  }

  private static INDArray[] arrays(NeuronState state) {
    return new INDArray[] {state.u(), state.v(), state.r(), state.d(), state.f()};
  }

  private static INDArray rows(int value, int... rows) {
    INDArray array = Nd4j.create(DataType.DOUBLE, rows.length, value == 4 ? 3 : 2);
    for (int i = 0; i < rows.length; i++) {
      array.getRow(i).assign(100 * value + rows[i]);
    }
    return array;
  }

  @Test
  void aCopyAndASavedStateAreIndependent() {
    NeuronState state = numbered(2);
    NeuronState copy = state.copy();
    Map<String, INDArray> saved = state.save();
    state.reset();
    assertEquals(0, state.u().sumNumber().doubleValue() + state.f().sumNumber().doubleValue());
    assertEquals(numbered(2).f(), copy.f());
    assertEquals(numbered(2).v(), saved.get("v"));
    NeuronState restored = NeuronState.restore(saved);
    assertEquals(numbered(2).d(), restored.d());
    assertNotSame(saved.get("d"), restored.d());
  }

  @Test
  void aSavedStateWithoutAnArrayIsRefused() {
    Map<String, INDArray> saved = new HashMap<>(numbered(2).save());
    NeuronState.restore(saved);
    saved.remove("d");
    assertEquals(
        "saved neuron state has no array \"d\": it needs u, v, r, d and f",
        assertThrows(IllegalArgumentException.class, () -> NeuronState.restore(saved))
            .getMessage());
  }

  @Test
  void publishingSwapsWhatNeighboursSee() {
    NeuronState state = numbered(2);
    state.nextR().assign(7);
    state.nextF().assign(8);
    state.publishRate();
    assertEquals(7, state.r().getDouble(0, 0));
    assertEquals(400, state.f().getDouble(0, 0));
    state.nextR().assign(9);
    state.publish();
    assertEquals(9, state.r().getDouble(0, 0));
    assertEquals(8, state.f().getDouble(0, 0));
  }

  @Test
  void copiesBetweenDifferentShapesAreRefused() {
    INDArray target = Nd4j.zeros(DataType.DOUBLE, 3, 5);
    assertEquals(
        "cannot copy an array of shape [8, 5] into one of shape [3, 5]",
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckedCopy.copy(Nd4j.ones(DataType.DOUBLE, 8, 5), target))
            .getMessage());
    assertEquals(0, target.sumNumber().doubleValue());
    CheckedCopy.copy(Nd4j.ones(DataType.DOUBLE, 3, 5), target);
    assertEquals(15, target.sumNumber().doubleValue());
  }
}

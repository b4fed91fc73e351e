// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ReduceOnPlateauTest {

  @Test
  void reducesAfterMoreThanPatienceBadEpochsAndCountsAnew() {
    ReduceOnPlateau plateau = new ReduceOnPlateau(0.5, 2);
    double[] losses = {1, 0.9, 0.9, 0.95, 0.91, 0.9, 0.9, 0.9, 0.8, 0.79999, 0.8, 0.8};
    double[] factors = {1, 1, 1, 1, 0.5, 1, 1, 0.5, 1, 1, 1, 0.5};
    for (int epoch = 0; epoch < losses.length; epoch++) {
      assertEquals(factors[epoch], plateau.observe(losses[epoch]), "epoch " + epoch);
    }
  }

  @Test
  void aLossThatIsNotANumberIsBad() {
    ReduceOnPlateau plateau = new ReduceOnPlateau(0.5, 0);
    assertEquals(0.5, plateau.observe(Double.NaN));
  }

  @Test
  void badSettingsAreNamed() {
    assertEquals(
        "factor = 1.0: a number between 0 and 1, both excluded, is allowed",
        assertThrows(IllegalArgumentException.class, () -> new ReduceOnPlateau(1, 2)).getMessage());
    assertEquals(
        "patience = -1: 0 or more is allowed",
        assertThrows(IllegalArgumentException.class, () -> new ReduceOnPlateau(0.5, -1))
            .getMessage());
    new ReduceOnPlateau(0.999, 0);
  }
}

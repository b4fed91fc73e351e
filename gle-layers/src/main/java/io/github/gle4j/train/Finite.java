// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Whether values are finite. */
final class Finite {
  private Finite() {}

  /** Whether all values are. */
  static boolean all(INDArray array) {
    if (Double.isFinite(array.sumNumber().doubleValue())) {
      return true; // a sum may overflow though its terms are finite, not the other way round
    }
    for (double value : array.dup().data().asDouble()) {
      if (!Double.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether all values are. */
  static boolean all(float[] values) {
    return firstNot(values) < 0;
  }

  /** The index of the first value that is not, or -1. */
  static int firstNot(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }
}

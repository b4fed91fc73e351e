// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.layers.NativeFloats;
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

  /** Whether all values, finite ones, are between two limits. */
  static boolean within(INDArray array, double low, double high) {
    if (NativeFloats.obstacle(array.dataType()).isPresent()) {
      return array.minNumber().doubleValue() >= low && array.maxNumber().doubleValue() <= high;
    }
    for (float value : NativeFloats.toHeap(array)) { // faster than ND4J for a single step
      if (value < low || value > high) {
        return false;
      }
    }
    return true;
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

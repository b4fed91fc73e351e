// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.connectivity.NativeFloats;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where the time steps of a sequence of floats are, each [size][batch]. */
final class NativeSteps {
  private final int count;
  private final long size;
  private final FloatPointer memory;

  /**
   * The steps of a sequence, which must live as long as they are used.
   *
   * @param sequence [batch, size, time], {@link #isPlain plain}
   */
  NativeSteps(INDArray sequence) {
    count = Math.toIntExact(sequence.size(2));
    size = sequence.size(0) * sequence.size(1);
    memory = NativeFloats.of(sequence);
  }

  /** Whether the steps of a sequence lie one after the other. */
  static boolean isPlain(INDArray sequence) {
    return sequence.ordering() == 'f' && sequence.elementWiseStride() == 1;
  }

  /** The steps of a mask [batch, time], each [batch]; null for null. */
  static float[][] ofMask(INDArray mask) {
    return mask == null ? null : mask.castTo(DataType.FLOAT).transpose().toFloatMatrix();
  }

  int count() {
    return count;
  }

  /** The step's memory; the next call moves it on. */
  FloatPointer at(int t) {
    return memory.position(t * size);
  }
}

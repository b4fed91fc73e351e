// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.connectivity.NativeFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The time steps of one of DL4J's sequences, [batch, size, time] in 'f' order without gaps. */
interface TimeSteps<A> {

  /** Number of steps. */
  int count();

  /** A step's values, until the next call. */
  A read(int t);

  /** Sets a step's values. */
  void write(A values, int t);

  /** Steps as views, [batch, size]. */
  static TimeSteps<INDArray> views(INDArray sequence) {
    return new TimeSteps<>() {
      @Override
      public int count() {
        return Math.toIntExact(sequence.size(2));
      }

      @Override
      public INDArray read(int t) {
        return sequence.get(all(), all(), point(t));
      }

      @Override
      public void write(INDArray values, int t) {
        CheckedCopy.copy(values, read(t));
      }
    };
  }

  /** Steps as copies, [size][batch], of a sequence of floats that must live as long. */
  static TimeSteps<float[]> copies(INDArray sequence) {
    NativeSteps steps = new NativeSteps(sequence);
    float[] copy = new float[Math.toIntExact(sequence.size(0) * sequence.size(1))];
    return new TimeSteps<>() {
      @Override
      public int count() {
        return steps.count();
      }

      @Override
      public float[] read(int t) {
        NativeFloats.read(steps.at(t), copy);
        return copy;
      }

      @Override
      public void write(float[] values, int t) {
        NativeFloats.write(values, steps.at(t));
      }
    };
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.connectivity.NativeFloats;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Copies between DL4J's sequences, [batch, size, time], and courses, [batch, time, size] in 'f'
 * order, where all samples and steps of a neuron lie side by side. ND4J's own copies with permuted
 * dimensions go value by value; where both sides are plain memory these move runs of samples.
 */
final class Courses {
  private static final int STEPS_AT_ONCE = 16;

  private Courses() {}

  /**
   * Copies a sequence.
   *
   * @param sequence [batch, size, time]
   * @param course out: [batch, time, size]
   */
  static void read(INDArray sequence, INDArray course) {
    if (!isPlain(sequence) || !isPlain(course)) {
      CheckedCopy.copy(sequence.permute(0, 2, 1), course);
      return;
    }
    Runs runs = new Runs(course);
    FloatPointer steps = NativeFloats.of(sequence);
    for (int t = 0; t < runs.time; t += STEPS_AT_ONCE) {
      int count = Math.min(STEPS_AT_ONCE, runs.time - t);
      NativeFloats.read(steps.position((long) t * runs.step), runs.block, count * runs.step);
      for (int n = 0; n < runs.size; n++) {
        for (int k = 0; k < count; k++) {
          System.arraycopy(
              runs.block, k * runs.step + n * runs.batch, runs.run, k * runs.batch, runs.batch);
        }
        NativeFloats.write(runs.run, count * runs.batch, runs.at(n, t));
      }
    }
  }

  /**
   * Copies a course.
   *
   * @param course [batch, time, size]
   * @param sequence out: [batch, size, time]
   */
  static void write(INDArray course, INDArray sequence) {
    if (!isPlain(sequence) || !isPlain(course)) {
      CheckedCopy.copy(course.permute(0, 2, 1), sequence);
      return;
    }
    Runs runs = new Runs(course);
    FloatPointer steps = NativeFloats.of(sequence);
    for (int t = 0; t < runs.time; t += STEPS_AT_ONCE) {
      int count = Math.min(STEPS_AT_ONCE, runs.time - t);
      for (int n = 0; n < runs.size; n++) {
        NativeFloats.read(runs.at(n, t), runs.run, count * runs.batch);
        for (int k = 0; k < count; k++) {
          System.arraycopy(
              runs.run, k * runs.batch, runs.block, k * runs.step + n * runs.batch, runs.batch);
        }
      }
      NativeFloats.write(runs.block, count * runs.step, steps.position((long) t * runs.step));
    }
  }

  private static boolean isPlain(INDArray array) {
    return NativeFloats.obstacle(array.dataType()).isEmpty()
        && array.elementWiseStride() == 1
        && array.ordering() == 'f';
  }

  /** The memory of a course, and working memory for a few of its steps. */
  private static final class Runs {
    final int batch;
    final int time;
    final int size;
    final int step;
    final float[] block;
    final float[] run;
    private final FloatPointer memory;

    Runs(INDArray course) {
      batch = Math.toIntExact(course.size(0));
      time = Math.toIntExact(course.size(1));
      size = Math.toIntExact(course.size(2));
      step = Math.multiplyExact(batch, size);
      block = new float[Math.multiplyExact(STEPS_AT_ONCE, step)];
      run = new float[Math.multiplyExact(STEPS_AT_ONCE, batch)];
      memory = NativeFloats.of(course);
    }

    FloatPointer at(int n, int t) {
      return memory.position(((long) n * time + t) * batch);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What every connectivity promises: a test class says how it is made, and inherits this. The two
 * forms agree; errors go back the way that rates came; gradients are those of the forward pass.
 */
abstract class ConnectivityContract {
  /** A connectivity of some sizes, upon arrays. */
  interface Case {
    int inputs();

    int outputs();

    /** Random parameters, in the order and shape it takes; gradients of zero. */
    WeightArrays arrays(DataType type, Random random);

    Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch);

    Connectivity<INDArray> reference(WeightArrays arrays);
  }

  /** Awkward sizes, with biases and without. */
  abstract List<Case> cases();

  /** Numbers of samples that the forms are compared for. */
  int[] batches() {
    return new int[] {1, 2, 5, 101};
  }

  static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static INDArray array(DataType type, Random random, char order, long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return Nd4j.createFromArray(gaussian(random, count)).castTo(type).reshape(order, shape);
  }

  private static INDArray matrix(float[] values, int batch, DataType type) {
    return Nd4j.createFromArray(values).castTo(type).reshape('f', batch, values.length / batch);
  }

  private static void close(String what, INDArray expected, float[] actual) {
    float[] values = expected.castTo(DataType.FLOAT).dup('f').data().asFloat();
    assertEquals(values.length, actual.length, what);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], actual[i], 2e-4f * (1 + Math.abs(values[i])), what + " " + i);
    }
  }

  private static float[] values(INDArray array) {
    return NativeFloats.toHeap(array);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Test
  void bothFormsAgreeWhetherTheyWriteOrAdd() {
    for (Case sizes : cases()) {
      for (int batch : batches()) {
        for (boolean add : new boolean[] {false, true}) {
          String where = sizes + ", batch " + batch + (add ? ", added" : "");
          Random random = new Random(7);
          WeightArrays exact = sizes.arrays(DataType.DOUBLE, new Random(3));
          WeightArrays single = sizes.arrays(DataType.FLOAT, new Random(3));
          Connectivity<INDArray> reference = sizes.reference(exact);
          Connectivity<float[]> fused = sizes.fused(single, batch, new Scratch());
          float[] from = gaussian(random, sizes.inputs() * batch);
          float[] e = gaussian(random, sizes.outputs() * batch);
          float[] current = gaussian(random, sizes.outputs() * batch);
          INDArray expected = matrix(current, batch, DataType.DOUBLE);
          reference.forward(matrix(from, batch, DataType.DOUBLE), expected, add);
          fused.forward(from, current, add);
          close(where + ": current", expected, current);
          float[] to = gaussian(random, sizes.inputs() * batch);
          expected = matrix(to, batch, DataType.DOUBLE);
          reference.feedback(matrix(e, batch, DataType.DOUBLE), expected, add);
          fused.feedback(e, to, add);
          close(where + ": feedback", expected, to);
          for (int repetition = 0; repetition < 2; repetition++) { // the second adds to something
            reference.gradient(
                matrix(from, batch, DataType.DOUBLE), matrix(e, batch, DataType.DOUBLE), add);
            fused.gradient(from, e, add);
          }
          INDArray weights = exact.weightGradients();
          close(where + ": gradient", weights, values(single.weightGradients().dup('f')));
          if (exact.biases() != null) {
            close(where + ": bias", exact.biasGradients(), values(single.biasGradients()));
          }
        }
      }
    }
  }

  /** {@code <e, W r> = <W^T e, r>}, where the same weights carry both. */
  @Test
  void feedbackIsTheAdjoint() {
    for (Case sizes : cases()) {
      WeightArrays arrays = sizes.arrays(DataType.FLOAT, new Random(3));
      WeightArrays symmetric =
          new WeightArrays(
              arrays.weights(), arrays.weights(), arrays.weightGradients(), null, null);
      Connectivity<float[]> fused = sizes.fused(symmetric, 3, new Scratch());
      Random random = new Random(4);
      float[] r = gaussian(random, sizes.inputs() * 3);
      float[] e = gaussian(random, sizes.outputs() * 3);
      float[] current = new float[e.length];
      float[] feedback = new float[r.length];
      fused.forward(r, current, false);
      fused.feedback(e, feedback, false);
      double expected = product(e, current);
      assertEquals(expected, product(feedback, r), 1e-3 * (1 + Math.abs(expected)), sizes + "");
    }
  }

  /** The forward pass is linear in the parameters, so differences are exact. */
  @Test
  void gradientsAreThoseOfTheForwardPass() {
    for (Case sizes : cases()) {
      WeightArrays arrays = sizes.arrays(DataType.FLOAT, new Random(3));
      Connectivity<float[]> fused = sizes.fused(arrays, 2, new Scratch());
      Random random = new Random(4);
      float[] pre = gaussian(random, sizes.inputs() * 2);
      float[] post = gaussian(random, sizes.outputs() * 2);
      fused.gradient(pre, post, false); // nothing has gone forward: any pre and post will do
      WeightArrays change = sizes.arrays(DataType.FLOAT, new Random(5));
      float[] before = new float[post.length];
      float[] after = new float[post.length];
      fused.forward(pre, before, false);
      arrays.weights().addi(change.weights());
      double expected = -arrays.weightGradients().mul(change.weights()).sumNumber().doubleValue();
      if (arrays.biases() != null) {
        arrays.biases().addi(change.biases());
        expected -= arrays.biasGradients().mul(change.biases()).sumNumber().doubleValue();
      }
      fused.parametersChanged();
      fused.forward(pre, after, false);
      double difference = product(post, after) - product(post, before);
      assertEquals(expected, difference, 2e-3 * (1 + Math.abs(expected)), sizes + "");
    }
  }

  /** Layers of a thread share working memory, and neighbours may step between two phases. */
  @Test
  void sharedWorkingMemoryMayBeOverwrittenBetweenPhases() {
    for (Case sizes : cases()) {
      WeightArrays first = sizes.arrays(DataType.FLOAT, new Random(3));
      WeightArrays second = sizes.arrays(DataType.FLOAT, new Random(3));
      Scratch shared = new Scratch();
      Connectivity<float[]> alone = sizes.fused(first, 3, new Scratch());
      Connectivity<float[]> among = sizes.fused(second, 3, shared);
      Connectivity<float[]> other =
          sizes.fused(sizes.arrays(DataType.FLOAT, new Random(8)), 3, shared);
      Random random = new Random(4);
      float[] r = gaussian(random, sizes.inputs() * 3);
      float[] e = gaussian(random, sizes.outputs() * 3);
      float[] huge = new float[r.length];
      Arrays.fill(huge, Float.NaN);
      float[] work = new float[e.length];
      float[] feedback = new float[r.length];
      alone.forward(r, work, false);
      alone.feedback(e, feedback, false);
      alone.gradient(r, e, false);
      among.forward(r, work, false);
      other.forward(huge, work, false);
      other.feedback(work, huge, false);
      float[] again = new float[r.length];
      among.feedback(e, again, false);
      among.gradient(r, e, false);
      assertArrayEquals(feedback, again, sizes + "");
      assertEquals(first.weightGradients(), second.weightGradients(), sizes + "");
      r[0] += 1; // read anew where it did not go forward
      among.gradient(r, e, false);
      assertTrue(!first.weightGradients().equals(second.weightGradients()), sizes + "");
    }
  }

  @Test
  void sizesTellWhatIsNotFinite() {
    for (Case sizes : cases()) {
      WeightArrays arrays = sizes.arrays(DataType.FLOAT, new Random(3));
      Connectivity<float[]> fused = sizes.fused(arrays, 2, new Scratch());
      Random random = new Random(4);
      float[] r = gaussian(random, sizes.inputs() * 2);
      float[] e = gaussian(random, sizes.outputs() * 2);
      float[] current = new float[e.length];
      fused.forward(r, current, false);
      float size = fused.sizeOfCurrents();
      for (float value : current) {
        assertTrue(!(Math.abs(value) > size * 1.0001), sizes + "");
      }
      e[0] = Float.NaN;
      fused.feedback(e, new float[r.length], false);
      assertTrue(!(fused.sizeOfErrors() < Float.MAX_VALUE), sizes + "");
      fused.gradient(r, e, false);
      assertTrue(!(fused.sizeOfGradients() < Float.MAX_VALUE), sizes + "");
    }
  }

  /** Connectivities by DL4J's own layers do. */
  boolean allocates() {
    return false;
  }

  @Test
  void theFusedStepAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (Case sizes : allocates() ? List.<Case>of() : cases().subList(0, 4)) {
      Connectivity<float[]> fused =
          sizes.fused(sizes.arrays(DataType.FLOAT, new Random(3)), 4, new Scratch());
      float[] r = gaussian(new Random(1), sizes.inputs() * 4);
      float[] e = gaussian(new Random(2), sizes.outputs() * 4);
      float[] current = new float[e.length];
      float[] feedback = new float[r.length];
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < 200 && bytes > 20_000; round++) { // until it is compiled
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int step = 0; step < 500; step++) {
          fused.forward(r, current, false);
          fused.feedback(e, feedback, false);
          fused.gradient(r, e, step > 0);
        }
        bytes = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertTrue(bytes <= 20_000, sizes + " allocates " + bytes / 500.0 + " bytes a step");
    }
  }
}

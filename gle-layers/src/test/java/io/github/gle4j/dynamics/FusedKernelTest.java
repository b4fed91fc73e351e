// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The fused kernel against the reference, over awkward sizes. */
class FusedKernelTest {
  private static final int[] NEURONS = {1, 3, 17, 53, 90, 127};
  private static final int[] BATCHES = {1, 2, 100, 101};
  private static final long SEED = 4;

  @Test
  void bothKernelsAgree() {
    for (int neurons : NEURONS) {
      for (int batch : BATCHES) {
        for (int time : new int[] {1, 3}) {
          compare(neurons, batch, time, 0, true);
          compare(neurons, batch, time, 0.3, true);
          compare(neurons, batch, time, 0.3, false);
        }
      }
    }
  }

  private static void compare(
      int neurons, int batch, int time, double gamma, boolean prospectiveErrors) {
    Random random = new Random(SEED);
    float[] tauM = random(random, neurons, 1.5f);
    float[] tauR = random(random, neurons, 1.5f);
    int state = neurons * batch;
    int all = state * time;
    float[] above = random(random, all, 0);
    float[] d = random(random, all, 0);
    float[] v = random(random, state, 0);
    float[] q = new float[all];
    float[] e = new float[all];
    float[] current = random(random, all, 0);
    float[] u = random(random, state, 0);
    float[] uDot = new float[all];
    float[] p = new float[all];
    INDArray expectedV = matrix(v, batch, neurons);
    INDArray expectedU = matrix(u, batch, neurons);
    INDArray expectedQ = course(q, batch, time, neurons);
    INDArray expectedE = course(e, batch, time, neurons);
    INDArray expectedUDot = course(uDot, batch, time, neurons);
    INDArray expectedP = course(p, batch, time, neurons);
    Nd4jKernel reference = new Nd4jKernel();
    NeuronParameters<INDArray> parameters =
        new NeuronParameters<>(
            matrix(tauM, 1, neurons), matrix(tauR, 1, neurons), 0.2, gamma, prospectiveErrors);
    reference.error(
        parameters,
        course(above, batch, time, neurons),
        course(d, batch, time, neurons),
        expectedV,
        expectedQ,
        Nd4j.create(DataType.FLOAT, new long[] {batch, neurons}, 'f'),
        expectedE);
    reference.membrane(
        parameters,
        course(current, batch, time, neurons),
        expectedE,
        expectedU,
        expectedUDot,
        expectedP);

    FusedKernel kernel = new FusedKernel();
    NeuronParameters<float[]> fused =
        new NeuronParameters<>(tauM, tauR, 0.2, gamma, prospectiveErrors);
    float[] currentAgain = current.clone();
    float[] uAgain = u.clone();
    float[] pAgain = new float[all];
    kernel.error(fused, above, d, v, q, null, e);
    kernel.membrane(fused, current, e, u, uDot, p);
    kernel.membrane(fused, currentAgain, e, uAgain, null, pAgain);

    String where = neurons + " neurons, batch " + batch + ", " + time + " steps, gamma " + gamma;
    close(expectedQ, q, where + ": q");
    close(expectedE, e, where + ": e");
    close(expectedV, v, where + ": v");
    close(expectedU, u, where + ": u");
    close(expectedUDot, uDot, where + ": uDot");
    close(expectedP, p, where + ": p");
    assertArrayEquals(p, pAgain, where + ": without uDot");
    assertArrayEquals(u, uAgain, where + ": without uDot");
  }

  private static void close(INDArray expected, float[] actual, String where) {
    float[] values = expected.dup('f').data().asFloat();
    assertEquals(values.length, actual.length, where);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], actual[i], 2e-6f * (1 + Math.abs(values[i])), where);
    }
  }

  private static INDArray matrix(float[] values, long rows, long columns) {
    return Nd4j.createFromArray(values).reshape('f', rows, columns);
  }

  private static INDArray course(float[] values, long batch, long time, long neurons) {
    return Nd4j.createFromArray(values).reshape('f', batch, time, neurons);
  }

  private static float[] random(Random random, int length, float mean) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = mean + 2 * random.nextFloat() - 1;
    }
    return values;
  }
}

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
        compare(neurons, batch, 0, true);
        compare(neurons, batch, 0.3, true);
        compare(neurons, batch, 0.3, false);
      }
    }
  }

  private static void compare(int neurons, int batch, double gamma, boolean prospectiveErrors) {
    Random random = new Random(SEED);
    float[] tauM = random(random, neurons, 1.5f);
    float[] tauR = random(random, neurons, 1.5f);
    int state = neurons * batch;
    float[] above = random(random, state, 0);
    float[] d = random(random, state, 0);
    float[] v = random(random, state, 0);
    float[] q = new float[state];
    float[] e = new float[state];
    float[] current = random(random, state, 0);
    float[] u = random(random, state, 0);
    float[] uDot = new float[state];
    float[] p = new float[state];
    INDArray expectedV = matrix(v, batch, neurons);
    INDArray expectedU = matrix(u, batch, neurons);
    INDArray expectedQ = matrix(q, batch, neurons);
    INDArray expectedE = matrix(e, batch, neurons);
    INDArray expectedUDot = matrix(uDot, batch, neurons);
    INDArray expectedP = matrix(p, batch, neurons);
    Nd4jKernel reference = new Nd4jKernel();
    NeuronParameters<INDArray> parameters =
        new NeuronParameters<>(
            matrix(tauM, 1, neurons), matrix(tauR, 1, neurons), 0.2, gamma, prospectiveErrors);
    reference.error(
        parameters,
        matrix(above, batch, neurons),
        matrix(d, batch, neurons),
        expectedV,
        expectedQ,
        Nd4j.create(DataType.FLOAT, new long[] {batch, neurons}, 'f'),
        expectedE);
    reference.membrane(
        parameters, matrix(current, batch, neurons), expectedE, expectedU, expectedUDot, expectedP);

    FusedKernel kernel = new FusedKernel();
    NeuronParameters<float[]> fused =
        new NeuronParameters<>(tauM, tauR, 0.2, gamma, prospectiveErrors);
    float[] currentAgain = current.clone();
    float[] uAgain = u.clone();
    float[] pAgain = new float[state];
    kernel.error(fused, above, d, v, q, null, e);
    kernel.membrane(fused, current, e, u, uDot, p);
    kernel.membrane(fused, currentAgain, e, uAgain, null, pAgain);

    String where = neurons + " neurons, batch " + batch + ", gamma " + gamma;
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

  private static float[] random(Random random, int length, float mean) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = mean + 2 * random.nextFloat() - 1;
    }
    return values;
  }
}

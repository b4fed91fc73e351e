// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Holds a kernel to the equations, written out once more for a single neuron. */
final class KernelOracle {
  private final int batch;
  private final int neurons;
  private final double gamma;
  private final boolean prospectiveErrors;
  private final Random random;

  KernelOracle(int batch, int neurons, double gamma, boolean prospectiveErrors) {
    this.batch = batch;
    this.neurons = neurons;
    this.gamma = gamma;
    this.prospectiveErrors = prospectiveErrors;
    this.random = new Random(31L * batch + neurons);
  }

  /** Runs some steps on random input and compares every defined value. */
  void check(GleKernel<INDArray> kernel, DataType dataType, double tolerance) {
    double dt = 0.2;
    INDArray tauM = random(dataType, 1, neurons).addi(1.5);
    INDArray tauR = random(dataType, 1, neurons).addi(1.5);
    NeuronParameters<INDArray> parameters =
        new NeuronParameters<>(tauM, tauR, dt, gamma, prospectiveErrors);
    INDArray u = random(dataType, batch, neurons);
    INDArray v = random(dataType, batch, neurons);
    INDArray q = random(dataType, batch, neurons);
    INDArray e = random(dataType, batch, neurons);
    INDArray uDot = random(dataType, batch, neurons);
    INDArray p = random(dataType, batch, neurons);
    for (int step = 0; step < 3; step++) {
      INDArray above = random(dataType, batch, neurons);
      INDArray d = random(dataType, batch, neurons);
      INDArray current = random(dataType, batch, neurons);
      INDArray oldU = u.dup();
      INDArray oldV = v.dup();
      INDArray givenCurrent = current.dup();
      kernel.error(parameters, above, d, v, q, random(dataType, batch, neurons), e);
      kernel.membrane(parameters, current, e, u, uDot, p);
      for (int b = 0; b < batch; b++) {
        for (int n = 0; n < neurons; n++) {
          double m = tauM.getDouble(0, n);
          double r = tauR.getDouble(0, n);
          double error = above.getDouble(b, n) * d.getDouble(b, n);
          double slope = (error - oldV.getDouble(b, n)) / r;
          double newV = prospectiveErrors ? oldV.getDouble(b, n) + dt * slope : error;
          double ahead = prospectiveErrors ? oldV.getDouble(b, n) + m * slope : error;
          assertEquals(error, q.getDouble(b, n), tolerance, "q");
          assertEquals(newV, v.getDouble(b, n), tolerance, "v");
          assertEquals(ahead, e.getDouble(b, n), tolerance, "e");
          double before = oldU.getDouble(b, n);
          double rise = (givenCurrent.getDouble(b, n) + gamma * ahead - before) / m;
          assertEquals(before + dt * rise, u.getDouble(b, n), tolerance, "u");
          assertEquals(rise, uDot.getDouble(b, n), tolerance, "uDot");
          assertEquals(before + r * rise, p.getDouble(b, n), tolerance, "p");
        }
      }
    }
  }

  private INDArray random(DataType dataType, int rows, int columns) {
    INDArray array = Nd4j.create(dataType, new long[] {rows, columns}, 'f');
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        array.putScalar(i, j, 2 * random.nextDouble() - 1);
      }
    }
    return array;
  }
}

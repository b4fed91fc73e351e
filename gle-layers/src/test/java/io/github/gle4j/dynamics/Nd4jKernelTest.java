// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class Nd4jKernelTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "3, 17", "101, 1", "5, 53"})
  void followsTheEquations(int batch, int neurons) {
    for (double gamma : new double[] {0, 0.3}) {
      for (boolean prospective : new boolean[] {true, false}) {
        KernelOracle oracle = new KernelOracle(batch, neurons, gamma, prospective);
        oracle.check(new Nd4jKernel(), DataType.DOUBLE, 1e-12);
        oracle.check(new Nd4jKernel(), DataType.FLOAT, 1e-5);
      }
    }
  }

  @Test
  void equalTimeConstantsNeitherDelayNorFilter() {
    INDArray tau = Nd4j.createFromArray(new double[][] {{0.4, 2}});
    NeuronParameters<INDArray> parameters = new NeuronParameters<>(tau, tau, 0.2, 0, true);
    INDArray current = Nd4j.createFromArray(new double[][] {{0.3, -0.7}});
    INDArray u = Nd4j.createFromArray(new double[][] {{0.5, 0.1}});
    INDArray p = Nd4j.zerosLike(u);
    new Nd4jKernel().membrane(parameters, current.dup(), null, u, Nd4j.zerosLike(u), p);
    assertEquals(0, p.sub(current).norm1Number().doubleValue(), 1e-14);

    INDArray above = Nd4j.createFromArray(new double[][] {{0.2, 0.9}});
    INDArray v = Nd4j.createFromArray(new double[][] {{-1, 0.6}});
    INDArray q = Nd4j.zerosLike(u);
    INDArray e = Nd4j.zerosLike(u);
    new Nd4jKernel().error(parameters, above, Nd4j.onesLike(u), v, q, Nd4j.zerosLike(u), e);
    assertEquals(0, e.sub(q).norm1Number().doubleValue(), 1e-14);
  }

  @Test
  void anErrorThatJumpsIsAmplifiedByTheRatioOfTheTimeConstants() {
    INDArray tauM = Nd4j.createFromArray(new double[][] {{1.2}});
    INDArray tauR = Nd4j.createFromArray(new double[][] {{0.2}});
    INDArray one = Nd4j.onesLike(tauM);
    INDArray e = Nd4j.zerosLike(one);
    new Nd4jKernel()
        .error(
            new NeuronParameters<>(tauM, tauR, 0.2, 0, true),
            one,
            one,
            Nd4j.zerosLike(one),
            Nd4j.zerosLike(one),
            Nd4j.zerosLike(one),
            e);
    assertEquals(1.2 / 0.2, e.getDouble(0), 1e-12);
  }

  /** Kernels with one mistake each: the oracle must notice every one. */
  static Stream<GleKernel<INDArray>> mistaken() {
    return Stream.of(
        new Mistaken("sign of e") {
          @Override
          void spoilErrors(INDArray vBefore, INDArray v, INDArray e) {
            e.negi();
          }
        },
        new Mistaken("e from the new v") {
          @Override
          void spoilErrors(INDArray vBefore, INDArray v, INDArray e) {
            e.addi(v).subi(vBefore);
          }
        },
        new Mistaken("tau_m and tau_r swapped") {
          @Override
          NeuronParameters<INDArray> parameters(NeuronParameters<INDArray> n) {
            return new NeuronParameters<>(
                n.tauR(), n.tauM(), n.dt(), n.gamma(), n.prospectiveErrors());
          }
        },
        new Mistaken("phi' missing") {
          @Override
          INDArray derivative(INDArray d) {
            return Nd4j.onesLike(d);
          }
        },
        new Mistaken("p from the new u") {
          @Override
          void spoilVoltage(double dt, INDArray uDot, INDArray p) {
            p.addi(uDot.mul(dt));
          }
        });
  }

  @ParameterizedTest
  @MethodSource("mistaken")
  void theOracleNoticesAMistake(GleKernel<INDArray> mistaken) {
    new KernelOracle(2, 3, 0.3, true).check(new Nd4jKernel(), DataType.DOUBLE, 1e-12);
    assertThrows(
        AssertionError.class,
        () -> new KernelOracle(2, 3, 0.3, true).check(mistaken, DataType.DOUBLE, 1e-12));
  }

  /** The right kernel, with places to go wrong. */
  @SuppressWarnings("UnusedVariable") // parameters are for those who override
  private abstract static class Mistaken implements GleKernel<INDArray> {
    private final Nd4jKernel right = new Nd4jKernel();
    private final String name;

    Mistaken(String name) {
      this.name = name;
    }

    NeuronParameters<INDArray> parameters(NeuronParameters<INDArray> n) {
      return n;
    }

    INDArray derivative(INDArray d) {
      return d;
    }

    void spoilErrors(INDArray vBefore, INDArray v, INDArray e) {}

    void spoilVoltage(double dt, INDArray uDot, INDArray p) {}

    @Override
    public void error(
        NeuronParameters<INDArray> n,
        INDArray above,
        INDArray d,
        INDArray v,
        INDArray q,
        INDArray vDot,
        INDArray e) {
      INDArray vBefore = v.dup();
      right.error(parameters(n), above, derivative(d), v, q, vDot, e);
      spoilErrors(vBefore, v, e);
    }

    @Override
    public void membrane(
        NeuronParameters<INDArray> n,
        INDArray i,
        INDArray e,
        INDArray u,
        INDArray uDot,
        INDArray p) {
      right.membrane(parameters(n), i, e, u, uDot, p);
      spoilVoltage(n.dt(), uDot, p);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}

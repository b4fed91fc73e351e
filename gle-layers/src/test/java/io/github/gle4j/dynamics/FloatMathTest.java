// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The errors that {@link FloatMath} and {@link RateFunction} state. */
class FloatMathTest {
  private static final float[] X = new float[220_001]; // -110 to 110, and what is special
  private static final float[] TINY = {
    0, -0f, 1e-10f, -1e-10f, 1e-30f, -1e-30f, 1e-39f, -1e-39f, Float.MIN_VALUE, -Float.MIN_VALUE
  };

  static {
    for (int i = 0; i < X.length; i++) {
      X[i] = (i - X.length / 2) / 1000f;
    }
    X[0] = Float.NEGATIVE_INFINITY;
    X[1] = -Float.MAX_VALUE;
    X[X.length - 2] = Float.MAX_VALUE;
  }

  @Test
  void tanhIsWithinItsError() {
    float[] result = new float[X.length];
    FloatMath.tanh(X, result);
    check(StrictMath::tanh, X, result, 3e-7, 1e-6);
    result = new float[TINY.length];
    FloatMath.tanh(TINY, result);
    check(StrictMath::tanh, TINY, result, 3e-7, 1e-6);
  }

  @Test
  void expIsWithinItsError() {
    float[] x = new float[X.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = -Math.abs(X[i]);
    }
    float[] result = new float[x.length];
    FloatMath.expOfNegative(x, new float[x.length], result);
    check(StrictMath::exp, x, result, 1, 3e-7);
  }

  @Test
  void softplusIsWithinItsError() {
    check(
        RateFunction.SOFTPLUS,
        x -> Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x))),
        x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x)));
  }

  @Test
  void sigmoidIsWithinItsError() {
    check(
        RateFunction.SIGMOID,
        x -> x < 0 ? StrictMath.exp(x) / (1 + StrictMath.exp(x)) : 1 / (1 + StrictMath.exp(-x)),
        x -> StrictMath.exp(-Math.abs(x)) / Math.pow(1 + StrictMath.exp(-Math.abs(x)), 2));
  }

  /** At the smallest numbers there are, too. */
  @Test
  void piecewiseLinearFunctionsAreExactAtTheirCorners() {
    check(RateFunction.RELU, x -> Math.max(x, 0), x -> x > 0 ? 1 : 0);
    check(
        RateFunction.SATURATING_LINEAR,
        x -> Math.max(0, Math.min(1, x)),
        x -> x >= 0 && x <= 1 ? 1 : 0);
    check(RateFunction.HARD_TANH, x -> Math.max(-1, Math.min(1, x)), x -> x > -1 && x < 1 ? 1 : 0);
    check(RateFunction.IDENTITY, x -> x, x -> 1);
  }

  @Test
  void whatIsNotANumberStaysSo() {
    float[] nan = {Float.NaN, 0};
    float[] r = new float[2];
    float[] d = new float[2];
    for (RateFunction function :
        new RateFunction[] {
          RateFunction.IDENTITY,
          RateFunction.TANH,
          RateFunction.SIGMOID,
          RateFunction.SOFTPLUS,
          RateFunction.RELU,
          RateFunction.HARD_SIGMOID,
          RateFunction.HARD_TANH
        }) {
      function.apply(nan, r, d);
      assertTrue(Float.isNaN(r[0]) && Float.isFinite(r[1]));
    }
  }

  private static void check(
      RateFunction function, DoubleUnaryOperator rate, DoubleUnaryOperator derivative) {
    for (float[] x : new float[][] {X, TINY}) {
      float[] r = new float[x.length];
      float[] d = new float[x.length];
      function.apply(x, r, d);
      check(rate, x, r, Double.MAX_VALUE, 1e-6);
      check(derivative, x, d, Double.MAX_VALUE, 1e-6);
    }
  }

  /** Denormal results are right to a few of their steps. */
  private static void check(
      DoubleUnaryOperator exact, float[] x, float[] result, double absolute, double relative) {
    for (int i = 0; i < x.length; i++) {
      double expected = exact.applyAsDouble(x[i]);
      double error = Math.abs(expected - result[i]);
      assertTrue(
          error == 0
              || (error <= absolute
                  && error <= relative * Math.abs(expected) + 2 * (double) Float.MIN_VALUE)
              || (float) expected == result[i],
          "at " + x[i] + ": " + result[i] + ", not " + expected);
    }
  }
}

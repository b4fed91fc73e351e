// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The errors that {@link FloatMath} and {@link RateFunction} state. */
class FloatMathTest {
  private static final float[] X = new float[200_001]; // -100 to 100, and what is special

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
    FloatMath.tanh(1, X, result);
    check(StrictMath::tanh, X, result, 3e-7, 1e-6);
    FloatMath.tanh(0.5f, X, result);
    check(x -> StrictMath.tanh(x / 2), X, result, 3e-7, 1e-6);
  }

  @Test
  void expIsWithinItsError() {
    float[] x = new float[X.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = -Math.abs(X[i]);
    }
    float[] result = new float[x.length];
    FloatMath.expOfNegative(x, result);
    check(StrictMath::exp, x, result, 3e-7, Double.MAX_VALUE);
  }

  @Test
  void softplusIsWithinItsError() {
    float[] result = new float[X.length];
    FloatMath.softplus(X, result);
    for (int i = 0; i < X.length; i++) {
      double exact = Math.max(X[i], 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(X[i])));
      assertEquals(exact, result[i], 1e-6 * Math.max(1, exact), "at " + X[i]);
    }
  }

  @Test
  void sigmoidIsWithinItsError() {
    float[] r = new float[X.length];
    RateFunction.SIGMOID.apply(X, r, new float[X.length]);
    check(x -> 1 / (1 + StrictMath.exp(-x)), X, r, 3e-7, Double.MAX_VALUE);
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
      DoubleUnaryOperator exact, float[] x, float[] result, double absolute, double relative) {
    for (int i = 0; i < x.length; i++) {
      double expected = exact.applyAsDouble(x[i]);
      double error = Math.abs(expected - result[i]);
      assertTrue(
          error <= absolute && error <= relative * Math.abs(expected),
          "at " + x[i] + ": " + result[i]);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * Functions of float arrays by arithmetic that the JVM turns into vector instructions: no branch,
 * no table, no call per value. {@code FloatMathTest} measures the errors stated here against {@link
 * StrictMath}. What is not a number stays so.
 */
public final class FloatMath {
  private static final float TANH_IS_ONE = 9; // 1 - tanh(9) is below half an ulp of 1
  private static final float EXP_IS_ZERO = -87;

  private FloatMath() {}

  /**
   * {@code result = tanh(factor x)}, with an absolute error below 3e-7 and a relative one below
   * 1e-6. Lambert's continued fraction at a quarter of the argument, then the formula for the
   * double argument twice, on numerator and denominator, so that one division suffices.
   *
   * @param factor of all arguments
   * @param x arguments
   * @param result of the same length; may be {@code x}
   */
  public static void tanh(float factor, float[] x, float[] result) {
    float quarter = factor / 4;
    for (int i = 0; i < result.length; i++) {
      float y = Math.max(-TANH_IS_ONE / 4, Math.min(TANH_IS_ONE / 4, quarter * x[i]));
      float s = y * y;
      float n = y * (135135 + s * (17325 + s * (378 + s)));
      float d = 135135 + s * (62370 + s * (3150 + 28 * s));
      float n2 = 2 * n * d;
      float d2 = n * n + d * d;
      result[i] = 2 * n2 * d2 / (n2 * n2 + d2 * d2);
    }
  }

  /**
   * {@code result = exp(x)} for arguments that are not positive, with an absolute error below 3e-7:
   * {@code exp(x) - 1} of a 256th of the argument by its series, then the formula for the double
   * argument eight times.
   *
   * @param x arguments, at most 0
   * @param result of the same length; may be {@code x}
   */
  public static void expOfNegative(float[] x, float[] result) {
    for (int i = 0; i < result.length; i++) {
      float y = Math.max(EXP_IS_ZERO, x[i]) / 256;
      float g = y * (1 + y * (1f / 2 + y * (1f / 6 + y * (1f / 24 + y / 120))));
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      g *= 2 + g;
      result[i] = Math.max(0, 1 + g);
    }
  }

  /**
   * {@code result = log(1 + exp(x))}, with an error below 1e-6, absolute for small and relative for
   * large arguments.
   *
   * @param x arguments
   * @param result of the same length, another array
   */
  public static void softplus(float[] x, float[] result) {
    for (int i = 0; i < result.length; i++) {
      result[i] = -Math.abs(x[i]);
    }
    expOfNegative(result, result);
    for (int i = 0; i < result.length; i++) {
      float s = result[i] / (2 + result[i]); // log(1 + z) = 2 artanh(z / (2 + z))
      float t = s * s;
      float series =
          1 + t * (1f / 3 + t * (1f / 5 + t * (1f / 7 + t * (1f / 9 + t * (1f / 11 + t / 13)))));
      result[i] = Math.max(x[i], 0) + 2 * s * series;
    }
  }
}

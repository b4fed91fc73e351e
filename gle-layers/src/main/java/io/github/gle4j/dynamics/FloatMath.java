// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * Functions of float arrays by arithmetic that the JVM turns into vector instructions: no branch,
 * no table, no call per value. {@code FloatMathTest} measures the errors stated here against {@link
 * StrictMath}. What is not a number stays so.
 */
public final class FloatMath {
  private static final float TANH_IS_ONE = 9; // 1 - tanh(9) is below half an ulp of 1
  private static final float EXP_IS_ZERO = -105;
  private static final float TO_INTEGER = 0x1.8p23f; // added and taken away again, it rounds
  private static final float LOG2_HIGH = 0x1.63p-1f; // its products with powers are exact
  private static final float LOG2_LOW = (float) (Math.log(2) - LOG2_HIGH);
  private static final float FROM_DENORMALS = 0x1p-64f;
  private static final int EXPONENT_BIAS = (127 + 64) << 23; // of 1 / FROM_DENORMALS

  private FloatMath() {}

  /**
   * {@code result = tanh(x)}, with an absolute error below 3e-7 and a relative one below 1e-6.
   * Lambert's continued fraction at a quarter of the argument, then the formula for the double
   * argument twice, on numerator and denominator, so that one division suffices.
   *
   * @param x arguments
   * @param result of the same length; may be {@code x}
   */
  public static void tanh(float[] x, float[] result) {
    for (int i = 0; i < result.length; i++) {
      float bounded = Math.max(-TANH_IS_ONE, Math.min(TANH_IS_ONE, x[i]));
      float y = bounded / 4;
      float s = y * y;
      float n = bounded * (0.25f * (135135 + s * (17325 + s * (378 + s)))); // keeps tiny arguments
      float d = 135135 + s * (62370 + s * (3150 + 28 * s));
      float n2 = 2 * n * d;
      float d2 = n * n + d * d;
      result[i] = 2 * n2 * d2 / (n2 * n2 + d2 * d2);
    }
  }

  /**
   * {@code result = exp(x)} for arguments that are not positive, with a relative error below 3e-7,
   * denormal results included: {@code x = n log(2) + y}, the series at {@code y}, and {@code n} as
   * an exponent. Two loops, for the JVM makes no vector instructions of the second.
   *
   * @param x arguments, at most 0
   * @param work of the same length, another array; no defined content afterwards
   * @param result of the same length; may be {@code x}
   */
  public static void expOfNegative(float[] x, float[] work, float[] result) {
    for (int i = 0; i < result.length; i++) {
      float bounded = Math.max(EXP_IS_ZERO, x[i]);
      float shifted = bounded * (float) (1 / Math.log(2)) + TO_INTEGER; // n, in its lowest bits
      float n = shifted - TO_INTEGER;
      float y = bounded - n * LOG2_HIGH - n * LOG2_LOW;
      work[i] = shifted;
      result[i] =
          1
              + y
                  * (1
                      + y
                          * (1f / 2
                              + y * (1f / 6 + y * (1f / 24 + y * (1f / 120 + y * (1f / 720))))));
    }
    for (int i = 0; i < result.length; i++) {
      int exponent = (Float.floatToRawIntBits(work[i]) << 23) + EXPONENT_BIAS;
      result[i] = result[i] * FROM_DENORMALS * Float.intBitsToFloat(exponent);
    }
  }

  /**
   * {@code log(1 + z)} from 0 to 1, with a relative error below 3e-7.
   *
   * @param z from 0 to 1
   * @return the logarithm
   */
  static float log1p(float z) {
    float s = 2 * z / (2 + z); // log(1 + z) = 2 artanh(z / (2 + z))
    float t = 0.25f * s * s;
    return s
        * (1 + t * (1f / 3 + t * (1f / 5 + t * (1f / 7 + t * (1f / 9 + t * (1f / 11 + t / 13))))));
  }
}

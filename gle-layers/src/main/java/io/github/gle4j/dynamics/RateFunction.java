// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Arrays;

/**
 * The activation function of a layer's neurons and its derivative, value by value, on Java arrays:
 * what the neurons apply to their prospective voltages. Functions hold no state and may be shared
 * between threads.
 */
@FunctionalInterface
public interface RateFunction extends Phi<float[]> {

  /**
   * Computes {@code r = phi(p)} and {@code d = phi'(p)}.
   *
   * @param p in: prospective voltages; unchanged
   * @param r out: rates, of the same length
   * @param d out: derivatives, of the same length
   */
  @Override
  void apply(float[] p, float[] r, float[] d);

  /** {@code r = p}. */
  RateFunction IDENTITY =
      (p, r, d) -> {
        System.arraycopy(p, 0, r, 0, p.length);
        Arrays.fill(d, 1);
      };

  /** Hyperbolic tangent, within 3e-7 of the exact value; see {@link FloatMath#tanh}. */
  RateFunction TANH =
      (p, r, d) -> {
        FloatMath.tanh(p, r);
        for (int i = 0; i < r.length; i++) {
          d[i] = 1 - r[i] * r[i];
        }
      };

  /** Logistic function, with relative errors below 1e-6 of rate and derivative. */
  RateFunction SIGMOID =
      (p, r, d) -> {
        expOfMinusSize(p, d, r);
        for (int i = 0; i < r.length; i++) {
          float z = r[i];
          float rate = oneIfPositive(p[i], z) / (1 + z);
          r[i] = rate;
          d[i] = z / ((1 + z) * (1 + z));
        }
      };

  /** {@code log(1 + exp(p))}, with relative errors below 1e-6 of rate and derivative. */
  RateFunction SOFTPLUS =
      (p, r, d) -> {
        expOfMinusSize(p, d, r);
        for (int i = 0; i < r.length; i++) {
          float z = r[i];
          d[i] = oneIfPositive(p[i], z) / (1 + z);
          r[i] = Math.max(p[i], 0) + FloatMath.log1p(z);
        }
      };

  /** Rectified linear, with derivative 0 at 0. */
  RateFunction RELU =
      (p, r, d) -> {
        for (int i = 0; i < r.length; i++) {
          r[i] = Math.max(p[i], 0);
          d[i] = isPositive(r[i]);
        }
      };

  /** {@code 0.2 p + 0.5} cut to [0, 1], with derivative 0 at the corners. */
  RateFunction HARD_SIGMOID =
      (p, r, d) -> {
        for (int i = 0; i < r.length; i++) {
          float line = 0.2f * p[i] + 0.5f;
          r[i] = Math.max(0, Math.min(1, line));
          d[i] = 0.2f * isPositive(Math.max(0, line) * Math.max(0, 1 - line));
        }
      };

  /** {@code p} cut to [0, 1], with derivative 1 from 0 to 1, corners included. */
  RateFunction SATURATING_LINEAR =
      (p, r, d) -> {
        for (int i = 0; i < r.length; i++) {
          r[i] = Math.max(0, Math.min(1, p[i]));
          d[i] = 1 - isPositive(Math.abs(p[i] - r[i]));
        }
      };

  /** {@code p} cut to [-1, 1], with derivative 0 at the corners. */
  RateFunction HARD_TANH =
      (p, r, d) -> {
        for (int i = 0; i < r.length; i++) {
          r[i] = Math.max(-1, Math.min(1, p[i]));
          d[i] = isPositive(Math.max(0, 1 - Math.abs(p[i])));
        }
      };

  /** {@code z = exp(-|p|)}, which is the smaller of {@code exp(p)} and {@code exp(-p)}. */
  private static void expOfMinusSize(float[] p, float[] work, float[] z) {
    for (int i = 0; i < z.length; i++) {
      z[i] = -Math.abs(p[i]);
    }
    FloatMath.expOfNegative(z, work, z);
  }

  /** {@code exp(min(p, 0))}, given {@code z = exp(-|p|)}. */
  private static float oneIfPositive(float p, float z) {
    float positive = isPositive(Math.max(p, 0));
    return positive + (1 - positive) * z;
  }

  /**
   * 1 where the argument, not negative, is above 0: without a branch, so that loops vectorise. The
   * second factor is for arguments that are denormal.
   */
  private static float isPositive(float value) {
    return Math.min(1, value * Float.MAX_VALUE * Float.MAX_VALUE);
  }
}

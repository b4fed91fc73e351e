// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * What a mask does to a step's values, Java arrays of rows [batch]: it is 1 for samples whose time
 * passes and 0 for those that stand still.
 */
public final class SampleMask {
  private SampleMask() {}

  /**
   * Clears what samples do that stand still.
   *
   * @param mask [batch]
   * @param values rows of samples, changed
   */
  public static void clear(float[] mask, float[] values) {
    for (int i = 0; i < values.length; i++) {
      float passed = mask[i % mask.length];
      values[i] = passed == 0 ? 0 : passed * values[i]; // a product would keep what is not finite
    }
  }

  /**
   * Puts the old values of samples back that stand still.
   *
   * @param mask [batch]
   * @param before rows of samples before the step
   * @param after rows of samples after it, changed
   */
  public static void hold(float[] mask, float[] before, float[] after) {
    for (int i = 0; i < after.length; i++) {
      float passed = mask[i % mask.length];
      after[i] = passed == 0 ? before[i] : passed * after[i] + (1 - passed) * before[i];
    }
  }
}

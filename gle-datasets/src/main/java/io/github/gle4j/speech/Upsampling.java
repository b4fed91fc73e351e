// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

/**
 * Linear interpolation in time. Each value stands for the middle of its window, so the first and
 * last half windows are constant: step t lies at (t + 1/2) / factor - 1/2 in windows.
 */
final class Upsampling {
  private Upsampling() {}

  /**
   * Interpolates groups of values that follow each other in time.
   *
   * @param values [window][group]
   * @param group number of values at a time
   * @param factor time steps per window
   * @param upsampled gets [time step][group]
   */
  static void upsample(float[] values, int group, int factor, float[] upsampled) {
    int windows = values.length / group;
    for (int step = 0; step < windows * factor; step++) {
      double position = Math.max(0, (step + 0.5) / factor - 0.5);
      int before = (int) position;
      float share = (float) (position - before);
      int from = before * group;
      int to = Math.min(before + 1, windows - 1) * group;
      int out = step * group;
      for (int i = 0; i < group; i++) {
        upsampled[out + i] = values[from + i] + share * (values[to + i] - values[from + i]);
      }
    }
  }
}

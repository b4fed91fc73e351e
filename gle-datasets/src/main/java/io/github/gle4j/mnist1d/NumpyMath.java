// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

/**
 * NumPy's and SciPy's array functions, with their order of operations: another order changes the
 * last bits.
 */
final class NumpyMath {
  private static final int BLOCK = 8192;

  /** Gaussian weights for a standard deviation of 2 points, from the edge to the centre. */
  private static final double[] KERNEL = {
    6.691628957263553e-05,
    0.0004363490205067883,
    0.002215963172596555,
    0.00876430436278587,
    0.026995957967298846,
    0.06475993660472744,
    0.12098748976534904,
    0.17603575888479037,
    0.199474647864745
  };

  private NumpyMath() {}

  /** Evenly spaced numbers from start to end, both included; size is at least 2. */
  static double[] linspace(double start, double end, int size) {
    double step = (end - start) / (size - 1);
    double[] numbers = new double[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = i * step + start;
    }
    numbers[size - 1] = end;
    return numbers;
  }

  /** Linear interpolation of at least 2 evenly spaced values to another number of points. */
  static double[] interpolate(double[] values, int size) {
    double[] from = linspace(0, 1, values.length);
    double[] to = linspace(0, 1, size);
    double[] result = new double[size];
    int last = values.length - 1;
    int j = 0;
    for (int i = 0; i < size; i++) {
      while (j < last && from[j + 1] <= to[i]) {
        j++;
      }
      if (j == last || from[j] == to[i]) {
        result[i] = values[j];
      } else {
        double slope = (values[j + 1] - values[j]) / (from[j + 1] - from[j]);
        result[i] = slope * (to[i] - from[j]) + values[j];
      }
    }
    return result;
  }

  /** Gaussian filter with a standard deviation of 2 points; the signal is mirrored at its ends. */
  static double[] smooth(double[] signal) {
    int radius = KERNEL.length - 1;
    double[] extended = new double[signal.length + 2 * radius];
    for (int i = 0; i < extended.length; i++) {
      extended[i] = signal[mirrored(i - radius, signal.length)];
    }
    double[] smoothed = new double[signal.length];
    for (int i = 0; i < signal.length; i++) {
      int centre = i + radius;
      double total = extended[centre] * KERNEL[radius];
      for (int j = radius; j >= 1; j--) {
        total += (extended[centre - j] + extended[centre + j]) * KERNEL[radius - j];
      }
      smoothed[i] = total;
    }
    return smoothed;
  }

  /** The index of a point of the mirrored signal, whose edge points appear twice. */
  private static int mirrored(int index, int size) {
    int folded = Math.floorMod(index, 2 * size);
    return folded < size ? folded : 2 * size - 1 - folded;
  }

  static double mean(double[] values) {
    return sum(values) / values.length;
  }

  /** The population standard deviation around the given mean. */
  static double standardDeviation(double[] values, double mean) {
    double[] squares = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double centred = values[i] - mean;
      squares[i] = centred * centred;
    }
    return Math.sqrt(sum(squares) / values.length);
  }

  static double sum(double[] values) {
    double total = 0;
    for (int start = 0; start < values.length; start += BLOCK) {
      total += pairwiseSum(values, start, Math.min(BLOCK, values.length - start));
    }
    return total;
  }

  private static double pairwiseSum(double[] values, int start, int size) {
    if (size > 128) {
      int half = size / 2;
      half -= half % 8;
      return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, size - half);
    }
    int grouped = size - size % 8;
    double total = 0;
    if (grouped > 0) {
      double[] r = new double[8];
      System.arraycopy(values, start, r, 0, 8);
      for (int i = 8; i < grouped; i++) {
        r[i % 8] += values[start + i];
      }
      total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (int i = grouped; i < size; i++) {
      total += values[start + i];
    }
    return total;
  }
}

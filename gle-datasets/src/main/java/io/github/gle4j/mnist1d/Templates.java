// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

/** The ten digits as curves of twelve points. */
final class Templates {
  static final int CLASSES = 10;

  private Templates() {}

  /** The curves, one row per label, scaled to a common spread and starting and ending at zero. */
  static double[][] normalised() {
    double[][] rows = {
      {5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5},
      {5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5},
      {5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5},
      {5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5},
      {5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5},
      {5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5},
      {5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5},
      {5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5},
      {5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5},
      {5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5}
    };
    for (double[] row : rows) {
      normalise(row);
    }
    return rows;
  }

  private static void normalise(double[] row) {
    double mean = NumpyMath.mean(row);
    for (int i = 0; i < row.length; i++) {
      row[i] -= mean;
    }
    // The centred row has a tiny mean of its own, which the deviation takes off again.
    double deviation = NumpyMath.standardDeviation(row, NumpyMath.mean(row));
    for (int i = 0; i < row.length; i++) {
      row[i] /= deviation;
    }
    double start = row[0];
    for (int i = 0; i < row.length; i++) {
      row[i] = (row[i] - start) / 6.0;
    }
  }
}

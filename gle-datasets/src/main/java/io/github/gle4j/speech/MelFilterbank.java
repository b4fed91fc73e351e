// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

/**
 * Triangular filters, equally spaced on the HTK mel scale m = 2595 log10(1 + f / 700), each rising
 * from 0 to 1 and falling to 0 again, over the frequencies of a Fourier transform.
 */
final class MelFilterbank {
  private final int[] firstBins;
  private final double[][] weights; // of the bins from the first one on; a filter covers few bins

  MelFilterbank(FeatureOptions options) {
    int bands = options.bands();
    int bins = options.window() / 2 + 1;
    double binHertz = (double) options.sampleRate() / options.window();
    double lowest = mel(options.lowestHertz());
    double spacing = (mel(options.highestHertz()) - lowest) / (bands + 1);
    firstBins = new int[bands];
    weights = new double[bands][];
    for (int band = 0; band < bands; band++) {
      double left = hertz(lowest + band * spacing);
      double centre = hertz(lowest + (band + 1) * spacing);
      double right = hertz(lowest + (band + 2) * spacing);
      int first = Math.min(bins, (int) Math.floor(left / binHertz) + 1);
      int end = Math.max(first, Math.min(bins, (int) Math.ceil(right / binHertz)));
      firstBins[band] = first;
      weights[band] = new double[end - first];
      for (int bin = first; bin < end; bin++) {
        double hertz = bin * binHertz;
        weights[band][bin - first] =
            Math.max(
                0, Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre)));
      }
    }
  }

  /** Number of the first band, from 0, in which no frequency lies, or -1. */
  int firstBandWithoutFrequency() {
    for (int band = 0; band < weights.length; band++) {
      double sum = 0;
      for (double weight : weights[band]) {
        sum += weight;
      }
      if (sum == 0) {
        return band;
      }
    }
    return -1;
  }

  /** The power in a band. */
  double power(int band, double[] powers) {
    double sum = 0;
    double[] filter = weights[band];
    int first = firstBins[band];
    for (int i = 0; i < filter.length; i++) {
      sum += filter[i] * powers[first + i];
    }
    return sum;
  }

  private static double mel(double hertz) {
    return 2595 * Math.log10(1 + hertz / 700);
  }

  private static double hertz(double mel) {
    return 700 * (Math.pow(10, mel / 2595) - 1);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import java.util.stream.IntStream;

/**
 * Makes the sequences, one random draw after the other in the order of the published set, so that
 * the same seed gives the same data.
 */
final class SignalGenerator {
  private final Mnist1dOptions options;
  private final NumpyRandom random;

  SignalGenerator(Mnist1dOptions options, NumpyRandom random) {
    this.options = options;
    this.random = random;
  }

  /** Sequences row after row, and one label for each. */
  static final class Sequences {
    final double[] values;
    final int[] labels;

    Sequences(double[] values, int[] labels) {
      this.values = values;
      this.labels = labels;
    }
  }

  /** All sequences in their final order, standardised over train and test together. */
  Sequences standardised() {
    Sequences sequences = raw();
    double[] values = sequences.values;
    double mean = NumpyMath.mean(values);
    double deviation = NumpyMath.standardDeviation(values, mean);
    if (!(deviation > 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException(
          "standard deviation of the generated data = "
              + deviation
              + ": positive and finite allowed; change noise, scale, shear or templateLength");
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] - mean) / deviation;
    }
    return sequences;
  }

  /** All sequences in their final order, not yet standardised. */
  Sequences raw() {
    int length = options.length();
    int size = options.sequences();
    double[][] templates = Templates.normalised();
    double[][] rows = new double[size][];
    for (int i = 0; i < size; i++) {
      rows[i] = NumpyMath.interpolate(signal(templates[label(i)]), length);
    }
    int[] order = random.permutation(size);
    int[] pointOrder = options.shuffleSequence() ? random.permutation(length) : identity(length);
    double[] values = new double[size * length];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      double[] row = rows[order[i]];
      for (int t = 0; t < length; t++) {
        values[i * length + t] = row[pointOrder[t]];
      }
      labels[i] = label(order[i]);
    }
    return new Sequences(values, labels);
  }

  private static int[] identity(int length) {
    return IntStream.range(0, length).toArray();
  }

  /** Sequences are made label by label. */
  private int label(int index) {
    return index / (options.sequences() / Templates.CLASSES);
  }

  /** One signal from a template, before it is brought to its final length. */
  double[] signal(double[] template) {
    double[] padded = new double[template.length + padding()];
    for (int i = 0; i < template.length; i++) {
      padded[i] = template[i] + 1e-8; // keeps the template's own zeros apart from silence
    }
    double[] stretched = NumpyMath.interpolate(padded, options.points());
    double scale = scale();
    for (int i = 0; i < stretched.length; i++) {
      stretched[i] *= scale;
    }
    double[] signal = rotatedRight(stretched, translation());
    double[] noise = correlatedNoise();
    for (int i = 0; i < signal.length; i++) {
      if (signal[i] == 0) {
        signal[i] = noise[i];
      }
    }
    for (int i = 0; i < signal.length; i++) {
      signal[i] += options.independentNoise() * random.gaussian();
    }
    double slope = shear();
    double[] line = NumpyMath.linspace(-0.5, 0.5, signal.length);
    for (int i = 0; i < signal.length; i++) {
      signal[i] -= slope * line[i];
    }
    return signal;
  }

  int padding() {
    int choices = options.maximumPadding() - options.minimumPadding() + 1;
    return options.minimumPadding() + (int) (random.uniform() * choices);
  }

  double scale() {
    return 1 + options.scale() * (random.uniform() - 0.5);
  }

  int translation() {
    return random.below(options.maxTranslation());
  }

  double[] correlatedNoise() {
    double[] noise = new double[options.points()];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = options.correlatedNoise() * random.gaussian();
    }
    return NumpyMath.smooth(noise);
  }

  double shear() {
    return options.shear() * (random.uniform() - 0.5);
  }

  private static double[] rotatedRight(double[] signal, int shift) {
    double[] rotated = new double[signal.length];
    System.arraycopy(signal, signal.length - shift, rotated, 0, shift);
    System.arraycopy(signal, 0, rotated, shift, signal.length - shift);
    return rotated;
  }
}

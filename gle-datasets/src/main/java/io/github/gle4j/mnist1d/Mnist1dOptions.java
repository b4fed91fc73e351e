// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

/**
 * The options of the MNIST-1D generator, best made with {@link Mnist1d#builder()}, which starts
 * from the published ones and checks them; {@link Mnist1d#generate} checks them too. The builder's
 * methods of the same names say what they mean.
 *
 * @param samples number of sequences
 * @param trainFraction part of the sequences that is for training
 * @param templateLength points of a template in a signal with the longest padding
 * @param minimumPadding smallest number of silent points
 * @param maximumPadding largest number of silent points
 * @param scale width of the range of a signal's factor
 * @param maxTranslation bound of the rotation
 * @param correlatedNoise strength of the noise in silent points
 * @param independentNoise strength of the noise in every point
 * @param shear width of the range of a signal's drop
 * @param shuffleSequence whether the points are put in random order
 * @param length points of a sequence
 * @param seed seed of every random number
 */
public record Mnist1dOptions(
    int samples,
    double trainFraction,
    int templateLength,
    int minimumPadding,
    int maximumPadding,
    double scale,
    int maxTranslation,
    double correlatedNoise,
    double independentNoise,
    double shear,
    boolean shuffleSequence,
    int length,
    int seed) {

  private static final int MAXIMUM_POINTS = 1_000_000;
  private static final int MAXIMUM_VALUES = Integer.MAX_VALUE - 8;

  /**
   * These options, when every value is in its range.
   *
   * @throws IllegalArgumentException otherwise; one line names the option, its value and what is
   *     allowed
   */
  Mnist1dOptions checked() {
    require(samples >= Templates.CLASSES, "samples", samples, "10 or more");
    require(trainFraction > 0 && trainFraction < 1, "trainFraction", trainFraction, "0 < x < 1");
    requireBetween("templateLength", templateLength, 2, MAXIMUM_POINTS);
    require(
        0 <= minimumPadding && minimumPadding <= maximumPadding && maximumPadding <= MAXIMUM_POINTS,
        "padding",
        minimumPadding + " to " + maximumPadding,
        "0 <= minimum <= maximum <= " + MAXIMUM_POINTS);
    requireNotNegative("scale", scale);
    requireBetween("maxTranslation", maxTranslation, 1, points());
    requireNotNegative("correlatedNoise", correlatedNoise);
    requireNotNegative("independentNoise", independentNoise);
    requireNotNegative("shear", shear);
    requireBetween("length", length, 2, MAXIMUM_POINTS);
    require(seed >= 0, "seed", seed, "0 or more");
    require(
        (long) samples * length <= MAXIMUM_VALUES,
        "samples",
        samples,
        "at most " + MAXIMUM_VALUES / length + " of length " + length);
    require(trainSequences() > 0, "trainFraction", trainFraction, "at least 1 / " + sequences());
    return this;
  }

  /** Number of sequences made: as many for each label. */
  int sequences() {
    return samples / Templates.CLASSES * Templates.CLASSES;
  }

  /** Number of sequences for training; the test set has the others. */
  int trainSequences() {
    return (int) (sequences() * trainFraction);
  }

  /** Number of points of a signal before it is brought to its final length. */
  int points() {
    return templateLength + maximumPadding;
  }

  private static void requireNotNegative(String option, double value) {
    require(value >= 0 && value <= Double.MAX_VALUE, option, value, "0 or more, and finite,");
  }

  private static void requireBetween(String option, int value, int least, int most) {
    require(value >= least && value <= most, option, value, least + " to " + most);
  }

  static void require(boolean valid, String option, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException(option + " = " + value + ": " + allowed + " allowed");
    }
  }
}

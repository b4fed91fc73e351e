// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The MNIST-1D data set: noisy, shifted, stretched curves of ten digits, after Greydanus &amp;
 * Kobak, "Scaling down deep learning with MNIST-1D".
 *
 * <pre>{@code
 * Mnist1d data = Mnist1d.builder().length(360).seed(42).build();
 * }</pre>
 *
 * <p>Building generates the data once, in about a second; it never changes afterwards, so any
 * number of iterators and threads can share it. With the default options the values are, as floats,
 * those of the published 5000 sequences, in their order: the first 4000 for training, the last 1000
 * for testing. They are standardised over both together.
 *
 * <p>Every length is a resampling of the same signals, which have 72 points with the default
 * options: 40 and less loses detail, 360 interpolates.
 */
public final class Mnist1d {
  private final Mnist1dOptions options;
  private final float[] values;
  private final int[] labels;

  private Mnist1d(Mnist1dOptions options) {
    SignalGenerator.Sequences sequences =
        new SignalGenerator(options, new NumpyRandom(options.seed())).standardised();
    this.options = options;
    this.values = new float[sequences.values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) sequences.values[i];
    }
    this.labels = sequences.labels;
  }

  /**
   * A builder with the published options.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Generates the data of the given options.
   *
   * @param options the options
   * @return the data
   * @throws IllegalArgumentException when an option is outside its range, or when they leave
   *     nothing to standardise because every generated value is the same, or overflow
   */
  public static Mnist1d generate(Mnist1dOptions options) {
    return new Mnist1d(options.checked());
  }

  /**
   * The options the data was generated with.
   *
   * @return the options
   */
  public Mnist1dOptions options() {
    return options;
  }

  /**
   * Number of points of each sequence.
   *
   * @return at least 2
   */
  public int length() {
    return options.length();
  }

  /**
   * Number of training sequences.
   *
   * @return at least 1
   */
  public int trainSize() {
    return options.trainSequences();
  }

  /**
   * Number of test sequences.
   *
   * @return at least 1
   */
  public int testSize() {
    return labels.length - trainSize();
  }

  /**
   * A copy of the training sequences.
   *
   * @return values of shape [{@link #trainSize()}][{@link #length()}]
   */
  public float[][] trainFeatures() {
    return rows(0, trainSize());
  }

  /**
   * A copy of the test sequences.
   *
   * @return values of shape [{@link #testSize()}][{@link #length()}]
   */
  public float[][] testFeatures() {
    return rows(trainSize(), labels.length);
  }

  /**
   * A copy of the labels of the training sequences.
   *
   * @return digits 0 to 9, {@link #trainSize()} of them
   */
  public int[] trainLabels() {
    return Arrays.copyOfRange(labels, 0, trainSize());
  }

  /**
   * A copy of the labels of the test sequences.
   *
   * @return digits 0 to 9, {@link #testSize()} of them
   */
  public int[] testLabels() {
    return Arrays.copyOfRange(labels, trainSize(), labels.length);
  }

  /**
   * How many training sequences each label has.
   *
   * @return ten counts
   */
  public int[] trainLabelCounts() {
    return counts(trainLabels());
  }

  /**
   * How many test sequences each label has.
   *
   * @return ten counts
   */
  public int[] testLabelCounts() {
    return counts(testLabels());
  }

  /**
   * SHA-256 of the training sequences as little-endian 32-bit floats, sequence after sequence.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String trainSha256() {
    return sha256(0, trainSize());
  }

  /**
   * SHA-256 of the test sequences as little-endian 32-bit floats, sequence after sequence.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String testSha256() {
    return sha256(trainSize(), labels.length);
  }

  /** One value; training sequences come first, then test sequences. */
  float value(int sequence, int point) {
    return values[sequence * length() + point];
  }

  /** The label of a sequence; training sequences come first, then test sequences. */
  int label(int sequence) {
    return labels[sequence];
  }

  private float[][] rows(int from, int to) {
    float[][] rows = new float[to - from][];
    for (int i = 0; i < rows.length; i++) {
      int start = (from + i) * length();
      rows[i] = Arrays.copyOfRange(values, start, start + length());
    }
    return rows;
  }

  private static int[] counts(int[] labels) {
    int[] counts = new int[Templates.CLASSES];
    for (int label : labels) {
      counts[label]++;
    }
    return counts;
  }

  private String sha256(int from, int to) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    ByteBuffer bytes = ByteBuffer.allocate(length() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = from; i < to; i++) {
      bytes.asFloatBuffer().put(values, i * length(), length());
      digest.update(bytes.array());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Collects the options; each has the published value until it is set. */
  public static final class Builder {
    private int samples = 5000;
    private double trainFraction = 0.8;
    private int templateLength = 12;
    private int minimumPadding = 36;
    private int maximumPadding = 60;
    private double scale = 0.4;
    private int maxTranslation = 48;
    private double correlatedNoise = 0.25;
    private double independentNoise = 0.02;
    private double shear = 0.75;
    private boolean shuffleSequence = false;
    private int length = 40;
    private int seed = 42;

    /** A builder with the published options. */
    public Builder() {}

    /**
     * Number of sequences, train and test together.
     *
     * @param samples at least 10, default 5000; a tenth, rounded down, is made for each label
     * @return this builder
     */
    public Builder samples(int samples) {
      this.samples = samples;
      return this;
    }

    /**
     * The part of all sequences that is for training.
     *
     * @param trainFraction between 0 and 1, default 0.8
     * @return this builder
     */
    public Builder trainFraction(double trainFraction) {
      this.trainFraction = trainFraction;
      return this;
    }

    /**
     * Number of points a template takes up in a signal with the longest padding; the template and
     * its padding are stretched to this number plus the longest padding.
     *
     * @param templateLength at least 2, default 12, which is what the templates have
     * @return this builder
     */
    public Builder templateLength(int templateLength) {
      this.templateLength = templateLength;
      return this;
    }

    /**
     * Range of the random number of silent points behind a template. More padding squeezes the
     * template.
     *
     * @param minimum smallest number, 0 or more, default 36
     * @param maximum largest number, default 60
     * @return this builder
     */
    public Builder padding(int minimum, int maximum) {
      this.minimumPadding = minimum;
      this.maximumPadding = maximum;
      return this;
    }

    /**
     * Width of the range, centred on 1, of the random factor a signal is multiplied by.
     *
     * @param scale 0 or more, default 0.4: factors from 0.8 to 1.2
     * @return this builder
     */
    public Builder scale(double scale) {
      this.scale = scale;
      return this;
    }

    /**
     * Bound of the random rotation of a signal: it is below this number of points.
     *
     * @param maxTranslation from 1 (no rotation) to the number of points of a signal, which is
     *     templateLength plus the longest padding; default 48
     * @return this builder
     */
    public Builder maxTranslation(int maxTranslation) {
      this.maxTranslation = maxTranslation;
      return this;
    }

    /**
     * Strength of the smoothed noise that fills the silent points.
     *
     * @param correlatedNoise standard deviation before smoothing, 0 or more, default 0.25
     * @return this builder
     */
    public Builder correlatedNoise(double correlatedNoise) {
      this.correlatedNoise = correlatedNoise;
      return this;
    }

    /**
     * Strength of the noise added to every point.
     *
     * @param independentNoise standard deviation, 0 or more, default 0.02
     * @return this builder
     */
    public Builder independentNoise(double independentNoise) {
      this.independentNoise = independentNoise;
      return this;
    }

    /**
     * Width of the range, centred on 0, of the drop from first to last point of the line added to a
     * signal.
     *
     * @param shear 0 or more, default 0.75
     * @return this builder
     */
    public Builder shear(double shear) {
      this.shear = shear;
      return this;
    }

    /**
     * Whether the points of all sequences are put in one random order, which takes the temporal
     * structure away. That order is drawn last, so all else is as without it.
     *
     * @param shuffleSequence default false
     * @return this builder
     */
    public Builder shuffleSequence(boolean shuffleSequence) {
      this.shuffleSequence = shuffleSequence;
      return this;
    }

    /**
     * Final number of points of every sequence.
     *
     * @param length at least 2, default 40
     * @return this builder
     */
    public Builder length(int length) {
      this.length = length;
      return this;
    }

    /**
     * Seed of every random number.
     *
     * @param seed 0 or more, default 42
     * @return this builder
     */
    public Builder seed(int seed) {
      this.seed = seed;
      return this;
    }

    /**
     * The options alone, without generating data.
     *
     * @return the options
     * @throws IllegalArgumentException when an option is outside its range
     */
    public Mnist1dOptions options() {
      return new Mnist1dOptions(
              samples,
              trainFraction,
              templateLength,
              minimumPadding,
              maximumPadding,
              scale,
              maxTranslation,
              correlatedNoise,
              independentNoise,
              shear,
              shuffleSequence,
              length,
              seed)
          .checked();
    }

    /**
     * Generates the data.
     *
     * @return the data
     * @throws IllegalArgumentException as {@link Mnist1d#generate} says
     */
    public Mnist1d build() {
      return new Mnist1d(options());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

/**
 * How a clip becomes a sequence of features, best made from {@link #melSpectrogram()} or {@link
 * #mfcc} and, for other values, their {@link #toBuilder()}. The builder's methods of the same names
 * say what they mean.
 *
 * @param sampleRate samples per second
 * @param clipSamples samples of a clip
 * @param window samples of a window
 * @param hop samples between the beginnings of two windows
 * @param centred whether windows are centred on multiples of the hop
 * @param bands number of mel bands
 * @param lowestHertz lower end of the lowest band
 * @param highestHertz upper end of the highest band
 * @param floor power added before the logarithm
 * @param coefficients number of cepstral coefficients, 0 for the mel bands themselves
 * @param normalisation what is standardised
 * @param upsampling time steps per window
 */
public record FeatureOptions(
    int sampleRate,
    int clipSamples,
    int window,
    int hop,
    boolean centred,
    int bands,
    double lowestHertz,
    double highestHertz,
    double floor,
    int coefficients,
    Normalisation normalisation,
    int upsampling) {

  /** What is brought to mean 0 and sample standard deviation 1. */
  public enum Normalisation {
    /** Nothing. */
    NONE,
    /** All values of a clip together. */
    CLIP,
    /** The values of each band or coefficient of a clip. */
    BAND
  }

  private static final int MAXIMUM_SAMPLES = 1 << 24;
  private static final int MAXIMUM_BANDS = 1000;
  private static final int MAXIMUM_UPSAMPLING = 1000;
  private static final int MAXIMUM_STEPS = 1_000_000;

  /**
   * The input of the published GLE network: 41 windows of 64 ms, one every 25 ms, 32 mel bands up
   * to 8 kHz, log2(power + 1e-9), each clip standardised, upsampled to 820 steps.
   *
   * @return the options
   */
  public static FeatureOptions melSpectrogram() {
    return new FeatureOptions(
        16_000, 16_000, 1024, 400, true, 32, 0, 8000, 1e-9, 0, Normalisation.CLIP, 20);
  }

  /**
   * Mel-frequency cepstral coefficients in the manner of Zhang et al., "Hello Edge: Keyword
   * Spotting on Microcontrollers": 49 windows of 40 ms, one every 20 ms, not standardised. The
   * coefficients are the orthonormal cosine transform (DCT-II) of ln(power + 1e-6) of 40 mel bands
   * between 20 Hz and 4 kHz. They are of very different sizes: DL4J's {@code NormalizerStandardize}
   * or {@link Normalisation#BAND} brings them to one.
   *
   * @param coefficients 1 to 40; "Hello Edge" has networks on 40 and on 10
   * @return the options
   * @throws IllegalArgumentException when the number is outside its range
   */
  public static FeatureOptions mfcc(int coefficients) {
    require(
        coefficients >= 1 && coefficients <= 40,
        "coefficients",
        coefficients,
        "1 to 40 of 40 bands");
    return new FeatureOptions(
        16_000, 16_000, 640, 320, false, 40, 20, 4000, 1e-6, coefficients, Normalisation.NONE, 1);
  }

  /**
   * A builder that starts from these options.
   *
   * @return the builder
   */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * Number of values at a time step.
   *
   * @return the number of coefficients or, without any, of bands
   */
  public int rows() {
    return coefficients > 0 ? coefficients : bands;
  }

  /**
   * Number of windows of a clip.
   *
   * @return at least 1
   */
  public int frames() {
    return frames(clipSamples);
  }

  /**
   * Number of time steps of a clip.
   *
   * @return the windows times the upsampling
   */
  public int steps() {
    return frames() * upsampling;
  }

  /** Number of windows of that many samples. */
  int frames(int samples) {
    return centred ? samples / hop + 1 : (samples - window) / hop + 1;
  }

  /** The fewest samples that have a window. */
  int fewestSamples() {
    return centred ? window / 2 + 1 : window; // reflection does not repeat the first sample
  }

  /**
   * These options, when every value is in its range.
   *
   * @throws IllegalArgumentException otherwise; one line names the option, its value and what is
   *     allowed
   */
  FeatureOptions checked() {
    requireBetween("sampleRate", sampleRate, 1000, 1_000_000);
    require(
        window % 2 == 0 && window >= 8 && window <= 1 << 16, "window", window, "even, 8 to 65536");
    requireBetween("clipSamples", clipSamples, fewestSamples(), MAXIMUM_SAMPLES);
    requireBetween("hop", hop, 1, MAXIMUM_SAMPLES);
    requireBetween("bands", bands, 1, MAXIMUM_BANDS);
    require(
        lowestHertz >= 0 && lowestHertz < highestHertz && highestHertz <= sampleRate / 2.0,
        "hertz",
        lowestHertz + " to " + highestHertz,
        "0 <= lowest < highest <= " + sampleRate / 2.0);
    require(floor > 0 && floor <= 1, "floor", floor, "0 < x <= 1");
    require(
        coefficients >= 0 && coefficients <= bands,
        "coefficients",
        coefficients,
        "0 to " + bands + ", the number of bands,");
    require(normalisation != null, "normalisation", normalisation, "NONE, CLIP or BAND");
    requireBetween("upsampling", upsampling, 1, MAXIMUM_UPSAMPLING);
    require(
        (long) frames() * upsampling <= MAXIMUM_STEPS,
        "hop",
        hop,
        "one that gives at most " + MAXIMUM_STEPS + " time steps");
    int silent = new MelFilterbank(this).firstBandWithoutFrequency();
    require(
        silent < 0,
        "bands",
        bands,
        "so many that each has a frequency (band " + silent + " has none)");
    return this;
  }

  private static void requireBetween(String option, int value, int least, int most) {
    require(value >= least && value <= most, option, value, least + " to " + most);
  }

  static void require(boolean valid, String option, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException(option + " = " + value + ": " + allowed + " allowed");
    }
  }

  /** Changes options. */
  public static final class Builder {
    private int sampleRate;
    private int clipSamples;
    private int window;
    private int hop;
    private boolean centred;
    private int bands;
    private double lowestHertz;
    private double highestHertz;
    private double floor;
    private int coefficients;
    private Normalisation normalisation;
    private int upsampling;

    private Builder(FeatureOptions options) {
      sampleRate = options.sampleRate;
      clipSamples = options.clipSamples;
      window = options.window;
      hop = options.hop;
      centred = options.centred;
      bands = options.bands;
      lowestHertz = options.lowestHertz;
      highestHertz = options.highestHertz;
      floor = options.floor;
      coefficients = options.coefficients;
      normalisation = options.normalisation;
      upsampling = options.upsampling;
    }

    /**
     * Samples per second; files with another rate are refused.
     *
     * @param sampleRate 1000 to 1000000, Speech Commands has 16000
     * @return this builder
     */
    public Builder sampleRate(int sampleRate) {
      this.sampleRate = sampleRate;
      return this;
    }

    /**
     * Samples of a clip: shorter files are padded with zeros at their end, longer ones cut there.
     *
     * @param clipSamples enough for one window
     * @return this builder
     */
    public Builder clipSamples(int clipSamples) {
      this.clipSamples = clipSamples;
      return this;
    }

    /**
     * Samples of a window, which is a periodic Hann window.
     *
     * @param window an even number, 8 to 65536; powers of two are fastest
     * @return this builder
     */
    public Builder window(int window) {
      this.window = window;
      return this;
    }

    /**
     * Samples between the beginnings of two windows.
     *
     * @param hop at least 1
     * @return this builder
     */
    public Builder hop(int hop) {
      this.hop = hop;
      return this;
    }

    /**
     * Whether the windows are centred on multiples of the hop, the clip being reflected at its
     * ends, or begin there, as far as they fit into the clip.
     *
     * @param centred true for centred windows
     * @return this builder
     */
    public Builder centred(boolean centred) {
      this.centred = centred;
      return this;
    }

    /**
     * Number of triangular bands, equally spaced on the HTK mel scale.
     *
     * @param bands 1 to 1000, few enough that each contains a frequency of the Fourier transform
     * @return this builder
     */
    public Builder bands(int bands) {
      this.bands = bands;
      return this;
    }

    /**
     * The range of frequencies of all bands.
     *
     * @param lowest 0 or more
     * @param highest at most half the sample rate
     * @return this builder
     */
    public Builder hertz(double lowest, double highest) {
      this.lowestHertz = lowest;
      this.highestHertz = highest;
      return this;
    }

    /**
     * The power added before the logarithm.
     *
     * @param floor between 0 and 1
     * @return this builder
     */
    public Builder floor(double floor) {
      this.floor = floor;
      return this;
    }

    /**
     * Number of cepstral coefficients.
     *
     * @param coefficients at most the number of bands; 0 for the logarithms of the bands themselves
     * @return this builder
     */
    public Builder coefficients(int coefficients) {
      this.coefficients = coefficients;
      return this;
    }

    /**
     * What is brought to mean 0 and sample standard deviation 1.
     *
     * @param normalisation nothing, each clip, or each band of each clip
     * @return this builder
     */
    public Builder normalisation(Normalisation normalisation) {
      this.normalisation = normalisation;
      return this;
    }

    /**
     * Time steps per window: values between windows are interpolated linearly.
     *
     * @param upsampling 1, none, to 1000
     * @return this builder
     */
    public Builder upsampling(int upsampling) {
      this.upsampling = upsampling;
      return this;
    }

    /**
     * Makes the options.
     *
     * @return the options
     * @throws IllegalArgumentException when an option is outside its range
     */
    public FeatureOptions build() {
      return new FeatureOptions(
              sampleRate,
              clipSamples,
              window,
              hop,
              centred,
              bands,
              lowestHertz,
              highestHertz,
              floor,
              coefficients,
              normalisation,
              upsampling)
          .checked();
    }
  }
}

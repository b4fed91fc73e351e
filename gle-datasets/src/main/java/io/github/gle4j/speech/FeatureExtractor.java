// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static io.github.gle4j.speech.FeatureOptions.require;

import io.github.gle4j.speech.FeatureOptions.Normalisation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jtransforms.fft.DoubleFFT_1D;

/**
 * Turns sound into features: windows, Fourier transform, mel bands, logarithm, cosine transform if
 * asked for, standardisation.
 *
 * <pre>{@code
 * FeatureExtractor extractor = new FeatureExtractor(FeatureOptions.melSpectrogram());
 * float[][] input = extractor.clip(Path.of("yes.wav")); // [32][820]
 * }</pre>
 *
 * <p>One extractor is for one thread: it keeps its working memory.
 */
public final class FeatureExtractor {
  private static final double LN_2 = Math.log(2);

  private final FeatureOptions options;
  private final MelFilterbank filterbank;
  private final DoubleFFT_1D transform;
  private final double[] hann;
  private final double[][] cosines; // [coefficient][band]; none for the bands themselves
  private final double[] windowed;
  private final double[] powers;
  private final double[] bandValues;

  /**
   * An extractor.
   *
   * @param options what to extract
   * @throws IllegalArgumentException when an option is outside its range
   */
  public FeatureExtractor(FeatureOptions options) {
    this.options = options.checked();
    int window = options.window();
    filterbank = new MelFilterbank(options);
    transform = new DoubleFFT_1D(window);
    hann = new double[window];
    for (int i = 0; i < window; i++) {
      hann[i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / window);
    }
    cosines = cosines(options.coefficients(), options.bands());
    windowed = new double[window];
    powers = new double[window / 2 + 1];
    bandValues = new double[options.bands()];
  }

  /** The orthonormal DCT-II. */
  private static double[][] cosines(int coefficients, int bands) {
    double[][] cosines = new double[coefficients][bands];
    for (int k = 0; k < coefficients; k++) {
      double scale = Math.sqrt((k == 0 ? 1.0 : 2.0) / bands);
      for (int band = 0; band < bands; band++) {
        cosines[k][band] = scale * Math.cos(Math.PI * k * (band + 0.5) / bands);
      }
    }
    return cosines;
  }

  /**
   * The features of a file, as a network gets them: padded with zeros or cut to the length of a
   * clip, and upsampled.
   *
   * @param file a WAV file
   * @return values of shape [{@link FeatureOptions#rows()}][{@link FeatureOptions#steps()}]
   * @throws InvalidWavException when the file is damaged, or of a kind that is not read
   * @throws IOException when it cannot be read at all
   */
  public float[][] clip(Path file) throws IOException {
    return clip(samples(file));
  }

  /**
   * The sound of a file, as long as it is. The file is opened once and read to its end, so a pipe
   * will do.
   *
   * @param file a WAV file
   * @return samples between -1 and 1, at least one
   * @throws InvalidWavException when the file is damaged, or of a kind that is not read
   * @throws IOException when it cannot be read at all
   */
  public float[] samples(Path file) throws IOException {
    return WavFile.read(file, options.sampleRate());
  }

  /**
   * The features of a clip, as a network gets them: padded with zeros or cut to the length of a
   * clip, and upsampled.
   *
   * @param samples sound between -1 and 1
   * @return values of shape [{@link FeatureOptions#rows()}][{@link FeatureOptions#steps()}]
   */
  public float[][] clip(float[] samples) {
    float[] flat = new float[options.frames() * options.rows()];
    extract(Arrays.copyOf(samples, options.clipSamples()), flat);
    int rows = options.rows();
    int steps = options.steps();
    float[] upsampled = new float[steps * rows];
    Upsampling.upsample(flat, rows, options.upsampling(), upsampled);
    return rows(upsampled, steps);
  }

  /**
   * The features of any number of samples, one per window: neither padded nor upsampled.
   *
   * @param samples sound between -1 and 1, enough for one window
   * @return values of shape [{@link FeatureOptions#rows()}][windows]
   * @throws IllegalArgumentException when there are too few samples
   */
  public float[][] extract(float[] samples) {
    requireEnough(samples);
    int frames = options.frames(samples.length);
    float[] flat = new float[frames * options.rows()];
    extract(samples, flat);
    return rows(flat, frames);
  }

  /**
   * The power in each mel band, which is what the logarithm is taken of.
   *
   * @param samples sound between -1 and 1, enough for one window
   * @return values of shape [{@link FeatureOptions#bands()}][windows]
   * @throws IllegalArgumentException when there are too few samples
   */
  public float[][] melPowers(float[] samples) {
    requireEnough(samples);
    float[][] result = new float[options.bands()][options.frames(samples.length)];
    for (int frame = 0; frame < result[0].length; frame++) {
      transform(samples, frame);
      for (int band = 0; band < result.length; band++) {
        result[band][frame] = (float) filterbank.power(band, powers);
      }
    }
    return result;
  }

  /** Writes [window][row]: the values of one window lie together. */
  void extract(float[] samples, float[] features) {
    int rows = options.rows();
    for (int frame = 0; frame * rows < features.length; frame++) {
      transform(samples, frame);
      for (int band = 0; band < bandValues.length; band++) {
        bandValues[band] = Math.log(filterbank.power(band, powers) + options.floor());
      }
      for (int row = 0; row < rows; row++) {
        features[frame * rows + row] =
            (float) (cosines.length == 0 ? bandValues[row] / LN_2 : coefficient(row));
      }
    }
    if (options.normalisation() == Normalisation.CLIP) {
      standardise(features, 0, 1);
    } else if (options.normalisation() == Normalisation.BAND) {
      for (int row = 0; row < rows; row++) {
        standardise(features, row, rows);
      }
    }
  }

  private void requireEnough(float[] samples) {
    require(
        samples.length >= options.fewestSamples(),
        "samples",
        samples.length,
        options.fewestSamples() + " or more");
  }

  private double coefficient(int row) {
    double sum = 0;
    for (int band = 0; band < bandValues.length; band++) {
      sum += cosines[row][band] * bandValues[band];
    }
    return sum;
  }

  /** Puts the power at each frequency of one window into {@link #powers}. */
  private void transform(float[] samples, int frame) {
    int window = windowed.length;
    int start = frame * options.hop() - (options.centred() ? window / 2 : 0);
    if (start >= 0 && start + window <= samples.length) {
      for (int i = 0; i < window; i++) {
        windowed[i] = hann[i] * samples[start + i];
      }
    } else {
      for (int i = 0; i < window; i++) {
        windowed[i] = hann[i] * samples[reflected(start + i, samples.length)];
      }
    }
    transform.realForward(windowed);
    int half = window / 2;
    powers[0] = windowed[0] * windowed[0];
    powers[half] = windowed[1] * windowed[1]; // JTransforms keeps it there
    for (int k = 1; k < half; k++) {
      double re = windowed[2 * k];
      double im = windowed[2 * k + 1];
      powers[k] = re * re + im * im;
    }
  }

  /** Mirrors an index at the first and last sample. */
  private static int reflected(int index, int length) {
    int inside = Math.abs(index);
    return inside < length ? inside : 2 * (length - 1) - inside;
  }

  /** To mean 0 and sample standard deviation 1; what does not vary becomes 0. */
  private static void standardise(float[] values, int first, int stride) {
    int count = values.length / stride;
    double sum = 0;
    for (int i = first; i < values.length; i += stride) {
      sum += values[i];
    }
    double mean = sum / count;
    double squares = 0;
    for (int i = first; i < values.length; i += stride) {
      squares += (values[i] - mean) * (values[i] - mean);
    }
    double deviation = Math.sqrt(squares / Math.max(1, count - 1));
    // Rounding alone makes equal values vary by this much: digital silence must not become noise.
    boolean constant = deviation <= 1e-6 * Math.abs(mean);
    for (int i = first; i < values.length; i += stride) {
      values[i] = constant ? 0 : (float) ((values[i] - mean) / deviation);
    }
  }

  private float[][] rows(float[] flat, int columns) {
    float[][] result = new float[options.rows()][columns];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < result.length; row++) {
        result[row][column] = flat[column * result.length + row];
      }
    }
    return result;
  }
}

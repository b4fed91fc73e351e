// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static io.github.gle4j.speech.FeatureOptions.require;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Random changes of training clips: a shift in time, then background noise.
 *
 * @param noiseProbability how often noise is added
 * @param decibels the possible ratios of clip to noise, each equally likely: the clip's root mean
 *     square is 10^(decibels / 20) times that of the noise
 * @param maximumShift largest shift in either direction, in milliseconds; zeros fill the gap
 */
public record Augmentation(double noiseProbability, List<Double> decibels, double maximumShift) {

  /**
   * Augmentation.
   *
   * @param noiseProbability 0 to 1
   * @param decibels at least one, each between -100 and 100
   * @param maximumShift 0 to 1000 milliseconds
   * @throws IllegalArgumentException when a value is outside its range
   */
  public Augmentation {
    decibels = List.copyOf(decibels);
    require(
        noiseProbability >= 0 && noiseProbability <= 1,
        "noiseProbability",
        noiseProbability,
        "0 to 1");
    require(
        !decibels.isEmpty() && decibels.stream().allMatch(value -> Math.abs(value) <= 100),
        "decibels",
        decibels,
        "one or more of -100 to 100");
    require(
        maximumShift >= 0 && maximumShift <= 1000, "maximumShift", maximumShift, "0 to 1000 ms");
  }

  /**
   * The published one: noise with probability 0.8 at 3, 10 or 20 dB, shifts of up to 100 ms.
   *
   * @return the augmentation
   */
  public static Augmentation published() {
    return new Augmentation(0.8, List.of(3.0, 10.0, 20.0), 100);
  }

  /**
   * A changed copy of a clip. A silent clip, or silent noise, has no ratio to reach: no noise is
   * added then.
   *
   * @param sampleRate samples per second
   * @param noise recordings at least as long as the clip; may be empty without noise probability
   */
  float[] apply(float[] clip, int sampleRate, List<float[]> noise, RandomGenerator random) {
    int maximum = (int) Math.round(maximumShift * sampleRate / 1000);
    float[] result = shifted(clip, random.nextInt(2 * maximum + 1) - maximum);
    if (random.nextDouble() < noiseProbability) {
      double ratio = Math.pow(10, decibels.get(random.nextInt(decibels.size())) / 20);
      float[] recording = noise.get(random.nextInt(noise.size()));
      int start = random.nextInt(recording.length - clip.length + 1);
      double noiseLevel = rootMeanSquare(recording, start, clip.length);
      if (noiseLevel > 0) {
        float factor = (float) (rootMeanSquare(result, 0, result.length) / (ratio * noiseLevel));
        for (int i = 0; i < result.length; i++) {
          result[i] += factor * recording[start + i];
        }
      }
    }
    return result;
  }

  private static float[] shifted(float[] clip, int shift) {
    float[] result = new float[clip.length];
    int count = Math.max(0, clip.length - Math.abs(shift));
    System.arraycopy(
        clip,
        Math.min(clip.length, Math.max(0, -shift)),
        result,
        Math.min(clip.length, Math.max(0, shift)),
        count);
    return result;
  }

  static double rootMeanSquare(float[] samples, int start, int count) {
    double sum = 0;
    for (int i = start; i < start + count; i++) {
      sum += samples[i] * (double) samples[i];
    }
    return Math.sqrt(sum / count);
  }
}

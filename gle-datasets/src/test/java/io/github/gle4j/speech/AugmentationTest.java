// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final float[] CLIP = sound(1, 16_000, 0.2f);
  private static final List<float[]> NOISE =
      List.of(sound(2, 50_000, 0.01f), sound(3, 16_000, 0.5f));

  private static float[] sound(int seed, int length, float level) {
    Random random = new Random(seed);
    float[] samples = new float[length];
    for (int i = 0; i < length; i++) {
      samples[i] = level * (float) random.nextGaussian();
    }
    return samples;
  }

  @Test
  void noiseHasTheRightAmplitude() {
    for (double decibels : new double[] {-6, 0, 3, 10, 20}) {
      Augmentation noisy = new Augmentation(1, List.of(decibels), 0);
      for (int seed = 0; seed < 5; seed++) {
        float[] result = noisy.apply(CLIP, 16_000, NOISE, new Random(seed));
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < CLIP.length; i++) {
          signal += CLIP[i] * (double) CLIP[i];
          noise += Math.pow(result[i] - (double) CLIP[i], 2);
        }
        // The decibels of a ratio of powers, which are squares of amplitudes.
        assertEquals(decibels, 10 * Math.log10(signal / noise), 1e-3);
      }
    }
  }

  @Test
  void publishedNoiseIsAddedInFourOfFiveClips() {
    Augmentation noShift = new Augmentation(0.8, Augmentation.published().decibels(), 0);
    Random random = new Random(5);
    Map<Long, Integer> decibels = new TreeMap<>();
    for (int i = 0; i < 2000; i++) {
      float[] result = noShift.apply(Arrays.copyOf(CLIP, 400), 16_000, NOISE, random);
      double signal = 0;
      double noise = 0;
      for (int k = 0; k < result.length; k++) {
        signal += CLIP[k] * (double) CLIP[k];
        noise += Math.pow(result[k] - (double) CLIP[k], 2);
      }
      long ratio = noise == 0 ? Long.MAX_VALUE : Math.round(10 * Math.log10(signal / noise));
      decibels.merge(ratio, 1, Integer::sum);
    }
    assertEquals(List.of(3L, 10L, 20L, Long.MAX_VALUE), List.copyOf(decibels.keySet()));
    assertEquals(400, decibels.get(Long.MAX_VALUE), 80);
    assertEquals(533, decibels.get(3L), 90);
    assertEquals(533, decibels.get(20L), 90);
  }

  @Test
  void shiftsWithinTheirRange() {
    Augmentation shifting = new Augmentation(0, List.of(3.0), 100);
    Random random = new Random(5);
    int least = 0;
    int most = 0;
    for (int i = 0; i < 1000; i++) {
      float[] result = shifting.apply(CLIP, 16_000, List.of(), random);
      int middle = 8000;
      int at = middle - 1600;
      while (result[at] != CLIP[middle]) {
        at++;
      }
      int shift = at - middle;
      least = Math.min(least, shift);
      most = Math.max(most, shift);
      float[] expected = new float[CLIP.length];
      for (int k = Math.max(0, shift); k < Math.min(CLIP.length, CLIP.length + shift); k++) {
        expected[k] = CLIP[k - shift];
      }
      assertArrayEquals(expected, result);
    }
    assertTrue(least >= -1600 && least < -1500, "least " + least);
    assertTrue(most <= 1600 && most > 1500, "most " + most);
  }

  @Test
  void silenceStaysSilentAndFinite() {
    Augmentation noisy = new Augmentation(1, List.of(3.0), 100);
    assertArrayEquals(
        new float[16_000], noisy.apply(new float[16_000], 16_000, NOISE, new Random(1)));
    float[] result = noisy.apply(CLIP, 16_000, List.of(new float[16_000]), new Random(1));
    for (float sample : result) {
      assertTrue(Float.isFinite(sample));
    }
  }

  @Test
  void longShiftsLeaveNothing() {
    Augmentation shifting = new Augmentation(0, List.of(3.0), 1000);
    float[] result = shifting.apply(new float[] {1, 1, 1}, 16_000, List.of(), new Random(1));
    assertArrayEquals(new float[3], result);
  }

  @Test
  void valuesAreChecked() {
    assertRefused("noiseProbability = 1.1: 0 to 1", 1.1, List.of(3.0), 0);
    assertRefused("decibels = []: one or more", 0.5, List.of(), 0);
    assertRefused("decibels = [NaN]", 0.5, List.of(Double.NaN), 0);
    assertRefused("maximumShift = -1.0: 0 to 1000 ms", 0.5, List.of(3.0), -1);
    assertEquals(new Augmentation(0.8, List.of(3.0, 10.0, 20.0), 100), Augmentation.published());
  }

  private static void assertRefused(
      String message, double probability, List<Double> decibels, double shift) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new Augmentation(probability, decibels, shift));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }
}

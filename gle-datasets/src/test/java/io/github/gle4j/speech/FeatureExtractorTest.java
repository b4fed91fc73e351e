// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.speech.FeatureOptions.Normalisation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Against values computed by torchaudio, and against definitions written out. */
class FeatureExtractorTest {
  private static final Path GOLDEN = Path.of("src/test/resources/io/github/gle4j/speech");
  private static final FeatureOptions MEL = FeatureOptions.melSpectrogram();

  private static JsonNode golden(String clip) throws IOException {
    return new ObjectMapper().readTree(GOLDEN.resolve(clip + ".json").toFile());
  }

  private static float[] samples(String clip) throws IOException {
    return WavFile.read(GOLDEN.resolve(clip + ".wav"), 16_000);
  }

  private static float[] row(JsonNode values) {
    float[] row = new float[values.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) values.get(i).asDouble();
    }
    return row;
  }

  @ParameterizedTest
  @ValueSource(strings = {"022cd682_nohash_0", "135c6841_nohash_0", "7ff085e1_nohash_0"})
  void agreesWithTorchaudio(String clip) throws IOException {
    JsonNode golden = golden(clip);
    float[] samples = samples(clip);
    assertEquals(golden.get("samples").asInt(), samples.length);
    FeatureExtractor extractor = new FeatureExtractor(MEL);
    float[][] powers = extractor.melPowers(samples);
    float[][] normalised = extractor.extract(samples);
    assertEquals(32, powers.length);
    assertEquals(golden.get("frames").asInt(), powers[0].length);
    double worstPower = 0;
    double worstNormalised = 0;
    for (int band = 0; band < 32; band++) {
      float[] expectedPowers = row(golden.get("mel_power").get(band));
      float[] expected = row(golden.get("normalised").get(band));
      assertEquals(expected.length, normalised[band].length);
      for (int frame = 0; frame < expected.length; frame++) {
        worstPower =
            Math.max(worstPower, Math.abs(powers[band][frame] / expectedPowers[frame] - 1.0));
        worstNormalised =
            Math.max(worstNormalised, Math.abs(normalised[band][frame] - expected[frame]));
      }
    }
    assertTrue(worstPower < 1e-4, "mel powers differ by " + worstPower);
    assertTrue(worstNormalised < 1e-3, "normalised values differ by " + worstNormalised);
  }

  @ParameterizedTest
  @ValueSource(strings = {"022cd682_nohash_0", "135c6841_nohash_0", "7ff085e1_nohash_0"})
  void upsamplesAsTorch(String clip) throws IOException {
    JsonNode golden = golden(clip);
    float[][] normalised = new FeatureExtractor(MEL).extract(samples(clip));
    int steps = golden.get("upsampled_shape").get(1).asInt();
    float[] first = upsampled(normalised[0]);
    float[] last = upsampled(normalised[31]);
    assertEquals(steps, first.length);
    assertArrayEquals(row(golden.get("upsampled_row0_first60")), Arrays.copyOf(first, 60), 1e-3f);
    assertArrayEquals(
        row(golden.get("upsampled_row31_last60")),
        Arrays.copyOfRange(last, steps - 60, steps),
        1e-3f);
  }

  private static float[] upsampled(float[] row) {
    float[] result = new float[row.length * MEL.upsampling()];
    Upsampling.upsample(row, 1, MEL.upsampling(), result);
    return result;
  }

  @Test
  void clipsArePaddedAndUpsampled() throws IOException {
    Path file = GOLDEN.resolve("7ff085e1_nohash_0.wav"); // 15 702 samples
    float[][] clip = new FeatureExtractor(MEL).clip(file);
    float[][] windows =
        new FeatureExtractor(MEL).extract(Arrays.copyOf(samples("7ff085e1_nohash_0"), 16_000));
    assertEquals(32, clip.length);
    assertEquals(820, clip[0].length);
    assertEquals(41, windows[0].length);
    assertArrayEquals(upsampled(windows[5]), clip[5], 1e-6f);
  }

  @Test
  void upsamplingIsLinearBetweenTheMiddlesOfWindows() {
    float[] result = new float[8];
    Upsampling.upsample(new float[] {1, 3}, 1, 4, result);
    assertArrayEquals(new float[] {1, 1, 1.25f, 1.75f, 2.25f, 2.75f, 3, 3}, result, 1e-6f);
    float[] groups = new float[8];
    Upsampling.upsample(new float[] {1, 10, 3, 30}, 2, 2, groups);
    assertArrayEquals(new float[] {1, 10, 1.5f, 15, 2.5f, 25, 3, 30}, groups, 1e-6f);
    float[] same = new float[3];
    Upsampling.upsample(new float[] {4, 5, 6}, 1, 1, same);
    assertArrayEquals(new float[] {4, 5, 6}, same);
  }

  /** The definition: sums over all bins, bands and samples, in one go. */
  @Test
  void cepstralCoefficientsFollowTheDefinition() {
    FeatureOptions options = FeatureOptions.mfcc(10);
    float[] samples = new float[16_000];
    Random random = new Random(3);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.3 * Math.sin(0.05 * i) + 0.01 * random.nextGaussian());
    }
    float[][] features = new FeatureExtractor(options).extract(samples);
    assertEquals(10, features.length);
    assertEquals(49, features[0].length);
    int frame = 7;
    double[] logs = new double[40];
    double lowest = 2595 * Math.log10(1 + 20 / 700.0);
    double highest = 2595 * Math.log10(1 + 4000 / 700.0);
    double[] corners = new double[42];
    for (int i = 0; i < 42; i++) {
      corners[i] = 700 * (Math.pow(10, (lowest + (highest - lowest) * i / 41) / 2595) - 1);
    }
    double[] powers = new double[321];
    for (int k = 0; k <= 320; k++) {
      double re = 0;
      double im = 0;
      for (int i = 0; i < 640; i++) {
        double windowed = samples[frame * 320 + i] * Math.pow(Math.sin(Math.PI * i / 640), 2);
        re += windowed * Math.cos(2 * Math.PI * k * i / 640);
        im -= windowed * Math.sin(2 * Math.PI * k * i / 640);
      }
      powers[k] = re * re + im * im;
    }
    for (int band = 0; band < 40; band++) {
      double power = 0;
      for (int k = 0; k <= 320; k++) {
        double rising = (25.0 * k - corners[band]) / (corners[band + 1] - corners[band]);
        double falling = (corners[band + 2] - 25.0 * k) / (corners[band + 2] - corners[band + 1]);
        power += Math.max(0, Math.min(rising, falling)) * powers[k];
      }
      logs[band] = Math.log(power + 1e-6);
    }
    for (int c = 0; c < 10; c++) {
      double expected = 0;
      for (int band = 0; band < 40; band++) {
        expected += logs[band] * Math.cos(Math.PI * c * (2 * band + 1) / 80);
      }
      expected *= c == 0 ? Math.sqrt(1 / 40.0) : Math.sqrt(2 / 40.0);
      assertEquals(expected, features[c][frame], 1e-4, "coefficient " + c);
    }
    float[][] all = new FeatureExtractor(FeatureOptions.mfcc(40)).extract(samples);
    assertEquals(40, all.length);
    assertArrayEquals(features[9], all[9]);
  }

  @Test
  void normalisesClipsOrBands() throws IOException {
    float[] samples = samples("022cd682_nohash_0");
    float[][] clip = new FeatureExtractor(MEL).extract(samples);
    assertMoments(clip);
    FeatureOptions byBand = MEL.toBuilder().normalisation(Normalisation.BAND).build();
    for (float[] band : new FeatureExtractor(byBand).extract(samples)) {
      assertMoments(band);
    }
    FeatureOptions none = MEL.toBuilder().normalisation(Normalisation.NONE).build();
    float[][] logarithms = new FeatureExtractor(none).extract(samples);
    float[][] powers = new FeatureExtractor(none).melPowers(samples);
    assertEquals(Math.log(powers[3][4] + 1e-9) / Math.log(2), logarithms[3][4], 1e-5);
  }

  private static void assertMoments(float[]... rows) {
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (float[] row : rows) {
      for (float value : row) {
        sum += value;
        squares += value * (double) value;
        count++;
      }
    }
    assertEquals(0, sum / count, 1e-5);
    assertEquals(1, squares / (count - 1), 1e-4);
  }

  @Test
  void digitalSilenceIsZeroNotNaN() {
    for (FeatureOptions options :
        new FeatureOptions[] {
          MEL, MEL.toBuilder().normalisation(Normalisation.BAND).build(),
        }) {
      for (float[] row : new FeatureExtractor(options).extract(new float[16_000])) {
        assertArrayEquals(new float[41], row);
      }
    }
  }

  @Test
  void optionsAreChecked() {
    assertEquals(820, MEL.toBuilder().build().steps());
    assertEquals(49, FeatureOptions.mfcc(40).steps());
    assertEquals(99, FeatureOptions.mfcc(10).toBuilder().window(320).hop(160).build().steps());
    assertRefused("sampleRate = 0: 1000 to 1000000", MEL.toBuilder().sampleRate(0));
    assertRefused("window = 1023: even, 8 to 65536", MEL.toBuilder().window(1023));
    assertRefused("clipSamples = 512: 513 to 16777216", MEL.toBuilder().clipSamples(512));
    assertRefused("hop = 0: 1 to 16777216", MEL.toBuilder().hop(0));
    assertRefused(
        "hop = 1: one that gives at most 1000000 time", MEL.toBuilder().hop(1).upsampling(1000));
    assertRefused("hertz = 0.0 to 8001.0: 0 <= lowest", MEL.toBuilder().hertz(0, 8001));
    assertRefused("floor = 0.0: 0 < x <= 1", MEL.toBuilder().floor(0));
    assertRefused("coefficients = 33: 0 to 32", MEL.toBuilder().coefficients(33));
    assertRefused("normalisation = null", MEL.toBuilder().normalisation(null));
    assertRefused("upsampling = 0: 1 to 1000", MEL.toBuilder().upsampling(0));
    assertRefused("bands = 400: so many that each has", MEL.toBuilder().bands(400));
    var e = assertThrows(IllegalArgumentException.class, () -> FeatureOptions.mfcc(41));
    assertEquals("coefficients = 41: 1 to 40 of 40 bands allowed", e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new FeatureExtractor(MEL).extract(new float[512]));
    assertEquals("samples = 512: 513 or more allowed", e.getMessage());
    assertEquals(2, new FeatureExtractor(MEL).extract(new float[513])[0].length);
  }

  private static void assertRefused(String message, FeatureOptions.Builder builder) {
    var e = assertThrows(IllegalArgumentException.class, builder::build);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The first sample, the raw sets, and what each option of a signal does. */
class SignalGeneratorTest {
  private static final double[] TEMPLATE = Templates.normalised()[0];

  /** Between two C libraries' logarithms a Gaussian differs in its last bit. */
  private static final double TOLERANCE = 1e-14;

  private final NumpyRandomTest.Counter words = new NumpyRandomTest.Counter(42);
  private final NumpyRandom random = new NumpyRandom(words::next);
  private final SignalGenerator published =
      new SignalGenerator(Mnist1d.builder().options(), random);

  @Test
  void templatesStartAndEndAtZeroWithACommonSpread() {
    for (double[] template : Templates.normalised()) {
      assertEquals(12, template.length);
      assertEquals(0, template[0]);
      assertEquals(0, template[11]);
      double mean = NumpyMath.mean(template);
      assertEquals(1 / 6.0, NumpyMath.standardDeviation(template, mean), 1e-15);
    }
  }

  @Test
  void drawsOfTheFirstSample() {
    assertEquals(45, published.padding());
    assertEquals(1.1802857225639665, published.scale());
    assertEquals(42, published.translation());
    assertEquals(5, words.count());
    double[] noise = published.correlatedNoise();
    assertEquals(181, words.count());
    double[] first = {0.08149174979389968, 0.03832839557058944, -0.030188458722389268};
    assertArrayEquals(first, Arrays.copyOf(noise, 3), TOLERANCE);
    assertEquals(-0.044061715437626714, noise[71], TOLERANCE);
    for (int i = 0; i < 72; i++) {
      random.gaussian();
    }
    assertEquals(-0.20981921432583878, published.shear());
    assertEquals(343, words.count());
  }

  @Test
  void unsmoothedNoiseOfTheFirstSample() {
    for (int i = 0; i < 5; i++) {
      words.next();
    }
    double[] expected = {0.11846520843620575, 0.3421125308164388, -0.22920671095459297};
    for (double value : expected) {
      assertEquals(value, 0.25 * random.gaussian(), TOLERANCE);
    }
  }

  @Test
  void theFirstSample() {
    double[] signal = published.signal(TEMPLATE);
    assertEquals(343, words.count());
    assertEquals(72, signal.length);
    assertEquals(-0.04209311418726071, signal[0], TOLERANCE);
    assertEquals(-0.047941847637478816, signal[1], TOLERANCE);
    assertEquals(-0.021195395779493118, signal[35], TOLERANCE);
    assertEquals(0.07799795675705493, signal[71], TOLERANCE);
    double[] resampled = {-0.04209311418726071, -0.12469535166425322, -0.22765596534224036};
    assertArrayEquals(resampled, Arrays.copyOf(NumpyMath.interpolate(signal, 40), 3), TOLERANCE);
  }

  @Test
  void wordsOfTheWholeSetAndOrderOfTheSequences() {
    double[][] templates = Templates.normalised();
    for (int i = 0; i < 5000; i++) {
      published.signal(templates[i / 500]);
    }
    assertEquals(1868577, words.count());
    assertArrayEquals(
        new int[] {1472, 3385, 2210, 2638, 3156, 3147, 3103, 233, 1586, 670},
        Arrays.copyOf(random.permutation(5000), 10));
    assertEquals(1875872, words.count());
  }

  @Test
  void rawSetDrawsNothingElse() {
    published.raw();
    assertEquals(1875872, words.count());
  }

  @Test
  void rawMeanAndDeviation() {
    assertMoments(40, -0.0055075064312771795, 0.15467803420593054);
    assertMoments(72, -0.005595110628127871, 0.15657288937318908);
    assertMoments(360, -0.005654705915268673, 0.15416205222113807);
  }

  private static void assertMoments(int length, double mean, double deviation) {
    double[] values =
        new SignalGenerator(Mnist1d.builder().length(length).options(), new NumpyRandom(42))
            .raw()
            .values;
    double actual = NumpyMath.mean(values);
    assertEquals(mean, actual, TOLERANCE);
    assertEquals(deviation, NumpyMath.standardDeviation(values, actual), TOLERANCE);
  }

  @Test
  void signalsWithoutVariationAreAllTheSame() {
    double[][] signals = signals(b -> b);
    assertArrayEquals(signals[0], signals[1]);
    // 12 of 72 points are the stretched template, the other 60 silent.
    assertEquals(60, silent(signals[0]));
    assertEquals(TEMPLATE[5] + 1e-8, signals[0][5], 1e-12);
  }

  @Test
  void paddingSqueezesTheTemplate() {
    assertEquals(0, silent(signals(b -> b.padding(0, 0))[0]));
    double[][] varied = signals(b -> b.padding(36, 60));
    int[] silent = Arrays.stream(varied).mapToInt(SignalGeneratorTest::silent).toArray();
    // p of 12 + p points are silent before stretching to 72.
    assertTrue(Arrays.stream(silent).allMatch(n -> n >= 52 && n <= 60), Arrays.toString(silent));
    assertTrue(Arrays.stream(silent).distinct().count() > 4, Arrays.toString(silent));
  }

  @Test
  void templateLengthSetsTheNumberOfPoints() {
    assertEquals(80, signals(b -> b.templateLength(20))[0].length);
  }

  @Test
  void scaleMultipliesWithinItsRange() {
    double[] plain = signals(b -> b)[0];
    double least = 2;
    double most = 0;
    for (double[] signal : signals(b -> b.scale(1))) {
      double factor = signal[5] / plain[5];
      for (int i = 0; i < plain.length; i++) {
        assertEquals(factor * plain[i], signal[i], 1e-15);
      }
      least = Math.min(least, factor);
      most = Math.max(most, factor);
    }
    assertTrue(least >= 0.5 && least < 0.6, "least factor " + least);
    assertTrue(most > 1.4 && most < 1.5, "largest factor " + most);
  }

  @Test
  void translationRotatesByLessThanItsBound() {
    double[] plain = signals(b -> b)[0];
    boolean[] seen = new boolean[3];
    for (double[] signal : signals(b -> b.maxTranslation(3))) {
      int shift = 0;
      while (shift < 3 && !Arrays.equals(rotated(plain, shift), signal)) {
        shift++;
      }
      assertTrue(shift < 3, "not a rotation by 0, 1 or 2");
      seen[shift] = true;
    }
    assertArrayEquals(new boolean[] {true, true, true}, seen);
  }

  @Test
  void correlatedNoiseFillsTheSilenceOnly() {
    double[] plain = signals(b -> b)[0];
    double[] noisy = signals(b -> b.correlatedNoise(0.25))[0];
    double[] doubled = signals(b -> b.correlatedNoise(0.5))[0];
    for (int i = 0; i < plain.length; i++) {
      if (plain[i] == 0) {
        assertNotEquals(0, noisy[i]);
        assertEquals(2 * noisy[i], doubled[i], 1e-15);
      } else {
        assertEquals(plain[i], noisy[i]);
      }
    }
  }

  @Test
  void independentNoiseHasItsStandardDeviation() {
    double[] plain = signals(b -> b)[0];
    double squares = 0;
    double neighbours = 0;
    double[][] signals = signals(b -> b.independentNoise(0.1));
    for (double[] signal : signals) {
      for (int i = 1; i < plain.length; i++) {
        double noise = signal[i] - plain[i];
        squares += noise * noise;
        neighbours += noise * (signal[i - 1] - plain[i - 1]);
      }
    }
    int count = signals.length * (plain.length - 1);
    assertEquals(0.1, Math.sqrt(squares / count), 0.005);
    assertEquals(0, neighbours / squares, 0.05);
  }

  @Test
  void shearAddsALine() {
    double[] plain = signals(b -> b)[0];
    double steepest = 0;
    for (double[] signal : signals(b -> b.shear(2))) {
      double drop = (signal[0] - plain[0]) - (signal[71] - plain[71]);
      for (int i = 0; i < plain.length; i++) {
        assertEquals(drop * (0.5 - i / 71.0), signal[i] - plain[i], 1e-14);
      }
      steepest = Math.max(steepest, Math.abs(drop));
    }
    assertTrue(steepest > 0.9 && steepest <= 1, "steepest drop " + steepest);
  }

  /** A hundred signals of label 0 whose only variation is what the options switch on. */
  private static double[][] signals(UnaryOperator<Mnist1d.Builder> change) {
    Mnist1d.Builder plain =
        Mnist1d.builder()
            .padding(60, 60)
            .scale(0)
            .maxTranslation(1)
            .correlatedNoise(0)
            .independentNoise(0)
            .shear(0);
    SignalGenerator generator =
        new SignalGenerator(change.apply(plain).options(), new NumpyRandom(42));
    return IntStream.range(0, 100)
        .mapToObj(i -> generator.signal(TEMPLATE))
        .toArray(double[][]::new);
  }

  private static int silent(double[] signal) {
    return (int) Arrays.stream(signal).filter(value -> value == 0).count();
  }

  private static double[] rotated(double[] signal, int shift) {
    return IntStream.range(0, signal.length)
        .mapToDouble(i -> signal[Math.floorMod(i - shift, signal.length)])
        .toArray();
  }
}

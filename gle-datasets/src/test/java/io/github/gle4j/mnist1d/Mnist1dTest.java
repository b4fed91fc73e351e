// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The data sets, held to the published ones. */
class Mnist1dTest {
  private static final String TRAIN_40 =
      "d53506bddd12d3b72c7153b1ae7f34807724b1dd078a7273809bf9d0792319f6";

  @ParameterizedTest
  @CsvSource({
    "40, " + TRAIN_40 + ", 30addc43827c82aafa5db8bc97cea63349ca687e87db2f201cc4f5415d9a4ebd",
    "72, 2251d92c3a8e562e97f183c567f69a4ebce576d0113cb60293e35d5ecd17c878,"
        + " e069d86f8b6f6b8dcf7519bdf7510a2eee5d1f44861f1a875a5ff85385db39b7",
    "360, 43bb67266725ab1e98857344fc96d944bc3538a2c7859ebd50607c341b0fdf31,"
        + " 4d23535a79bc014163bc6a495cc522436ef29e5a50798be7d5736ec745cf6dcd"
  })
  void floatsAreThePublishedOnes(int length, String train, String test) {
    Mnist1d data = Mnist1d.builder().length(length).build();
    assertEquals(train, data.trainSha256());
    assertEquals(test, data.testSha256());
  }

  @ParameterizedTest
  @CsvSource({
    "40, 14845ec051c949cc550e38696952af6292865fb340875a5ffb991acd86b51491,"
        + " b08793a9f3b50c93bf58c7681f9a6c395e3ee6afb3e2d7e054a6092339e99738",
    "72, 5bcdf00a8bdb80b428dbaa509362050f94b33ca4b62ebf1ad4ce3a4918187029,"
        + " 5c97e3c8688e78d1af1992835c42d1f57c81c3e6d4d97bdd3564f88e657820b9",
    "360, e6738eae188ab8daeecdeda56309f9d720f22dd48913ff19a2241cb9e9bfed59,"
        + " d2e8097efaa8fc9d1926d0939e189d896a015a3c8ba457285cb2681104d6c202"
  })
  void doublesAreTheSameOnEveryMachine(int length, String train, String test) {
    double[] values = doubles(Mnist1d.builder().length(length).options());
    assertEquals(train, sha256(Arrays.copyOf(values, 4000 * length)));
    assertEquals(test, sha256(Arrays.copyOfRange(values, 4000 * length, values.length)));
  }

  @Test
  void labelsAreThePublishedOnes() {
    Mnist1d data = Mnist1d.builder().build();
    assertArrayEquals(
        new int[] {2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9, 4, 3, 4, 5, 1, 9, 0, 3},
        Arrays.copyOf(data.trainLabels(), 20));
    assertEquals(
        "6e13c7aab5f831266ec59efd193e310c511faefd71cfc5d39427c20337df4dc6",
        sha256(data.trainLabels()));
    assertEquals(
        "9486539f99fcca7dc5923aba4d0cb5b7963f8e8e1f74398ca33a64ccb3b5b654",
        sha256(data.testLabels()));
    assertArrayEquals(
        new int[] {398, 396, 411, 394, 394, 402, 401, 404, 402, 398}, data.trainLabelCounts());
    assertArrayEquals(
        new int[] {102, 104, 89, 106, 106, 98, 99, 96, 98, 102}, data.testLabelCounts());
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 360})
  void firstAndLastTrainingRowsAreThePublishedOnes(int length) throws IOException {
    Mnist1d data = Mnist1d.builder().length(length).build();
    double[] values = doubles(data.options());
    List<String> lines = golden("mnist1d_" + length + "_first_last.csv");
    assertEquals(11, lines.size());
    for (String line : lines.subList(1, 11)) {
      String[] fields = line.split(",", -1);
      int index = Integer.parseInt(fields[0]);
      assertEquals(Integer.parseInt(fields[1]), data.trainLabels()[index]);
      double[] expected = Arrays.stream(fields).skip(2).mapToDouble(Double::parseDouble).toArray();
      double[] actual = Arrays.copyOfRange(values, index * length, (index + 1) * length);
      assertArrayEquals(expected, actual, 1e-14);
      for (int t = 0; t < length; t++) {
        assertEquals((float) expected[t], data.trainFeatures()[index][t]);
      }
    }
  }

  /** The hashes come from NumPy and SciPy running the same recipe. */
  @Test
  void otherOptionsFollowTheSameRecipe() {
    Mnist1d data =
        Mnist1d.builder()
            .samples(237)
            .trainFraction(0.7)
            .templateLength(15)
            .padding(3, 20)
            .scale(1.1)
            .maxTranslation(9)
            .correlatedNoise(0.5)
            .independentNoise(0.1)
            .shear(0.2)
            .length(53)
            .seed(7)
            .build();
    assertEquals(161, data.trainSize());
    assertEquals(
        "644f076f31f4918186ab405369323fcc7ed496a11fa00f952d525bdc6ec46333", data.trainSha256());
    assertEquals(
        "9c9ca03d7c6fa8473aeb79175995c01da88aaf5b9d5314e6dfcee66051c862fc", data.testSha256());
  }

  @Test
  void theSmallestSignalsFollowTheSameRecipe() {
    Mnist1d data =
        Mnist1d.builder()
            .samples(100)
            .trainFraction(0.5)
            .templateLength(2)
            .padding(0, 1)
            .maxTranslation(1)
            .length(9)
            .seed(0)
            .build();
    assertEquals(
        "3b79d1389cc3d2c6b7f4ff091469abc93d3c4bc645c5a2952ba1988e61cf36bc", data.trainSha256());
    assertEquals(
        "0f9aeb0219c8b70fb61c4a24ce894288067e435786d924cb634e429e20704dea", data.testSha256());
  }

  @Test
  void samplesAreSharedEquallyAmongLabels() {
    Mnist1d data = Mnist1d.builder().samples(59).trainFraction(0.75).build();
    assertEquals(37, data.trainSize());
    assertEquals(13, data.testSize());
    for (int label = 0; label < 10; label++) {
      assertEquals(5, data.trainLabelCounts()[label] + data.testLabelCounts()[label]);
    }
  }

  @Test
  void featuresAreStandardisedOverTrainAndTest() {
    Mnist1d data = Mnist1d.builder().samples(200).build();
    double sum = 0;
    double squares = 0;
    for (float[][] part : List.of(data.trainFeatures(), data.testFeatures())) {
      for (float[] row : part) {
        assertEquals(40, row.length);
        for (float value : row) {
          sum += value;
          squares += (double) value * value;
        }
      }
    }
    assertEquals(0, sum / 8000, 1e-6);
    assertEquals(1, squares / 8000, 1e-6);
  }

  @Test
  void theSeedDecidesTheData() {
    Mnist1d.Builder small = Mnist1d.builder().samples(50);
    String first = small.build().trainSha256();
    assertEquals(first, small.build().trainSha256());
    assertNotEquals(first, small.seed(43).build().trainSha256());
  }

  @Test
  void whatIsReturnedIsACopy() {
    Mnist1d data = Mnist1d.builder().build();
    data.trainFeatures()[0][0] = 99;
    data.trainLabels()[0] = 9;
    assertEquals(TRAIN_40, data.trainSha256());
    assertEquals(2, data.trainLabels()[0]);
  }

  @Test
  void aBuilderUsedAgainLeavesEarlierDataAlone() {
    Mnist1d.Builder builder = Mnist1d.builder().samples(50);
    Mnist1d data = builder.build();
    builder.length(72);
    assertEquals(40, data.length());
    assertEquals(40, data.options().length());
  }

  @Test
  void shuffledSequencesHaveOneOtherOrderOfPoints() {
    Mnist1d.Builder small = Mnist1d.builder().samples(100).trainFraction(0.99);
    float[][] plain = small.build().trainFeatures();
    float[][] shuffled = small.shuffleSequence(true).build().trainFeatures();
    int[] order = orderFrom(plain[0], shuffled[0]);
    for (int i = 0; i < plain.length; i++) {
      assertTrue(sameValues(shuffled[i], plain[i]));
      assertArrayEquals(order, orderFrom(plain[i], shuffled[i]));
    }
    assertFalse(Arrays.equals(IntStream.range(0, 40).toArray(), order));
  }

  @Test
  void constantDataIsRefused() {
    Mnist1d.Builder flat =
        Mnist1d.builder()
            .samples(10)
            .templateLength(2)
            .padding(0, 0)
            .maxTranslation(1)
            .scale(0)
            .correlatedNoise(0)
            .independentNoise(0)
            .shear(0);
    String message = assertThrows(IllegalArgumentException.class, flat::build).getMessage();
    assertEquals(
        "standard deviation of the generated data = 0.0: positive and finite allowed;"
            + " change noise, scale, shear or templateLength",
        message);
    assertEquals(8, flat.shear(0.1).build().trainSize());
  }

  @Test
  void overflowingDataIsRefused() {
    Mnist1d.Builder loud = Mnist1d.builder().samples(10).independentNoise(1e300);
    assertThrows(IllegalArgumentException.class, loud::build);
    assertEquals(8, loud.independentNoise(1e100).build().trainSize());
  }

  private static double[] doubles(Mnist1dOptions options) {
    return new SignalGenerator(options, new NumpyRandom(options.seed())).standardised().values;
  }

  private static List<String> golden(String name) throws IOException {
    try (InputStream in = Mnist1dTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static String sha256(double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return sha256(bytes.array());
  }

  private static String sha256(int[] labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return sha256(bytes);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean sameValues(float[] one, float[] other) {
    float[] a = sorted(one);
    float[] b = sorted(other);
    return IntStream.range(0, a.length).allMatch(i -> Math.abs(a[i] - b[i]) < 1e-5);
  }

  private static int[] orderFrom(float[] values, float[] shuffled) {
    return IntStream.range(0, shuffled.length)
        .map(
            t ->
                IntStream.range(0, values.length)
                    .boxed()
                    .min(Comparator.comparingDouble(i -> Math.abs(values[i] - shuffled[t])))
                    .orElseThrow())
        .toArray();
  }

  private static float[] sorted(float[] values) {
    float[] copy = values.clone();
    Arrays.sort(copy);
    return copy;
  }
}

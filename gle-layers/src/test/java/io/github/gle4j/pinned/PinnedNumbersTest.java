// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.pinned;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gle4j.nn.layers.StreamingLayer;
import io.github.gle4j.train.StreamingTrainer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Parameters, updater state and neuron states after 200 steps, by their digests. Single-precision
 * sums round differently on other kinds of BLAS core, so each kind has digests of its own and is
 * known by what it makes of a few products; on a kind that nobody has recorded the test is skipped.
 *
 * <p>{@code -Dgle.record=FILE} appends this machine's lines to a file; they belong into {@code
 * src/test/resources/pinned/digests.txt}, but for a change of numbers only with a reason in the
 * change log.
 */
class PinnedNumbersTest {
  private static final String FILE = "/pinned/digests.txt";
  private static final String REFERENCE = "double";
  private static final Path RECORD =
      System.getProperty("gle.record") == null ? null : Path.of(System.getProperty("gle.record"));

  @ParameterizedTest
  @EnumSource
  void theReferenceEngineGivesTheRecordedNumbersInDoublePrecision(PinnedNetwork network)
      throws IOException {
    StreamingTrainer trainer = network.trained(DataType.DOUBLE, b -> b.fused(false));
    assertRecorded(network + " " + kindOfCore(DataType.DOUBLE) + "-" + REFERENCE, digest(trainer));
  }

  @ParameterizedTest
  @EnumSource
  void theFusedEngineGivesTheRecordedNumbersWithAnyNumberOfThreads(PinnedNetwork network)
      throws IOException {
    String one = digest(network.trained(DataType.FLOAT, b -> b.threads(1)));
    for (int threads = 2; threads <= 3; threads++) {
      int count = threads;
      assertEquals(one, digest(network.trained(DataType.FLOAT, b -> b.threads(count))));
    }
    assertRecorded(network + " " + kindOfCore(DataType.FLOAT), one);
  }

  private static void assertRecorded(String key, String digest) throws IOException {
    if (RECORD != null) {
      Files.writeString(
          RECORD, key + " " + digest + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      return;
    }
    String recorded = recorded().get(key);
    assumeTrue(recorded != null, "skipped: no digest was recorded for " + key);
    assertEquals(recorded, digest, key);
  }

  private static Map<String, String> recorded() throws IOException {
    Map<String, String> digests = new TreeMap<>();
    try (InputStream in = PinnedNumbersTest.class.getResourceAsStream(FILE)) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          int space = line.lastIndexOf(' ');
          digests.put(line.substring(0, space), line.substring(space + 1));
        }
      }
    }
    assertTrue(digests.size() >= 2 * PinnedNetwork.values().length, "digests are missing");
    return digests;
  }

  private static String digest(StreamingTrainer trainer) {
    MessageDigest digest = sha256();
    add(digest, trainer.network().params());
    INDArray updater = trainer.network().getUpdater().getStateViewArray();
    if (updater != null) {
      add(digest, updater);
    }
    for (int l = 0; l < layers(trainer); l++) {
      new TreeMap<>(trainer.state(l).save()).values().forEach(array -> add(digest, array));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 12);
  }

  private static int layers(StreamingTrainer trainer) {
    int count = 0;
    for (var layer : trainer.network().getLayers()) {
      count += layer instanceof StreamingLayer ? 1 : 0;
    }
    return count;
  }

  /** A few letters that tell kinds of BLAS core apart: what they make of some products. */
  private static String kindOfCore(DataType type) {
    MessageDigest digest = sha256();
    for (int size : new int[] {3, 17, 64, 201}) {
      INDArray a = Nd4j.linspace(type, -1, 2.0 / (size * (size + 2)), (long) size * (size + 2));
      INDArray matrix = a.reshape('f', size, size + 2);
      add(digest, matrix.mmul(matrix.transpose()));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 4);
  }

  private static void add(MessageDigest digest, INDArray array) {
    double[] values = array.castTo(DataType.DOUBLE).dup('f').data().asDouble();
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
    for (double value : values) {
      bytes.putDouble(value);
    }
    digest.update(bytes.array());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}

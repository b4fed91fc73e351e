// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.gle4j.download.Archive;
import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.download.DownloadException;
import io.github.gle4j.download.DownloadProgress;
import io.github.gle4j.images.Cifar10;
import io.github.gle4j.images.InvalidImageFileException;
import io.github.gle4j.images.Mnist;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.nn.util.InvalidModelException;
import io.github.gle4j.nn.util.ModelFiles;
import io.github.gle4j.speech.FeatureExtractor;
import io.github.gle4j.speech.FeatureOptions;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.TraceReplay;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files with seeded damage, 13 500 in all with those of {@link DamagedCheckpointTest}: each is
 * refused by the exception made for that, or read as something valid. None takes more than two
 * seconds of processor time, or more memory than this test is given. {@code mvn -Pfaults test} runs
 * it.
 */
@Tag("faults")
@Tag("long")
class DamagedInputTest {
  private static final double MOST_SECONDS = 2;
  private static final long HANGS_AFTER_SECONDS = 120;

  @TempDir private Path folder;

  /** Reads a damaged input and checks what comes of it. */
  interface Attempt {
    void run(int number) throws Exception;
  }

  /** Makes attempts and asserts that each ends in the refusal, or well, and soon enough. */
  static void damage(String what, int inputs, Class<? extends Exception> refusal, Attempt attempt)
      throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ExecutorService worker = Executors.newSingleThreadExecutor();
    int refused = 0;
    double slowest = 0;
    try {
      for (int i = 0; i < inputs; i++) {
        int number = i;
        String name = what + ", input " + i;
        double seconds;
        var result =
            worker.submit(
                () -> {
                  long start = threads.getCurrentThreadCpuTime();
                  Throwable thrown = null;
                  try {
                    attempt.run(number);
                  } catch (Throwable e) { // an Error is a failure, too
                    thrown = e;
                  }
                  return Map.entry(
                      (threads.getCurrentThreadCpuTime() - start) / 1e9,
                      thrown == null ? "" : thrown);
                });
        var outcome = result.get(HANGS_AFTER_SECONDS, TimeUnit.SECONDS);
        seconds = outcome.getKey();
        slowest = Math.max(slowest, seconds);
        assertTrue(seconds <= MOST_SECONDS, () -> name + ": " + seconds + " s");
        if (outcome.getValue() instanceof Throwable thrown) {
          if (!refusal.isInstance(thrown)) {
            throw new AssertionError(name + ": " + thrown, thrown);
          }
          assertTrue(thrown.getMessage() != null, name);
          refused++;
        }
      }
    } finally {
      worker.shutdownNow();
    }
    assertTrue(refused > inputs / 20, refused + " of " + inputs + " refused: the damage is real");
    Figures.print(
        "damaged " + what,
        "%d inputs, %d refused by %s, %d read as valid, 0 others; slowest %.2f s; heap %d MB"
            .formatted(
                inputs,
                refused,
                refusal.getSimpleName(),
                inputs - refused,
                slowest,
                Runtime.getRuntime().maxMemory() >> 20));
  }

  @Test
  void recordings() throws Exception {
    byte[] pcm = new byte[32_000];
    new Random(1).nextBytes(pcm);
    ByteArrayOutputStream wav = new ByteArrayOutputStream();
    AudioFormat format = new AudioFormat(16_000, 16, 1, true, false);
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(pcm), format, 16_000),
        AudioFileFormat.Type.WAVE,
        wav);
    byte[] good = wav.toByteArray();
    FeatureExtractor extractor = new FeatureExtractor(FeatureOptions.melSpectrogram());
    Path file = folder.resolve("clip.wav");
    Mutations mutations = new Mutations(1);
    damage(
        "WAV",
        2000,
        InvalidWavException.class,
        i -> {
          Files.write(file, mutations.damaged(good));
          for (float[] row : extractor.clip(file)) {
            assertEquals(820, row.length);
            for (float value : row) {
              assertTrue(Float.isFinite(value));
            }
          }
        });
  }

  @Test
  void batchesOfPhotographs() throws Exception {
    byte[] good = new byte[10_000 * 3073];
    new Random(2).nextBytes(good);
    for (int i = 0; i < 10_000; i++) {
      good[i * 3073] = (byte) (i % 10);
    }
    Path batch = Files.write(folder.resolve("data_batch_1.bin"), good);
    Files.write(folder.resolve("test_batch.bin"), good);
    Random random = new Random(2);
    damage(
        "CIFAR-10 batch",
        500,
        InvalidImageFileException.class,
        i -> {
          try (RandomAccessFile bytes = new RandomAccessFile(batch.toFile(), "rw")) {
            int place = random.nextInt(10_000) * 3073 + (i % 2 == 0 ? 0 : 1 + random.nextInt(3072));
            if (i % 5 == 4) {
              bytes.setLength(i % 2 == 0 ? place : good.length + 1 + place);
            } else {
              bytes.seek(place);
              bytes.write(random.nextInt(256));
            }
            try {
              Cifar10 data = Cifar10.read(folder);
              assertEquals(10_000, sum(data.trainLabelCounts()));
            } finally {
              bytes.setLength(good.length);
              int from = Math.min(place, good.length - 1);
              bytes.seek(from);
              bytes.write(good, from, i % 5 == 4 ? good.length - from : 1);
            }
          }
        });
    assertEquals(10_000, Cifar10.read(folder).trainSize());
  }

  private static int sum(int[] counts) {
    int sum = 0;
    for (int count : counts) {
      sum += count;
    }
    return sum;
  }

  @Test
  void idxFiles() throws Exception {
    Map<String, byte[]> good = new LinkedHashMap<>();
    byte[] pixels = new byte[20 * 784];
    new Random(3).nextBytes(pixels);
    byte[] images =
        ByteBuffer.allocate(16 + pixels.length)
            .putInt(0x803)
            .putInt(20)
            .putInt(28)
            .putInt(28)
            .put(pixels)
            .array();
    byte[] labels = ByteBuffer.allocate(28).putInt(0x801).putInt(20).array();
    good.put("train-images-idx3-ubyte", images);
    good.put("train-labels-idx1-ubyte", labels);
    good.put("t10k-images-idx3-ubyte.gz", gzip(images));
    good.put("t10k-labels-idx1-ubyte.gz", gzip(labels));
    for (Map.Entry<String, byte[]> file : good.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    List<String> names = List.copyOf(good.keySet());
    Mutations mutations = new Mutations(3);
    damage(
        "idx",
        2000,
        InvalidImageFileException.class,
        i -> {
          String name = names.get(i % names.size());
          boolean inner = name.endsWith(".gz") && i % 8 < 4;
          byte[] bad =
              inner
                  ? gzip(mutations.damaged(name.contains("images") ? images : labels))
                  : mutations.damaged(good.get(name));
          Files.write(folder.resolve(name), bad);
          try {
            Mnist data = Mnist.read(folder);
            assertEquals(data.trainSize(), sum(data.trainLabelCounts()));
            assertEquals(data.testSize(), sum(data.testLabelCounts()));
          } finally {
            Files.write(folder.resolve(name), good.get(name));
          }
        });
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  @Test
  void archives() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (int i = 0; i < 8; i++) {
        byte[] content = "content ".repeat(100).getBytes(StandardCharsets.US_ASCII);
        String name = "folder/" + (i == 3 ? "n".repeat(150) : "file" + i);
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setModTime(0); // the same archive each time
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    byte[] tar = bytes.toByteArray();
    byte[] tarGz = gzip(tar);
    Path file = folder.resolve("own.tar.gz");
    DownloadCache cache = new DownloadCache(folder.resolve("cache"), DownloadProgress.NONE);
    Mutations mutations = new Mutations(4);
    System.setProperty("gle.download.set.tar.gz", file.toString());
    Set<String> expected = Set.of("cache", "own.tar.gz");
    try {
      damage(
          "tar.gz",
          2000,
          DownloadException.class,
          i -> {
            byte[] bad = i % 2 == 0 ? mutations.damaged(tarGz) : gzip(mutations.damaged(tar));
            Files.write(file, bad.length == 0 ? new byte[1] : bad);
            byte[] written = Files.readAllBytes(file);
            Archive archive =
                new Archive(
                    "set.tar.gz",
                    URI.create("https://example.org/set.tar.gz"),
                    written.length,
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(written)));
            Files.deleteIfExists(folder.resolve("cache/set/.contents")); // or it is used again
            try {
              cache.extracted(archive);
            } finally {
              assertEquals(expected, names(folder));
              Set<String> inCache = names(folder.resolve("cache"));
              inCache.removeAll(Set.of(".lock", "set"));
              assertEquals(Set.of(), inCache);
            }
          });
    } finally {
      System.clearProperty("gle.download.set.tar.gz");
    }
  }

  private static Set<String> names(Path folder) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(PublishedModel.GLE_15K.configuration(1));
    network.init();
    return network;
  }

  @Test
  void configurations() throws Exception {
    byte[] good = network().getLayerWiseConfigurations().toJson().getBytes(StandardCharsets.UTF_8);
    Mutations mutations = new Mutations(5);
    damage(
        "JSON configuration",
        2000,
        InvalidModelException.class,
        i -> {
          String json = new String(mutations.damagedJson(good), StandardCharsets.UTF_8);
          MultiLayerConfiguration read = ModelFiles.configuration("network.json", json);
          assertEquals(read, ModelFiles.configuration("again.json", read.toJson()));
        });
  }

  @Test
  void traces() throws Exception {
    byte[] good = Files.readAllBytes(Path.of("src/test/resources/traces/momentum_frozen.json"));
    Path file = folder.resolve("trace.json");
    Mutations mutations = new Mutations(6);
    damage(
        "trace",
        1000,
        BadInputException.class,
        i -> {
          Files.write(file, mutations.damagedJson(good));
          assertTrue(TraceReplay.replay(file).steps() > 0);
        });
  }

  @Test
  void models() throws Exception {
    MultiLayerNetwork network = network();
    Path file = folder.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    byte[] good = Files.readAllBytes(file);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    List<String> names = new ArrayList<>(entries.keySet());
    Mutations mutations = new Mutations(7);
    damage(
        "model zip",
        2000,
        InvalidModelException.class,
        i -> {
          Map<String, byte[]> bad = new LinkedHashMap<>(entries);
          String name = names.get(i / 2 % names.size());
          byte[] entry = entries.get(name);
          bad.put(
              name,
              name.endsWith(".json") ? mutations.damagedJson(entry) : mutations.damaged(entry));
          Files.write(file, i % 2 == 0 ? mutations.damaged(good) : zip(bad));
          MultiLayerNetwork read = ModelFiles.network(file, true);
          assertEquals(network.numParams(), read.numParams());
          assertEquals(network.numParams(), read.params().length());
        });
  }

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(1);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  /** Prints what {@code docs/RELIABILITY.md} reports. */
  private static final class Figures {
    static void print(String what, String figure) {
      System.out.println(String.format(Locale.ROOT, "figure: %s: %s", what, figure));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.images.Mnist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gle data cifar10} and {@code gle data mnist} on small folders. */
class ImageDataTest {
  @TempDir private Path folder;

  @BeforeEach
  void makeImages() throws IOException {
    write("train-images-idx3-ubyte", 0x803, 3, 28, 28);
    write("train-labels-idx1-ubyte", 0x801, 3);
    write("t10k-images-idx3-ubyte", 0x803, 2, 28, 28);
    write("t10k-labels-idx1-ubyte", 0x801, 2);
  }

  @AfterEach
  void forgetSources() {
    System.clearProperty("gle.cache");
    System.clearProperty("gle.download.mirror");
  }

  /** A file of zeros. */
  private Path write(String name, int magic, int... shape) throws IOException {
    int values = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + values).putInt(magic);
    for (int size : shape) {
      bytes.putInt(size);
    }
    return Files.write(folder.resolve(name), bytes.array());
  }

  private static void assertRefused(String message, Object... args) {
    Outcome.assertRefusedAtOnce(message, gle(args));
  }

  @Test
  void printsShapesCountsAndHashes() throws IOException {
    Outcome outcome = gle("data", "mnist", "--data", folder);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals(
        List.of(
            "data set: mnist",
            "classes: 0 1 2 3 4 5 6 7 8 9",
            "train shape: [3, 1, 28, 28]",
            "test shape: [2, 1, 28, 28]",
            "train label counts: 3 0 0 0 0 0 0 0 0 0",
            "test label counts: 2 0 0 0 0 0 0 0 0 0",
            "train labels and pixels SHA-256: " + Mnist.read(folder).trainSha256(),
            "test labels and pixels SHA-256: " + Mnist.read(folder).testSha256()),
        outcome.out().lines().toList());
  }

  @Test
  void printsWhatCifar10Is() throws IOException {
    byte[] batch = new byte[10_000 * 3073];
    Files.write(folder.resolve("data_batch_3.bin"), batch);
    Files.write(folder.resolve("test_batch.bin"), batch);
    Outcome outcome = gle("data", "cifar10", "--data", folder);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("train shape: [10000, 3, 32, 32]\n"), outcome::out);
    assertTrue(outcome.out().contains("classes: airplane automobile "), outcome::out);
    assertTrue(outcome.out().contains("test label counts: 10000 0 0"), outcome::out);
  }

  @Test
  void refusesUnusableFoldersAndOptionsInOneLine() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    assertRefused(nowhere + ": no such folder", "data", "mnist", "--data", nowhere);
    assertRefused(folder + ": no training images", "data", "cifar10", "--data", folder);
    Path file = folder.resolve("train-images-idx3-ubyte");
    for (String dataSet : List.of("mnist", "cifar10", "gsc")) {
      assertRefused(file + ": is a file; a folder is allowed", "data", dataSet, "--data", file);
      assertRefused(file + ": is a file; a folder is allowed", "train", dataSet, "--data", file);
    }
    Path bad = write("t10k-labels-idx1-ubyte", 0x803, 2, 1, 1);
    assertRefused(bad + ": begins with 0x00000803", "data", "mnist", "--data", folder);
    assertRefused("--throughput: only with gsc allowed", "data", "mnist", "--throughput");
    assertRefused("--classes = 12: only with gsc allowed", "data", "cifar10", "--classes=12");
    assertRefused("--length = 4: only with mnist1d allowed", "data", "mnist", "--length=4");
    assertRefused("--seed = 4: only with mnist1d, gsc allowed", "data", "mnist", "--seed=4");
  }

  /** Nothing is ever kept in the current folder by accident. */
  @Test
  void refusesACacheThatIsNoFolderOfItsOwn() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    for (String cache : List.of("", " ", ".", "./", "x/..", Path.of("").toAbsolutePath() + "")) {
      System.setProperty("gle.cache", cache);
      for (String dataSet : List.of("mnist", "cifar10", "gsc")) {
        assertRefused(
            "gle.cache = " + cache + ": is the current folder; another one allowed",
            "data",
            dataSet);
      }
    }
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("").toAbsolutePath());
    System.setProperty("gle.cache", link.toString());
    assertRefused("gle.cache = " + link + ": is the current folder", "data", "mnist");
    Files.delete(link);
    assertFalse(Files.exists(Path.of(".lock")));
    for (String cache : List.of("/dev/null", file.toString())) {
      System.setProperty("gle.cache", cache);
      assertRefused("gle.cache = " + cache + ": is no folder; one allowed", "train", "mnist");
      assertRefused("gle.cache = " + cache + ": is no folder; one allowed", "data", "gsc");
    }
    System.setProperty("gle.cache", file.resolve("below").toString());
    Outcome outcome = gle("data", "mnist");
    assertEquals(1, outcome.exitCode(), outcome::toString);
    assertEquals(1, outcome.err().lines().count(), outcome::err);
    assertTrue(outcome.err().contains(file + "/below: no folder that can be written"));
    assertTrue(outcome.err().contains("gle.cache names another one"), outcome::err);
  }

  @Test
  void aDownloadThatFailsSaysSo() {
    System.setProperty("gle.cache", folder.resolve("cache").toString());
    System.setProperty("gle.download.mirror", folder.toUri().toString());
    Outcome outcome = gle("data", "mnist");
    assertEquals(1, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.err().contains("train-images-idx3-ubyte.gz: no file"), outcome::err);
  }
}

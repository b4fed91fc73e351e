// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MnistTest {
  private static final String DATA_PROPERTY = "gle.data.mnist";

  @TempDir private Path folder;
  private Path images;
  private Path labels;

  @BeforeEach
  void makeFiles() throws IOException {
    TestImages.mnist(folder);
    images = folder.resolve("t10k-images-idx3-ubyte");
    labels = folder.resolve("t10k-labels-idx1-ubyte");
  }

  private void assertRefused(String message) {
    var e = assertThrows(InvalidImageFileException.class, () -> Mnist.read(folder));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  @Test
  void readsPlainAndGzippedFiles() throws IOException {
    Mnist data = Mnist.read(folder);
    assertEquals(50, data.trainSize());
    assertEquals(20, data.testSize());
    assertArrayEquals(new int[] {5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, data.trainLabelCounts());
    byte[] expected = TestImages.idxImages(1, 50);
    assertEquals(
        Byte.toUnsignedInt(expected[expected.length - 1]),
        data.train().pixel(50 * TestImages.MNIST_VALUES - 1));
    assertEquals(Byte.toUnsignedInt(expected[16]), data.train().pixel(0));
    Path plain = folder.resolve("train-images-idx3-ubyte");
    Files.write(plain, TestImages.idxImages(3, 50)); // is taken before the gzipped one
    assertEquals(
        Byte.toUnsignedInt(TestImages.idxImages(3, 50)[16]), Mnist.read(folder).train().pixel(0));
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    var e = assertThrows(InvalidImageFileException.class, () -> Mnist.read(nowhere));
    assertEquals(nowhere + ": no such folder", e.getMessage());
    assertRefused(images + ": is a file; a folder is allowed", images);
    Files.delete(labels);
    String tried =
        ": no test labels: looked for t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte,"
            + " test-labels-idx1-ubyte, test-labels.idx1-ubyte, plain and .gz";
    assertRefused(folder + tried);
    Files.createDirectory(labels);
    assertRefused(folder + tried);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused(
        empty
            + ": no training images: looked for train-images-idx3-ubyte, train-images.idx3-ubyte,"
            + " plain and .gz in it, raw, MNIST/raw, MNIST, mnist",
        empty);
  }

  private static void assertRefused(String message, Path folder) {
    var e = assertThrows(InvalidImageFileException.class, () -> Mnist.read(folder));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  /** The names that 7-Zip gives, those of a dotted mirror, and folders around them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "train-%1$s.idx%2$d-ubyte t10k-%1$s.idx%2$d-ubyte",
        "train-%1$s.idx%2$d-ubyte.gz t10k-%1$s.idx%2$d-ubyte.gz",
        "train-%1$s-idx%2$d-ubyte test-%1$s.idx%2$d-ubyte",
        "MNIST/raw/train-%1$s-idx%2$d-ubyte MNIST/raw/t10k-%1$s-idx%2$d-ubyte.gz",
        "raw/train-%1$s-idx%2$d-ubyte.gz raw/t10k-%1$s-idx%2$d-ubyte",
        "mnist/train-%1$s-idx%2$d-ubyte mnist/t10k-%1$s-idx%2$d-ubyte",
        "train-%1$s-idx%2$d-ubyte/train-%1$s-idx%2$d-ubyte"
            + " t10k-%1$s-idx%2$d-ubyte/t10k-%1$s-idx%2$d-ubyte",
        "train-%1$s.idx%2$d-ubyte/train-%1$s.idx%2$d-ubyte"
            + " t10k-%1$s-idx%2$d-ubyte/t10k-%1$s.idx%2$d-ubyte"
      })
  void readsWhatMirrorsAndToolsLeave(String names) throws IOException {
    Path own = folder.resolve("own");
    String[] parts = names.split(" ", 2);
    int[] counts = {30, 20};
    for (int part = 0; part < 2; part++) {
      write(own, parts[part], "images", 3, TestImages.idxImages(part, counts[part]));
      write(own, parts[part], "labels", 1, TestImages.idxLabels(counts[part]));
    }
    assertEquals(30, Mnist.read(own).trainSize());
    assertEquals(20, Mnist.read(own).testSize());
  }

  private static void write(Path own, String name, String content, int dimensions, byte[] bytes)
      throws IOException {
    Path file = own.resolve(String.format(Locale.ROOT, name, content, dimensions));
    Files.createDirectories(file.getParent());
    Files.write(file, file.toString().endsWith(".gz") ? TestImages.gzip(bytes) : bytes);
  }

  /** Browsers unpack what they download and keep its name; others drop the ending. */
  @Test
  void whetherAFileIsGzippedIsSeenInIt() throws IOException {
    Files.write(folder.resolve("train-images-idx3-ubyte.gz"), TestImages.idxImages(1, 50));
    Files.write(images, TestImages.gzip(TestImages.idxImages(2, 20)));
    assertEquals(50, Mnist.read(folder).trainSize());
    assertEquals(20, Mnist.read(folder).testSize());
  }

  @Test
  void namesWhatIsDamaged() throws IOException {
    byte[] good = Files.readAllBytes(images);
    Files.write(images, Files.readAllBytes(labels));
    assertRefused(
        images
            + ": begins with 0x00000801, an idx file of unsigned bytes in 3 dimension(s) with"
            + " 0x00000803");
    Files.write(images, Arrays.copyOf(good, 3));
    assertRefused(images + ": truncated: ends after 3 of 4 bytes of content");
    Files.write(images, Arrays.copyOf(good, 1000));
    assertRefused(images + ": truncated: ends after 984 of 15680 bytes of content");
    Files.write(images, Arrays.copyOf(good, good.length + 1));
    assertRefused(images + ": more bytes than it should have");
    Files.write(images, TestImages.idx(new byte[0], -1, 28, 28));
    assertRefused(images + ": -1 items, 1 to 1369568 allowed");
    Files.write(images, TestImages.idx(new byte[0], 1369568, 28, 28)); // claims a gigabyte
    assertRefused(images + ": truncated: ends after 0 of 1073741312 bytes of content");
    Files.write(images, TestImages.idx(new byte[40], 1, 10, 4));
    assertRefused(images + ": its items have shape [10, 4], [28, 28] allowed");
    Files.write(images, TestImages.idxImages(1, 19));
    assertRefused(labels + ": 20 labels, but " + images + " has 19 images");
    Files.write(images, good);
    assertEquals(20, Mnist.read(folder).testSize());
    byte[] bad = Files.readAllBytes(labels);
    bad[8 + 4] = 11;
    Files.write(labels, bad);
    assertRefused(labels + ": image 4 has label 11, 0 to 9 allowed");
  }

  @Test
  void namesDamagedGzipFiles() throws IOException {
    Path file = folder.resolve("train-images-idx3-ubyte.gz");
    byte[] good = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(good, 10_000));
    assertRefused(file + ": truncated or no gzip file");
    Files.write(file, new byte[50]);
    assertRefused(file + ": truncated or no gzip file: Not in GZIP format");
    byte[] bad = good.clone();
    bad[good.length - 6] ^= 1; // the checksum
    Files.write(file, bad);
    assertRefused(file + ": truncated or no gzip file: Corrupt GZIP trailer");
    Files.write(file, good);
    assertEquals(50, Mnist.read(folder).trainSize());
  }

  /** Needs the four files: {@code -Dgle.data.mnist=DIR}. */
  @Test
  void readsTheOfficialImages() throws IOException {
    String given = System.getProperty(DATA_PROPERTY);
    Assumptions.assumeTrue(given != null, "no folder given by -D" + DATA_PROPERTY);
    Mnist data = Mnist.read(Path.of(given));
    assertArrayEquals( // as published
        new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
        data.trainLabelCounts());
    assertArrayEquals(
        new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, data.testLabelCounts());
    double sum = 0;
    int size = data.trainSize() * data.values();
    for (int i = 0; i < size; i++) {
      sum += data.train().pixel(i);
    }
    assertEquals(0.1307, sum / size / 255, 5e-5); // the widely published mean
  }
}

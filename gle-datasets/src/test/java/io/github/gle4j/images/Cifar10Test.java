// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.download.DownloadException;
import io.github.gle4j.download.DownloadProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  private static final String DATA_PROPERTY = "gle.data.cifar10";

  @TempDir private Path folder;

  @AfterEach
  void forgetSources() {
    System.clearProperty(Cifar10.ARCHIVE.property());
  }

  private Path write(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private static void assertRefused(String message, Path folder) {
    var e = assertThrows(InvalidImageFileException.class, () -> Cifar10.read(folder));
    assertEquals(message, e.getMessage());
  }

  @Test
  void readsTheBatchesThatAreThere() throws IOException {
    byte[] second = TestImages.cifar(2, 10_000);
    byte[] test = TestImages.cifar(3, 10_000);
    test[0] = 7;
    write("cifar-10-batches-bin/data_batch_2.bin", second);
    write("cifar-10-batches-bin/test_batch.bin", test);
    Cifar10 data = Cifar10.read(folder);
    assertEquals(10_000, data.trainSize());
    assertEquals(10_000, data.testSize());
    assertEquals(3 * 32 * 32, data.values());
    assertEquals("automobile", data.classNames().get(1));
    assertArrayEquals(
        new int[] {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000},
        data.trainLabelCounts());
    assertArrayEquals(
        new int[] {999, 1000, 1000, 1000, 1000, 1000, 1000, 1001, 1000, 1000},
        data.testLabelCounts());
    assertEquals(
        Byte.toUnsignedInt(second[9_999 * 3073 + 3072]), data.train().pixel(9_999 * 3072 + 3071));

    write("cifar-10-batches-bin/data_batch_1.bin", test);
    Cifar10 more = Cifar10.read(folder.resolve("cifar-10-batches-bin"));
    assertEquals(20_000, more.trainSize());
    assertEquals(7, more.train().label(0));
    assertEquals(Byte.toUnsignedInt(second[1]), more.train().pixel(10_000 * 3072));
    assertEquals(data.testSha256(), more.testSha256());
  }

  @Test
  void namesOfFilesDoNotDependOnTheLanguage() throws IOException {
    write("data_batch_1.bin", TestImages.cifar(1, 10_000));
    write("test_batch.bin", TestImages.cifar(2, 10_000));
    Locale usual = Locale.getDefault();
    try {
      for (String language : List.of("fa-IR", "ar-EG")) {
        Locale.setDefault(Locale.forLanguageTag(language));
        assertEquals(10_000, Cifar10.read(folder).trainSize());
      }
    } finally {
      Locale.setDefault(usual);
    }
  }

  @Test
  void namesWhatIsMissingOrDamaged() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    assertRefused(nowhere + ": no such folder", nowhere);
    assertRefused(
        folder
            + ": no training images: at least one of data_batch_1.bin to data_batch_5.bin is"
            + " needed",
        folder);
    byte[] good = TestImages.cifar(1, 10_000);
    write("data_batch_5.bin", good);
    assertRefused(folder + ": no test images: test_batch.bin is needed", folder);
    Path test = write("test_batch.bin", Arrays.copyOf(good, 9_999 * 3073));
    assertRefused(test + ": truncated: ends after 30726927 of 30730000 bytes of content", folder);
    write("test_batch.bin", good);
    assertEquals(10_000, Cifar10.read(folder).testSize());
  }

  @Test
  void namesOtherVersionsAndFiles() throws IOException {
    String needed = "; the binary one, cifar-10-binary.tar.gz, is needed";
    Path python = write("py/cifar-10-batches-py/data_batch_1", new byte[9]).getParent();
    assertRefused(python + ": this is the Python version of CIFAR-10" + needed, python);
    assertRefused(python + ": this is the Python version of CIFAR-10" + needed, python.getParent());
    Path matlab = write("mat/cifar-10-batches-mat/test_batch.mat", new byte[9]).getParent();
    assertRefused(matlab + ": this is the Matlab version of CIFAR-10" + needed, matlab);
    assertRefused(matlab + ": this is the Matlab version of CIFAR-10" + needed, matlab.getParent());
    byte[] good = TestImages.cifar(1, 10_000);
    Path batch = write("py/data_batch_1.bin", good); // beside the binary one it is no matter
    write("py/test_batch.bin", good);
    assertEquals(10_000, Cifar10.read(python.getParent()).trainSize());
    assertRefused(batch + ": is a file; a folder is allowed", batch);
  }

  private void assertRecordsRefused(String message, byte[] content) throws IOException {
    Path file = write("records", content);
    var e = assertThrows(InvalidImageFileException.class, () -> Cifar10.images(List.of(file), 3));
    assertEquals(file + message, e.getMessage());
  }

  @Test
  void namesDamagedRecords() throws IOException {
    byte[] good = TestImages.cifar(1, 3);
    assertRecordsRefused(": more bytes than it should have", Arrays.copyOf(good, 3 * 3073 + 1));
    byte[] bad = good.clone();
    bad[2 * 3073] = 10;
    assertRecordsRefused(": image 2 has label 10, 0 to 9 allowed", bad);
    bad[2 * 3073] = -1;
    assertRecordsRefused(": image 2 has label 255, 0 to 9 allowed", bad);
    assertEquals(2, Cifar10.images(List.of(write("records", good)), 3).label(2));
  }

  @Test
  void readsSmallFilesOfRecords() throws IOException {
    Path first = write("a", TestImages.cifar(1, 2));
    Path second = write("b", TestImages.cifar(2, 2));
    LabelledImages images = Cifar10.images(List.of(first, second), 2);
    assertEquals(4, images.size());
    assertEquals(1, images.label(3));
  }

  @Test
  void anArchiveInPlaceOfTheOfficialOneIsRefused() throws IOException {
    Path own = write("own.tar.gz", new byte[100]);
    System.setProperty(Cifar10.ARCHIVE.property(), own.toString());
    DownloadCache cache = new DownloadCache(folder.resolve("cache"), DownloadProgress.NONE);
    var e = assertThrows(DownloadException.class, () -> Cifar10.download(cache));
    assertTrue(
        e.getMessage().contains("100 bytes, but cifar-10-binary.tar.gz has 170052171"),
        e::getMessage);
  }

  /** Needs the binary version, at least one training batch: {@code -Dgle.data.cifar10=DIR}. */
  @Test
  void readsTheOfficialImages() throws IOException {
    String given = System.getProperty(DATA_PROPERTY);
    Assumptions.assumeTrue(given != null, "no folder given by -D" + DATA_PROPERTY);
    Cifar10 data = Cifar10.read(Path.of(given));
    assertEquals(10_000, data.testSize());
    for (int count : data.testLabelCounts()) {
      assertEquals(1000, count);
    }
    // Photographs: neighbours are alike, and no channel is the same as another.
    double mean = 0;
    double difference = 0;
    int size = data.testSize() * data.values();
    double pairs = size / 2.0;
    for (int i = 0; i < size; i += 2) {
      mean += data.test().pixel(i);
      difference += Math.abs(data.test().pixel(i) - data.test().pixel(i + 1));
    }
    assertEquals(0.477, mean / pairs / 255, 0.01); // mean over colours, widely published
    assertTrue(difference / pairs < 15, difference / pairs + " between neighbours");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import io.github.gle4j.download.Archive;
import io.github.gle4j.download.DownloadCache;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * CIFAR-10: photographs of ten kinds of things, 32 x 32 pixels in red, green and blue (Krizhevsky,
 * "Learning Multiple Layers of Features from Tiny Images", 2009).
 *
 * <pre>{@code
 * Cifar10 official = Cifar10.download(new DownloadCache()); // 50 000 + 10 000 images
 * Cifar10 own = Cifar10.read(Path.of("cifar-10-batches-bin"));
 * }</pre>
 *
 * <p>The binary version is read: files of 10 000 records, each a byte for the label and 1024 bytes
 * for each of red, green and blue, row after row.
 */
public final class Cifar10 extends ImageSet {
  /** The binary version. */
  public static final Archive ARCHIVE =
      new Archive(
          "cifar-10-binary.tar.gz",
          URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
          170_052_171,
          "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd");

  private static final String FOLDER = "cifar-10-batches-bin"; // in the archive
  private static final String TRAIN_FILE = "data_batch_%d.bin";
  private static final String TEST_FILE = "test_batch.bin";
  private static final int TRAIN_FILES = 5;
  private static final int RECORDS = 10_000;
  private static final int CHANNELS = 3;
  private static final int SIDE = 32;
  private static final int VALUES = CHANNELS * SIDE * SIDE;
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** A version that is published beside the binary one. */
  private record Version(String name, String folder, String suffix) {}

  private static final List<Version> OTHER_VERSIONS =
      List.of(
          new Version("Python", "cifar-10-batches-py", ""),
          new Version("Matlab", "cifar-10-batches-mat", ".mat"));

  private Cifar10(LabelledImages train, LabelledImages test) {
    super(CHANNELS, SIDE, SIDE, CLASSES, train, test);
  }

  /**
   * Reads a folder you have. The training images are those of the files {@code data_batch_1.bin} to
   * {@code data_batch_5.bin} that are there, one at least; the test images are in {@code
   * test_batch.bin}.
   *
   * @param folder the folder with these files, or the one that holds the folder {@value #FOLDER}
   * @return the images
   * @throws InvalidImageFileException when a file is missing or damaged
   * @throws IOException when a file cannot be read
   */
  public static Cifar10 read(Path folder) throws IOException {
    ImageFile.requireFolder(folder);
    Path files = Files.isDirectory(folder.resolve(FOLDER)) ? folder.resolve(FOLDER) : folder;
    List<Path> batches = new ArrayList<>();
    for (int number = 1; number <= TRAIN_FILES; number++) {
      Path batch = files.resolve(String.format(Locale.ROOT, TRAIN_FILE, number));
      if (Files.exists(batch)) {
        batches.add(batch);
      }
    }
    if (batches.isEmpty()) {
      refuseOtherVersions(files);
      throw new InvalidImageFileException(
          files
              + ": no training images: at least one of "
              + String.format(Locale.ROOT, TRAIN_FILE, 1)
              + " to "
              + String.format(Locale.ROOT, TRAIN_FILE, TRAIN_FILES)
              + " is needed");
    }
    Path test = files.resolve(TEST_FILE);
    if (!Files.exists(test)) {
      throw new InvalidImageFileException(files + ": no test images: " + TEST_FILE + " is needed");
    }
    return new Cifar10(images(batches, RECORDS), images(List.of(test), RECORDS));
  }

  private static void refuseOtherVersions(Path folder) throws IOException {
    for (Version version : OTHER_VERSIONS) {
      for (Path files : List.of(folder, folder.resolve(version.folder()))) {
        if (Files.exists(files.resolve("test_batch" + version.suffix()))
            || Files.exists(files.resolve("data_batch_1" + version.suffix()))) {
          throw new InvalidImageFileException(
              files
                  + ": this is the "
                  + version.name()
                  + " version of CIFAR-10; the binary one, "
                  + ARCHIVE.name()
                  + ", is needed");
        }
      }
    }
  }

  /**
   * Takes the official images, downloading 170 MB if they are not there yet.
   *
   * @param cache where the archive is kept
   * @return the images
   * @throws io.github.gle4j.download.DownloadException when the archive cannot be had
   * @throws InvalidImageFileException when its content is not as published
   * @throws IOException when the cache folder cannot be used
   */
  public static Cifar10 download(DownloadCache cache) throws IOException {
    return read(cache.extracted(ARCHIVE));
  }

  /** Reads files of so many records each. */
  static LabelledImages images(List<Path> files, int records) throws IOException {
    byte[] pixels = new byte[files.size() * records * VALUES];
    byte[] labels = new byte[files.size() * records];
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      byte[] bytes =
          ImageFile.read(
              file,
              in -> {
                byte[] content = ImageFile.exactly(records * (1 + VALUES), in, file);
                ImageFile.requireEnd(in, file);
                return content;
              });
      for (int record = 0; record < records; record++) {
        int from = record * (1 + VALUES);
        int label = Byte.toUnsignedInt(bytes[from]);
        ImageFile.requireLabel(label, CLASSES.size(), record, file);
        labels[i * records + record] = (byte) label;
        System.arraycopy(bytes, from + 1, pixels, (i * records + record) * VALUES, VALUES);
      }
    }
    return new LabelledImages(pixels, labels);
  }
}

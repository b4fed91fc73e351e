// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import io.github.gle4j.download.Archive;
import io.github.gle4j.download.DownloadCache;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * MNIST: handwritten digits, 28 x 28 pixels in shades of grey (LeCun, Bottou, Bengio, Haffner,
 * "Gradient-Based Learning Applied to Document Recognition", 1998), or another set in its place.
 *
 * <pre>{@code
 * Mnist official = Mnist.download(new DownloadCache()); // 60 000 + 10 000 images
 * Mnist own = Mnist.read(Path.of("mnist"));
 * }</pre>
 *
 * <p>Why not DL4J's {@code MnistDataSetIterator}: it downloads whatever it does not find, checks
 * neither that nor files that are there, and needs the whole of DL4J.
 */
public final class Mnist extends ImageSet {
  private static final String ADDRESS = "https://storage.googleapis.com/cvdf-datasets/mnist/";

  /** The training images. */
  public static final Archive TRAIN_IMAGES =
      archive(
          "train-images-idx3-ubyte.gz",
          9_912_422,
          "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609");

  /** The labels of the training images. */
  public static final Archive TRAIN_LABELS =
      archive(
          "train-labels-idx1-ubyte.gz",
          28_881,
          "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c");

  /** The test images. */
  public static final Archive TEST_IMAGES =
      archive(
          "t10k-images-idx3-ubyte.gz",
          1_648_877,
          "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6");

  /** The labels of the test images. */
  public static final Archive TEST_LABELS =
      archive(
          "t10k-labels-idx1-ubyte.gz",
          4_542,
          "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6");

  private static final int SIDE = 28;
  private static final List<String> CLASSES =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  private Mnist(LabelledImages train, LabelledImages test) {
    super(1, SIDE, SIDE, CLASSES, train, test);
  }

  private static Archive archive(String name, long bytes, String sha256) {
    return new Archive(name, URI.create(ADDRESS + name), bytes, sha256);
  }

  /**
   * Reads a folder you have, with the four files by one of the names they are published under, such
   * as {@code train-images-idx3-ubyte} or {@code train-images.idx3-ubyte}, gzipped or not, in the
   * folder itself or where other tools put them below it, such as {@code MNIST/raw}. Any number of
   * images will do.
   *
   * @param folder the folder
   * @return the images
   * @throws InvalidImageFileException when a file is missing or damaged, or has images of another
   *     size or of more than ten classes
   * @throws IOException when a file cannot be read
   */
  public static Mnist read(Path folder) throws IOException {
    MnistFiles files = MnistFiles.in(folder);
    return new Mnist(
        images(files.find("train", "images"), files.find("train", "labels")),
        images(files.find("t10k", "images"), files.find("t10k", "labels")));
  }

  /**
   * Takes the official images, downloading 12 MB if they are not there yet.
   *
   * @param cache where the files are kept
   * @return the images
   * @throws io.github.gle4j.download.DownloadException when a file cannot be had
   * @throws InvalidImageFileException when its content is not as published
   * @throws IOException when the cache folder cannot be used
   */
  public static Mnist download(DownloadCache cache) throws IOException {
    return new Mnist(
        images(cache.file(TRAIN_IMAGES), cache.file(TRAIN_LABELS)),
        images(cache.file(TEST_IMAGES), cache.file(TEST_LABELS)));
  }

  private static LabelledImages images(Path imageFile, Path labelFile) throws IOException {
    byte[] pixels = IdxFile.read(imageFile, SIDE, SIDE);
    byte[] labels = IdxFile.read(labelFile);
    int images = pixels.length / (SIDE * SIDE);
    if (labels.length != images) {
      throw new InvalidImageFileException(
          String.format(
              Locale.ROOT,
              "%s: %d labels, but %s has %d images",
              labelFile,
              labels.length,
              imageFile,
              images));
    }
    for (int i = 0; i < images; i++) {
      ImageFile.requireLabel(Byte.toUnsignedInt(labels[i]), CLASSES.size(), i, labelFile);
    }
    return new LabelledImages(pixels, labels);
  }
}

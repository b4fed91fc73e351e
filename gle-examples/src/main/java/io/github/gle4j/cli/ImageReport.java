// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.images.Cifar10;
import io.github.gle4j.images.ImageSet;
import io.github.gle4j.images.InvalidImageFileException;
import io.github.gle4j.images.Mnist;
import io.github.gle4j.suite.BadInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/** Reads data sets of images and prints what they are. */
final class ImageReport {
  private ImageReport() {}

  /**
   * The images of a folder, or the official ones, downloaded if need be.
   *
   * @param folder the folder, or null for a download
   * @throws BadInputException when the folder cannot be used
   * @throws IOException when a download fails
   */
  static ImageSet load(Names.DataSetName dataSet, Path folder, PrintWriter out) throws IOException {
    boolean cifar10 = dataSet == Names.DataSetName.CIFAR10;
    try {
      if (folder != null) {
        return cifar10 ? Cifar10.read(folder) : Mnist.read(folder);
      }
      try (DownloadDisplay display = new DownloadDisplay(out, Terminal.columns())) {
        DownloadCache cache = display.cache();
        return cifar10 ? Cifar10.download(cache) : Mnist.download(cache);
      }
    } catch (InvalidImageFileException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  static void print(ImageSet data, PrintWriter out) {
    out.println("classes: " + String.join(" ", data.classNames()));
    out.println("train shape: " + shape(data.trainSize(), data));
    out.println("test shape: " + shape(data.testSize(), data));
    out.println("train label counts: " + DataCommand.counts(data.trainLabelCounts()));
    out.println("test label counts: " + DataCommand.counts(data.testLabelCounts()));
    out.println("train labels and pixels SHA-256: " + data.trainSha256());
    out.println("test labels and pixels SHA-256: " + data.testSha256());
    out.flush();
  }

  private static String shape(int images, ImageSet data) {
    return String.format(
        Locale.ROOT, "[%d, %d, %d, %d]", images, data.channels(), data.height(), data.width());
  }
}

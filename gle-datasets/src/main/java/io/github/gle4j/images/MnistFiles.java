// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the four files of MNIST under the names and in the folders that mirrors and tools use.
 *
 * @param folder where all of them are
 */
record MnistFiles(Path folder) {
  /** The folder itself first. */
  private static final List<String> BELOW = List.of("", "raw", "MNIST/raw", "MNIST", "mnist");

  /**
   * The files at or below a folder: in the first of the usual places that has training images.
   *
   * @throws InvalidImageFileException when there is no such folder
   */
  static MnistFiles in(Path given) throws IOException {
    ImageFile.requireFolder(given);
    for (String below : BELOW) {
      Path folder = given.resolve(below);
      if (existing(folder, names("train", "images")) != null) {
        return new MnistFiles(folder);
      }
    }
    return new MnistFiles(given);
  }

  /**
   * A file.
   *
   * @param part train or t10k
   * @param content images or labels
   * @throws InvalidImageFileException when it is not there; the message names what was looked for
   */
  Path find(String part, String content) throws IOException {
    List<String> names = names(part, content);
    Path file = existing(folder, names);
    if (file == null) {
      String below =
          part.equals("train") && content.equals("images")
              ? " in it, " + String.join(", ", BELOW.subList(1, BELOW.size()))
              : "";
      throw new InvalidImageFileException(
          folder
              + ": no "
              + (part.equals("train") ? "training " : "test ")
              + content
              + ": looked for "
              + String.join(", ", names)
              + ", plain and "
              + ImageFile.GZIP_SUFFIX
              + below);
    }
    return file;
  }

  private static List<String> names(String part, String content) {
    String type = content.equals("images") ? "idx3-ubyte" : "idx1-ubyte";
    List<String> names = new ArrayList<>();
    for (String each : part.equals("train") ? List.of(part) : List.of(part, "test")) {
      names.add(each + "-" + content + "-" + type);
      names.add(each + "-" + content + "." + type);
    }
    return names;
  }

  /** The first that is there, or null. Some archives have a folder around a file of its name. */
  private static Path existing(Path folder, List<String> names) {
    for (String name : names) {
      for (String suffix : List.of("", ImageFile.GZIP_SUFFIX)) {
        Path file = folder.resolve(name + suffix);
        if (Files.isDirectory(file)) {
          file = existing(file, names);
        }
        if (file != null && Files.exists(file)) {
          return file;
        }
      }
    }
    return null;
  }
}

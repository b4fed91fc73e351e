// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.BadInputException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.stream.Stream;

/** The folder a command writes to: always a new or an empty one, so nothing is overwritten. */
final class OutputFolder {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private OutputFolder() {}

  /** The user's folder, made if it is not there. */
  static Path create(Path folder) {
    if (folder.toString().isEmpty()) {
      throw new BadInputException("--out is empty: the name of a new or empty folder allowed");
    }
    try {
      if (Files.exists(folder) && !Files.isDirectory(folder)) {
        throw new BadInputException(
            "--out = " + folder + ": a file; a new or empty folder allowed");
      }
      Files.createDirectories(folder);
      try (Stream<Path> content = Files.list(folder)) {
        if (content.findAny().isPresent()) {
          throw new BadInputException(
              "--out = " + folder + ": not empty; a new or empty folder allowed");
        }
      }
    } catch (IOException e) {
      throw new BadInputException(
          "--out = " + folder + ": cannot be made or read (" + e + "); a writable folder allowed");
    }
    if (!Files.isWritable(folder)) {
      throw new BadInputException("--out = " + folder + ": not writable; a writable one allowed");
    }
    return folder;
  }

  /** A new folder below {@code runs}, named after the command and the time. */
  static Path createFor(String command) {
    String name = command + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(TIME);
    Path folder = Path.of("runs", name);
    try {
      Files.createDirectories(folder.getParent());
      for (int attempt = 2; !isMade(folder); attempt++) {
        folder = folder.resolveSibling(name + "-" + attempt);
      }
    } catch (IOException e) {
      throw new BadInputException(
          "the folder " + folder + " cannot be made (" + e + "): choose one by --out");
    }
    return folder;
  }

  /** False when it is there already: another run began in the same second. */
  private static boolean isMade(Path folder) throws IOException {
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.download.FolderLock;
import io.github.gle4j.report.WholeFile;
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

/**
 * The folder a command writes to, which no other command writes to until it is closed: a new or an
 * empty one, so nothing is overwritten, or that of an earlier run which goes on.
 */
final class OutputFolder implements AutoCloseable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private final Path path;
  private final FolderLock lock;

  private OutputFolder(String option, Path path) {
    this.path = path;
    try {
      lock =
          FolderLock.tryAcquire(path)
              .orElseThrow(
                  () ->
                      new BadInputException(
                          option
                              + " = "
                              + path
                              + ": in use by another command; another folder, or this one when that"
                              + " has ended, allowed"));
    } catch (IOException e) {
      throw new BadInputException(
          option + " = " + path + ": not writable (" + e + "); a writable one allowed");
    }
  }

  /** The user's folder, made if it is not there. */
  static OutputFolder create(Path folder) {
    if (folder.toString().isEmpty()) {
      throw new BadInputException("--out is empty: the name of a new or empty folder allowed");
    }
    try {
      if (Files.exists(folder) && !Files.isDirectory(folder)) {
        throw new BadInputException(
            "--out = " + folder + ": a file; a new or empty folder allowed");
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new BadInputException(
          "--out = " + folder + ": cannot be made (" + e + "); a writable folder allowed");
    }
    requireEmpty(folder); // before anything is written to a folder of somebody else
    if (!Files.isWritable(folder)) {
      throw new BadInputException("--out = " + folder + ": not writable; a writable one allowed");
    }
    OutputFolder owned = new OutputFolder("--out", folder);
    try {
      requireEmpty(folder); // another command may have been faster
      return owned;
    } catch (BadInputException e) {
      owned.close();
      throw e;
    }
  }

  private static boolean isLock(Path file) {
    return file.getFileName().toString().equals(FolderLock.FILE);
  }

  /** What a command leaves that is killed before its first file is there does not count. */
  private static void requireEmpty(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      if (!content.allMatch(file -> isLock(file) || WholeFile.isLeftover(file))) {
        throw new BadInputException(
            "--out = " + folder + ": not empty; a new or empty folder allowed");
      }
    } catch (IOException e) {
      throw new BadInputException(
          "--out = " + folder + ": cannot be read (" + e + "); a readable folder allowed");
    }
  }

  /**
   * The folder of an earlier run, which goes on.
   *
   * @param option that names it
   */
  static OutputFolder of(String option, Path folder) {
    return new OutputFolder(option, folder);
  }

  /**
   * The user's folder, or a new one.
   *
   * @param out null: the user names none
   */
  static OutputFolder open(Path out, String command) {
    return out == null ? createFor(command) : create(out);
  }

  /** A new folder below {@code runs}, named after the command and the time. */
  private static OutputFolder createFor(String command) {
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
    return new OutputFolder("--out", folder);
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

  /** Where it is. */
  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be given back (" + e + ")");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import io.github.gle4j.download.DownloadProgress.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of downloaded archives and what they were extracted to.
 *
 * <pre>{@code
 * Path folder = new DownloadCache().extracted(archive);
 * }</pre>
 *
 * <p>Only one thread of one process at a time works in the folder; others wait. Nothing in it is
 * used before it was compared with what it must be: an archive with its published size and SHA-256,
 * extracted files with the checksums taken when they were written. What differs is replaced, so the
 * folder is no place for files of your own. An interrupted download goes on where it stopped.
 */
public final class DownloadCache {
  /** The system property that names the folder. */
  public static final String FOLDER_PROPERTY = "gle.cache";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String SUFFIX = ".tar.gz";
  private static final int MAXIMUM_ENTRIES = 1_000_000;
  private static final int MAXIMUM_EXPANSION = 20;

  private final Path folder;
  private final DownloadProgress progress;
  private final Duration patience;

  /**
   * The user's cache: the folder of the system property, or {@code .gle4j} in the home folder.
   *
   * @throws IllegalArgumentException when that cannot be used, see {@link #userFolder}
   */
  public DownloadCache() {
    this(userFolder(), DownloadProgress.NONE);
  }

  /**
   * A cache in a folder of your choice.
   *
   * @param folder the folder, made when it is needed
   * @param progress is told how far downloads and extractions have come
   */
  public DownloadCache(Path folder, DownloadProgress progress) {
    this(folder, progress, PATIENCE);
  }

  DownloadCache(Path folder, DownloadProgress progress, Duration patience) {
    this.folder = folder.toAbsolutePath().normalize();
    this.progress = progress;
    this.patience = patience;
  }

  /**
   * The user's cache folder.
   *
   * @return the folder of the system property {@value #FOLDER_PROPERTY}, or {@code .gle4j} in the
   *     home folder
   * @throws IllegalArgumentException when the property names no folder, or the current one, where
   *     files of others may lie; or when it is not set and there is no home folder
   */
  public static Path userFolder() {
    String chosen = System.getProperty(FOLDER_PROPERTY);
    if (chosen == null) {
      String home = System.getProperty("user.home", "");
      requireCache(
          !home.isBlank() && !home.equals("?"), "null", "there is no home folder; a folder");
      return Path.of(home, ".gle4j");
    }
    Path folder;
    try {
      folder = Path.of(chosen);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          FOLDER_PROPERTY + " = " + chosen + ": no path; a folder allowed", e);
    }
    requireCache(
        !chosen.isBlank() && !isCurrent(folder), chosen, "is the current folder; another one");
    requireCache(!Files.exists(folder) || Files.isDirectory(folder), chosen, "is no folder; one");
    return folder;
  }

  private static boolean isCurrent(Path folder) {
    Path current = Path.of("").toAbsolutePath();
    try {
      return folder.toAbsolutePath().normalize().equals(current)
          || (Files.exists(folder) && Files.isSameFile(folder, current));
    } catch (IOException e) {
      return false; // what cannot be looked at cannot be worked in either
    }
  }

  private static void requireCache(boolean allowed, String value, String problem) {
    if (!allowed) {
      throw new IllegalArgumentException(
          FOLDER_PROPERTY + " = " + value + ": " + problem + " allowed");
    }
  }

  /**
   * The archive's file, downloaded if it is not there.
   *
   * @param archive the archive
   * @return a file with the archive's size and SHA-256; the user's own when a system property names
   *     a local one
   * @throws DownloadException when it cannot be had, or is not the published one
   * @throws IOException when the cache folder cannot be written to
   */
  public Path file(Archive archive) throws IOException {
    try (FolderLock lock = lock(archive)) {
      return verifiedFile(archive);
    }
  }

  /**
   * The folder with the archive's content, downloaded and extracted if it is not there.
   *
   * @param archive an archive whose name ends in {@code .tar.gz}
   * @return a folder with the archive's files
   * @throws IllegalArgumentException when the name ends differently
   * @throws DownloadException when the archive cannot be had, is not the published one, or has
   *     something that must not be extracted
   * @throws IOException when the cache folder cannot be written to
   */
  public Path extracted(Archive archive) throws IOException {
    String name = archive.name();
    if (!name.endsWith(SUFFIX)) {
      throw new IllegalArgumentException("archive " + name + ": names in " + SUFFIX + " allowed");
    }
    Path target = folder.resolve(name.substring(0, name.length() - SUFFIX.length()));
    try (FolderLock lock = lock(archive)) {
      long bytes = Contents.bytes(target);
      if (Contents.areIntact(
          target, checked -> progress.progress(Stage.CHECKING, name, checked, bytes))) {
        return target;
      }
      extract(archive, verifiedFile(archive), target);
      return target;
    }
  }

  private FolderLock lock(Archive archive) throws IOException {
    try {
      return FolderLock.acquire(
          folder, () -> progress.progress(Stage.WAITING, archive.name(), 0, 0));
    } catch (FileSystemException e) { // its message may be a path and no more
      throw new DownloadException(
          folder
              + ": no folder that can be written ("
              + e
              + "); the system property "
              + FOLDER_PROPERTY
              + " names another one",
          e);
    }
  }

  private void extract(Archive archive, Path file, Path target) throws IOException {
    Path unfinished = target.resolveSibling(target.getFileName() + ".part");
    delete(unfinished);
    delete(target);
    Files.createDirectory(unfinished);
    TarGz.Limits limits = new TarGz.Limits(MAXIMUM_EXPANSION * archive.bytes(), MAXIMUM_ENTRIES);
    try {
      List<TarGz.Extracted> files =
          TarGz.extract(
              file,
              unfinished,
              limits,
              done -> progress.progress(Stage.EXTRACTING, archive.name(), done, archive.bytes()));
      if (files.isEmpty()) {
        throw new DownloadException(file + ": no file in it");
      }
      Contents.write(unfinished, files);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(unfinished);
      throw e;
    }
  }

  private Path verifiedFile(Archive archive) throws IOException {
    URI source = archive.source();
    if (!Archive.isWeb(source)) {
      return verifiedLocalFile(archive, source);
    }
    Path file = folder.resolve(archive.name());
    if (Files.exists(file)) {
      if (difference(archive, file) == null) {
        return file;
      }
      delete(file);
    }
    Path part = folder.resolve(archive.name() + ".part");
    boolean resumed = Files.exists(part);
    new HttpDownload(archive, source, part, patience, progress).complete();
    String difference = difference(archive, part);
    if (difference != null && resumed) { // the older bytes may be to blame
      Files.delete(part);
      new HttpDownload(archive, source, part, patience, progress).complete();
      difference = difference(archive, part);
    }
    if (difference != null) {
      Files.delete(part);
      throw new DownloadException(source + ": " + difference);
    }
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private Path verifiedLocalFile(Archive archive, URI source) throws IOException {
    Path file;
    try {
      file = Path.of(source);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new DownloadException(source + ": no address of a local file", e);
    }
    if (!Files.isRegularFile(file)) {
      throw new DownloadException(
          file + ": no file, but " + archive.name() + " is to be taken from there");
    }
    String difference = difference(archive, file);
    if (difference != null) {
      throw new DownloadException(file + ": " + difference);
    }
    return file;
  }

  /** What differs from the published file, or null. */
  private String difference(Archive archive, Path file) throws IOException {
    long size = Files.size(file);
    if (size != archive.bytes()) {
      return size + " bytes, but " + archive.name() + " has " + archive.bytes();
    }
    String sha256 = sha256(archive, file);
    return sha256.equals(archive.sha256())
        ? null
        : "SHA-256 " + sha256 + ", but " + archive.name() + " has " + archive.sha256();
  }

  private String sha256(Archive archive, Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 16];
    long done = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
        done += count;
        progress.progress(Stage.CHECKING, archive.name(), done, archive.bytes());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Deletes a file or a folder with all in it; a link is deleted, not followed. */
  private static void delete(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(path)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : paths) {
      Files.delete(each);
    }
  }
}

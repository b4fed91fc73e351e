// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Extracts a gzipped tar archive of plain files and folders and refuses everything else: absolute
 * names, {@code ..}, links, devices, a name twice, more files or bytes than allowed.
 */
final class TarGz {
  private static final int BUFFER = 1 << 16;
  private static final int BLOCK = 512;

  /** Bounds of what an archive may contain. */
  record Limits(long bytes, int entries) {}

  /**
   * An extracted file.
   *
   * @param name relative to the folder, with slashes
   */
  record Extracted(String name, long size, long crc32) {}

  private final Path archive;
  private final Path folder;
  private final Limits limits;
  private final List<Extracted> files = new ArrayList<>();
  // In lower case: names that differ in case only are the same file on some systems.
  private final Set<String> fileNames = new HashSet<>();
  private final Set<String> folderNames = new HashSet<>();
  private final byte[] buffer = new byte[BUFFER];
  private long bytes;

  private TarGz(Path archive, Path folder, Limits limits) {
    this.archive = archive;
    this.folder = folder;
    this.limits = limits;
  }

  /**
   * Extracts an archive.
   *
   * @param folder an existing, empty folder
   * @param compressedBytes is told how many bytes of the archive have been read
   * @return the files in the archive's order
   * @throws DownloadException when the archive is damaged or has something that is refused
   * @throws IOException when files cannot be written
   */
  static List<Extracted> extract(
      Path archive, Path folder, Limits limits, LongConsumer compressedBytes) throws IOException {
    return new TarGz(archive, folder, limits).extract(compressedBytes);
  }

  private List<Extracted> extract(LongConsumer compressedBytes) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(archive);
        InputStream compressed = new BufferedInputStream(Channels.newInputStream(channel), BUFFER);
        TarArchiveInputStream tar = readable(() -> tar(compressed))) {
      int entries = 0;
      for (TarArchiveEntry e = next(tar); e != null; e = next(tar)) {
        if (++entries > limits.entries()) {
          throw refused("it has more than " + limits.entries() + " entries");
        }
        extract(e, tar);
        compressedBytes.accept(channel.position());
      }
    }
    return files;
  }

  private TarArchiveInputStream tar(InputStream compressed) throws IOException {
    return new TarArchiveInputStream(
        new Bounded(
            GzipCompressorInputStream.builder()
                .setInputStream(compressed)
                .setDecompressConcatenated(true)
                .get()));
  }

  private TarArchiveEntry next(TarArchiveInputStream tar) throws DownloadException {
    return readable(tar::getNextEntry);
  }

  /** Something read from the archive. */
  private interface Reading<T> {
    T read() throws IOException;
  }

  private <T> T readable(Reading<T> reading) throws DownloadException {
    try {
      return reading.read();
    } catch (DownloadException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // the latter on some damaged headers
      throw new DownloadException(archive + ": damaged tar archive: " + e.getMessage(), e);
    }
  }

  private void extract(TarArchiveEntry entry, InputStream content) throws IOException {
    List<String> segments = segments(entry.getName());
    if (entry.isDirectory()) {
      if (!segments.isEmpty()) {
        Files.createDirectories(target(segments));
      }
      addFolders(entry, segments, segments.size());
      return;
    }
    if (entry.isLink() || entry.isSymbolicLink()) {
      throw refused("'" + entry.getName() + "' is a link");
    }
    if (!isPlainFile(entry) || segments.isEmpty()) {
      throw refused("'" + entry.getName() + "' is neither a plain file nor a folder");
    }
    addFolders(entry, segments, segments.size() - 1);
    String name = String.join("/", segments);
    String key = name.toLowerCase(Locale.ROOT);
    if (folderNames.contains(key) || !fileNames.add(key)) {
      throw refused("it has '" + name + "' twice");
    }
    Path target = target(segments);
    Files.createDirectories(target.getParent());
    write(name, entry.getSize(), content, target);
  }

  /** TarArchiveEntry.isFile is true of devices, too. */
  private static boolean isPlainFile(TarArchiveEntry entry) {
    byte type = entry.getLinkFlag();
    return !entry.isSparse() && (type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM);
  }

  private void addFolders(TarArchiveEntry entry, List<String> segments, int depth)
      throws IOException {
    for (int length = 1; length <= depth; length++) {
      String key = String.join("/", segments.subList(0, length)).toLowerCase(Locale.ROOT);
      if (fileNames.contains(key)) {
        throw refused("'" + entry.getName() + "' is below a file");
      }
      folderNames.add(key);
    }
  }

  private Path target(List<String> segments) throws DownloadException {
    String name = String.join("/", segments);
    try {
      Path target = folder.resolve(name).normalize();
      if (target.startsWith(folder.normalize())) {
        return target;
      }
      throw refused("'" + name + "' leaves the folder");
    } catch (InvalidPathException e) {
      throw new DownloadException(archive + ": refused: '" + name + "' is no file name here", e);
    }
  }

  /** The parts of a name, without {@code .}; none for the archive's top. */
  private List<String> segments(String name) throws DownloadException {
    if (name.startsWith("/") || name.matches("[A-Za-z]:.*")) {
      throw refused("'" + name + "' is an absolute name");
    }
    if (name.indexOf('\\') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
      throw refused("'" + name + "' has a backslash or a control character");
    }
    List<String> segments = new ArrayList<>();
    for (String segment : name.split("/", -1)) {
      if (segment.equals("..")) {
        throw refused("'" + name + "' has '..'");
      }
      if (!segment.isEmpty() && !segment.equals(".")) {
        segments.add(segment);
      }
    }
    return segments;
  }

  private void write(String name, long size, InputStream content, Path target) throws IOException {
    if (size < 0 || size > limits.bytes() - bytes) {
      throw tooLarge();
    }
    CRC32 crc = new CRC32();
    long written = 0;
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      for (int count = read(content); count >= 0; count = read(content)) {
        out.write(buffer, 0, count);
        crc.update(buffer, 0, count);
        written += count;
      }
    }
    if (written != size) {
      throw new DownloadException(archive + ": damaged tar archive: '" + name + "' ends early");
    }
    bytes += size;
    files.add(new Extracted(name, size, crc.getValue()));
  }

  private int read(InputStream content) throws DownloadException {
    return readable(() -> content.read(buffer));
  }

  private DownloadException refused(String why) {
    return new DownloadException(archive + ": refused: " + why);
  }

  private DownloadException tooLarge() {
    return refused("it extracts to more than " + limits.bytes() + " bytes");
  }

  /** Counts what comes out of the decompressor, headers too, and stops a bomb. */
  private final class Bounded extends FilterInputStream {
    private long left = limits.bytes() + (long) limits.entries() * 4 * BLOCK;

    Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      count(Math.max(0, count));
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      count(skipped);
      return skipped;
    }

    private void count(long count) throws DownloadException {
      left -= count;
      if (left < 0) {
        throw tooLarge();
      }
    }
  }
}

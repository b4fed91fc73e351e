// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Opens files of images, gzipped or not, and says which one cannot be read. */
final class ImageFile {
  /** How gzipped files are called. */
  static final String GZIP_SUFFIX = ".gz";

  private static final byte[] IDX_START = {0, 0, 8};

  private ImageFile() {}

  /** What is made of an open file. */
  @FunctionalInterface
  interface Reader<T> {
    T read(InputStream in) throws IOException;
  }

  /**
   * Reads a file.
   *
   * @throws InvalidImageFileException when it is not there or damaged
   * @throws IOException when it cannot be read
   */
  static <T> T read(Path file, Reader<T> reader) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new InvalidImageFileException(file + ": no such file");
    }
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        InputStream in = isGzipped(bytes, file) ? new GZIPInputStream(bytes) : bytes) {
      return reader.read(in);
    } catch (InvalidImageFileException e) {
      throw e;
    } catch (EOFException | ZipException e) { // of GZIPInputStream
      throw new InvalidImageFileException(
          file + ": truncated or no gzip file: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException(file + ": cannot be read (" + e + ")", e); // not all have the name
    }
  }

  /** By what it holds: programs that unpack while they download leave the name as it was. */
  private static boolean isGzipped(InputStream bytes, Path file) throws IOException {
    bytes.mark(IDX_START.length);
    byte[] start = bytes.readNBytes(IDX_START.length);
    bytes.reset();
    boolean named = file.toString().endsWith(GZIP_SUFFIX) && !Arrays.equals(start, IDX_START);
    boolean begun = start.length >= 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
    return named || begun;
  }

  /** Requires that data is in a folder. */
  static void requireFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new InvalidImageFileException(
          folder
              + (Files.exists(folder) ? ": is a file; a folder is allowed" : ": no such folder"));
    }
  }

  /** Reads exactly so many bytes, without reserving memory for those that do not come. */
  static byte[] exactly(int count, InputStream in, Path file) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new InvalidImageFileException(
          file + ": truncated: ends after " + bytes.length + " of " + count + " bytes of content");
    }
    return bytes;
  }

  /** Requires that all has been read. */
  static void requireEnd(InputStream in, Path file) throws IOException {
    if (in.read() >= 0) {
      throw new InvalidImageFileException(file + ": more bytes than it should have");
    }
  }

  /** The first label that is no class is named with its place. */
  static void requireLabel(int label, int classes, int image, Path file) throws IOException {
    if (label < 0 || label >= classes) {
      throw new InvalidImageFileException(
          String.format(
              Locale.ROOT,
              "%s: image %d has label %d, 0 to %d allowed",
              file,
              image,
              label,
              classes - 1));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Opens files of images, gzipped or not, and says which one cannot be read. */
final class ImageFile {
  private static final String GZIP_SUFFIX = ".gz";

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
    boolean gzipped = file.toString().endsWith(GZIP_SUFFIX);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        InputStream in = gzipped ? new GZIPInputStream(bytes) : bytes) {
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

  /** The file itself or, when there is none, its gzipped form, whether that exists or not. */
  static Path plainOrGzipped(Path file) {
    return Files.exists(file) ? file : file.resolveSibling(file.getFileName() + GZIP_SUFFIX);
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

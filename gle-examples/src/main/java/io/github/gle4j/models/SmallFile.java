// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads files of users and strangers that are small when they are what they are said to be: what is
 * large, or has no end, is refused before it is read.
 */
public final class SmallFile {
  /** More than any configuration or manifest has. */
  private static final int MAXIMUM_BYTES = 4 << 20;

  private SmallFile() {}

  /**
   * Reads a text.
   *
   * @param file of at most 4 MB
   * @return its content, which is UTF-8
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be read
   */
  public static String text(Path file) throws IOException {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(bytes(file, MAXIMUM_BYTES));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": not in UTF-8, which is allowed", e);
    }
  }

  /**
   * Reads a file.
   *
   * @param file a regular file
   * @param most how many bytes it may have
   * @return its content
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be read
   */
  public static byte[] bytes(Path file, int most) throws IOException {
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(file + ": no such file");
    }
    if (!Files.isRegularFile(file)) { // a pipe would be waited for, a device never ends
      String what = Files.isDirectory(file) ? "a folder" : "no regular file";
      throw new IllegalArgumentException(file + ": " + what + "; a file allowed");
    }
    if (Files.size(file) > most) {
      throw tooLarge(file, most);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(most + 1); // files of /proc have no size
      if (bytes.length > most) {
        throw tooLarge(file, most);
      }
      return bytes;
    }
  }

  private static IllegalArgumentException tooLarge(Path file, int most) {
    return new IllegalArgumentException(
        file + ": more than " + most + " bytes; smaller files allowed");
  }
}

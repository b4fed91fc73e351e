// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Files that a user names. What is no file, such as a device or a pipe, or is larger than a file of
 * its kind, is refused before it is read.
 */
public final class UserFile {
  /** Many times what a manifest has, in bytes. */
  public static final int MANIFEST = 1 << 20;

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private UserFile() {}

  /**
   * Opens a file.
   *
   * @param file the file
   * @param most bytes it may have
   * @return its bytes
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be opened
   */
  public static InputStream open(Path file, long most) throws IOException {
    check(file, most);
    return Files.newInputStream(file);
  }

  /**
   * Looks at a file from outside.
   *
   * @param file the file
   * @param most bytes it may have
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be looked at
   */
  public static void check(Path file, long most) throws IOException {
    require(Files.exists(file), file, "no such file", most);
    require(!Files.isDirectory(file), file, "a folder", most);
    require(Files.isRegularFile(file), file, "a device or a pipe", most);
    long size = Files.size(file);
    require(size <= most, file, size + " bytes", most);
  }

  /**
   * Reads a whole file.
   *
   * @param file the file
   * @param most bytes it may have
   * @return its bytes
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be read
   */
  public static byte[] bytes(Path file, int most) throws IOException {
    try (InputStream in = open(file, most)) {
      byte[] bytes = in.readNBytes(most + 1); // not all tell their size
      require(bytes.length <= most, file, "larger than it says", most);
      return bytes;
    } catch (IOException e) { // which seldom has the name
      throw new IOException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Reads a text.
   *
   * @param file in UTF-8, perhaps after a byte order mark
   * @param most bytes it may have
   * @return the text
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be read
   */
  public static String text(Path file, int most) throws IOException {
    byte[] bytes = bytes(file, most);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": no text in UTF-8", e);
    }
  }

  /**
   * Reads JSON.
   *
   * @param file in UTF-8
   * @param most bytes it may have
   * @return its value
   * @throws IllegalArgumentException when it is no such file; the message names it
   * @throws IOException when it cannot be read
   */
  public static JsonNode json(Path file, int most) throws IOException {
    return parsed(file, text(file, most));
  }

  /** The value of a file's JSON. */
  static JsonNode parsed(Path file, String json) {
    try {
      JsonNode value = new ObjectMapper().readTree(json);
      if (value.isMissingNode()) {
        throw new IllegalArgumentException(file + ": empty");
      }
      return value;
    } catch (JsonProcessingException e) { // whose message shows what is in the file
      JsonLocation place = e.getLocation();
      String where =
          place == null
              ? ""
              : String.format(
                  Locale.ROOT, " in line %d, column %d", place.getLineNr(), place.getColumnNr());
      throw new IllegalArgumentException(file + ": no JSON" + where, e);
    }
  }

  private static void require(boolean valid, Path file, String what, long most) {
    if (!valid) {
      throw new IllegalArgumentException(
          file + ": " + what + "; a file of at most " + most + " bytes allowed");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * Features on disk: one file for each clip and settings, named by the SHA-256 of both. An entry is
 * complete or not there, since it is moved into place; a damaged one is as good as none. Any number
 * of threads and processes can use the folder, since entries of one name are equal.
 *
 * <p>Entries are not forced to disk one by one, which would take longer than to compute them: one
 * lost in a power failure is noticed by its checksum.
 */
final class FeatureCache {
  /** Part of every name: to be raised when the same settings give other features. */
  private static final int VERSION = 1;

  private static final int MAGIC = 0x474C4546; // GLEF
  private static final int HEADER = 2 * Integer.BYTES;

  private final Path folder;
  private final byte[] settings;

  FeatureCache(Path folder, FeatureOptions options) {
    this.folder = folder;
    this.settings = (VERSION + " " + options).getBytes(StandardCharsets.UTF_8);
  }

  /** The name of the features of some samples. */
  String key(float[] samples) {
    MessageDigest digest = SpeechCommands.newSha256();
    digest.update(settings);
    ByteBuffer bytes =
        ByteBuffer.allocate(samples.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(samples);
    digest.update(bytes.array());
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Reads an entry.
   *
   * @return whether the features are there; when not, their values are undefined
   */
  boolean read(String key, float[] features) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file(key));
    } catch (NoSuchFileException e) {
      return false;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int content = HEADER + features.length * Float.BYTES;
    if (bytes.length != content + Integer.BYTES
        || buffer.getInt(0) != MAGIC
        || buffer.getInt(Integer.BYTES) != features.length
        || buffer.getInt(content) != checksum(bytes, content)) {
      return false;
    }
    buffer.position(HEADER).asFloatBuffer().get(features);
    return true;
  }

  /** Writes an entry, in place of one that is there. */
  void write(String key, float[] features) throws IOException {
    int content = HEADER + features.length * Float.BYTES;
    ByteBuffer buffer = ByteBuffer.allocate(content + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(MAGIC).putInt(features.length);
    buffer
        .slice(HEADER, content - HEADER)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(features);
    buffer.putInt(content, checksum(buffer.array(), content));
    Path file = file(key);
    Files.createDirectories(file.getParent());
    Path unfinished = Files.createTempFile(file.getParent(), "unfinished", null);
    try {
      Files.write(unfinished, buffer.array());
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.deleteIfExists(unfinished);
      throw e;
    }
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private Path file(String key) {
    return folder.resolve(key.substring(0, 2)).resolve(key + ".features");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.checkpoint;

import io.github.gle4j.checkpoint.Checkpoint.Entry;
import io.github.gle4j.checkpoint.Checkpoint.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** The bytes of a checkpoint, as {@code docs/format.md} describes them. */
final class CheckpointFormat {
  private static final byte[] MAGIC = "GLE-CKPT".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "GLE-END\n".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int DIGEST_LENGTH = 32;
  private static final int HEADER_LENGTH = MAGIC.length + 2 * Integer.BYTES;
  private static final int FOOTER_LENGTH = END.length + Long.BYTES + DIGEST_LENGTH;
  private static final long LONGEST_FILE = Integer.MAX_VALUE - 8;
  private static final int PART_LENGTH = 1 << 16;

  private CheckpointFormat() {}

  static ByteBuffer encode(Checkpoint checkpoint) {
    long length = (long) HEADER_LENGTH + FOOTER_LENGTH;
    for (Map.Entry<String, Entry> named : checkpoint.entries().entrySet()) {
      length += entryLength(named.getKey(), named.getValue());
    }
    if (length > LONGEST_FILE) {
      throw new IllegalArgumentException(
          "a checkpoint of " + length + " bytes: at most " + LONGEST_FILE + " allowed");
    }
    byte[] file = new byte[(int) length];
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(MAGIC).putInt(VERSION).putInt(checkpoint.entries().size());
    checkpoint.entries().forEach((name, entry) -> encode(name, entry, bytes, file));
    bytes.put(END).putLong(length);
    bytes.put(digest(file, bytes.position()));
    return bytes.flip();
  }

  private static long entryLength(String name, Entry entry) {
    int nameLength = name.getBytes(StandardCharsets.UTF_8).length;
    return 3L // lengths of the name and shape, kind
        + nameLength
        + (long) Long.BYTES * entry.shape().length
        + entry.content().length
        + Integer.BYTES;
  }

  private static void encode(String name, Entry entry, ByteBuffer bytes, byte[] file) {
    int from = bytes.position();
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    bytes.put((byte) nameBytes.length).put(nameBytes);
    bytes.put((byte) entry.kind().number).put((byte) entry.shape().length);
    for (long size : entry.shape()) {
      bytes.putLong(size);
    }
    bytes.put(entry.content());
    bytes.putInt(checksum(file, from, bytes.position()));
  }

  /**
   * Reads a file: its beginning, end and checksum first, so that no memory is taken for one that is
   * damaged.
   *
   * @throws InvalidCheckpointException when it is anything but a whole checkpoint of this version
   */
  static Checkpoint read(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InvalidCheckpointException(file, "no regular file");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size();
      if (length < HEADER_LENGTH + FOOTER_LENGTH || length > LONGEST_FILE) {
        throw new InvalidCheckpointException(file, length + " bytes cannot be a checkpoint");
      }
      requireHeader(file, read(channel, 0, HEADER_LENGTH));
      requireFooter(file, read(channel, length - FOOTER_LENGTH, FOOTER_LENGTH), length);
      requireDigest(file, channel, length - DIGEST_LENGTH);
      byte[] content = new byte[(int) length - FOOTER_LENGTH];
      ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
      fill(channel, 0, bytes);
      try {
        return decode(file, bytes.position(HEADER_LENGTH - Integer.BYTES), content);
      } catch (BufferUnderflowException | CharacterCodingException e) {
        throw new InvalidCheckpointException(file, "damaged before byte " + bytes.position());
      }
    } catch (EOFException e) {
      throw new InvalidCheckpointException(file, "became shorter while it was read");
    }
  }

  private static ByteBuffer read(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    fill(channel, from, bytes);
    return bytes.flip();
  }

  private static void fill(FileChannel channel, long from, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, from + bytes.position()) < 0) {
        throw new EOFException();
      }
    }
  }

  private static void requireHeader(Path file, ByteBuffer header) throws IOException {
    if (!Arrays.equals(bytes(header, MAGIC.length), MAGIC)) {
      throw new InvalidCheckpointException(file, "does not begin as checkpoints do");
    }
    int version = header.getInt();
    if (version != VERSION) {
      throw new InvalidCheckpointException(
          file, "version " + version + ": this program reads version " + VERSION);
    }
  }

  private static void requireFooter(Path file, ByteBuffer footer, long length) throws IOException {
    if (!Arrays.equals(bytes(footer, END.length), END) || footer.getLong() != length) {
      throw new InvalidCheckpointException(
          file, "cut short or damaged: it does not end as checkpoints do");
    }
  }

  private static void requireDigest(Path file, FileChannel channel, long end) throws IOException {
    MessageDigest digest = sha256();
    ByteBuffer part = ByteBuffer.allocate(PART_LENGTH);
    for (long at = 0; at < end; at += PART_LENGTH) {
      part.clear().limit((int) Math.min(PART_LENGTH, end - at));
      fill(channel, at, part);
      digest.update(part.flip());
    }
    if (!MessageDigest.isEqual(digest.digest(), read(channel, end, DIGEST_LENGTH).array())) {
      throw new InvalidCheckpointException(file, "damaged: its SHA-256 is wrong");
    }
  }

  /** The entries, behind whose last the bytes must end. */
  private static Checkpoint decode(Path file, ByteBuffer bytes, byte[] content) throws IOException {
    int count = bytes.getInt();
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      int from = bytes.position();
      byte[] name = bytes(bytes, Byte.toUnsignedInt(bytes.get()));
      Entry entry = decodeEntry(file, bytes);
      if (checksum(content, from, bytes.position()) != bytes.getInt()) {
        throw new InvalidCheckpointException(file, "the checksum of entry " + i + " is wrong");
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
      if (text.isEmpty() || entries.putIfAbsent(text, entry) != null) {
        throw new InvalidCheckpointException(file, "name \"" + text + "\" is empty or repeated");
      }
    }
    if (bytes.hasRemaining()) {
      throw new InvalidCheckpointException(
          file, "has " + bytes.remaining() + " bytes behind its " + count + " entries");
    }
    return new Checkpoint(entries);
  }

  private static Entry decodeEntry(Path file, ByteBuffer bytes) throws IOException {
    int number = bytes.get();
    int rank = bytes.get();
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(known -> known.number == number)
            .findAny()
            .orElseThrow(
                () -> new InvalidCheckpointException(file, "entry of unknown kind " + number));
    if (rank < 1 || rank > Checkpoint.HIGHEST_RANK) {
      throw new InvalidCheckpointException(file, "entry of " + rank + " dimensions");
    }
    long[] shape = new long[rank];
    long count = 1;
    for (int i = 0; i < rank; i++) {
      shape[i] = bytes.getLong();
      if (shape[i] < 0 || (count > 0 && shape[i] > bytes.remaining() / count)) {
        throw new InvalidCheckpointException(
            file, "entry of shape " + Arrays.toString(shape) + ", more than the file holds");
      }
      count *= shape[i];
    }
    return new Entry(kind, shape, bytes(bytes, Math.multiplyExact(count, kind.bytes)));
  }

  private static byte[] bytes(ByteBuffer from, long count) {
    if (count > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[(int) count];
    from.get(bytes);
    return bytes;
  }

  private static int checksum(byte[] bytes, int from, int to) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, from, to - from);
    return (int) checksum.getValue();
  }

  private static byte[] digest(byte[] bytes, int length) {
    MessageDigest digest = sha256();
    digest.update(bytes, 0, length);
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

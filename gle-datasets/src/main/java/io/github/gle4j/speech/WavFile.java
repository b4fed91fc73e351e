// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads WAV recordings: integer PCM of 8, 16, 24 or 32 bits, one or two channels, two being
 * averaged. Everything else is refused by name.
 *
 * <p>Why not a library: DataVec's {@code Wave} prints what it does not like and goes on without
 * data, expects the samples at byte 44 and does not notice when they are cut off; {@code
 * javax.sound.sampled} offers a damaged file to every installed format, MIDI included, and returns
 * the cut-off samples of a truncated file as if they were all.
 */
final class WavFile {
  /** Larger files are not read; at 16 kHz and 16 bits this is half an hour. */
  static final int MAXIMUM_BYTES = 64 << 20;

  private static final int PCM = 1;
  private static final int FLOAT = 3;
  private static final int EXTENSIBLE = 0xFFFE;
  private static final int CHUNK_HEADER = 8;
  private static final int MINIMUM_FORMAT = 16;
  private static final int EXTENSIBLE_FORMAT = 40;
  private static final int EXTENSIBLE_CODEC = 24;

  // The rest of an extensible format's codec, which identifies it as a number of the old kind.
  private static final byte[] CODEC_TAIL = {
    0, 0, 0, 0, 0x10, 0, (byte) 0x80, 0, 0, (byte) 0xAA, 0, 0x38, (byte) 0x9B, 0x71
  };

  private final String name;
  private final ByteBuffer bytes;
  private int channels;
  private int bits;

  private WavFile(String name, byte[] bytes) {
    this.name = name;
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a whole recording.
   *
   * @param sampleRate the sample rate it must have, in Hz
   * @return samples between -1 and 1, at least one
   * @throws InvalidWavException when the file is damaged, or of a kind that is not read
   * @throws IOException when it cannot be read at all
   */
  static float[] read(Path file, int sampleRate) throws IOException {
    return samples(file.toString(), bytes(file), sampleRate);
  }

  /** The bytes of a file that is not too large. */
  static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return bytes(file.toString(), in);
    } catch (InvalidWavException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(file + ": cannot be read (" + e + ")", e); // not all have the name
    }
  }

  /** The bytes of a stream that is not too long. */
  static byte[] bytes(String name, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAXIMUM_BYTES + 1);
    if (bytes.length > MAXIMUM_BYTES) {
      throw new InvalidWavException(
          name + ": a WAV file of more than " + MAXIMUM_BYTES + " bytes: smaller ones allowed");
    }
    return bytes;
  }

  /**
   * Reads the samples out of a file's bytes.
   *
   * @param name the file, for messages
   */
  static float[] samples(String name, byte[] bytes, int sampleRate) throws InvalidWavException {
    return new WavFile(name, bytes).samples(sampleRate);
  }

  private float[] samples(int sampleRate) throws InvalidWavException {
    int end = riffEnd();
    boolean described = false;
    while (bytes.remaining() >= CHUNK_HEADER && bytes.position() + CHUNK_HEADER <= end) {
      String chunk = fourLetters();
      long size = Integer.toUnsignedLong(bytes.getInt());
      int start = bytes.position();
      require(
          start + size <= end,
          "chunk '"
              + chunk
              + "' claims "
              + size
              + " bytes, "
              + Math.max(0, end - start)
              + " follow");
      if (chunk.equals("fmt ")) {
        require(!described, "it describes its format twice");
        described = true;
        readFormat((int) size, sampleRate);
      } else if (chunk.equals("data")) {
        require(described, "samples come before their format");
        return decode((int) size);
      }
      bytes.position(Math.min(end, start + (int) (size + size % 2)));
    }
    throw invalid("it has no " + (described ? "samples" : "format"));
  }

  /** Reads the outermost header; returns where its content ends. */
  private int riffEnd() throws InvalidWavException {
    require(bytes.remaining() >= 12, bytes.remaining() + " bytes are no WAV file");
    String container = fourLetters();
    require(container.equals("RIFF"), "begins with '" + container + "', a WAV file with 'RIFF'");
    long size = Integer.toUnsignedLong(bytes.getInt());
    int present = bytes.limit() - CHUNK_HEADER;
    require(
        size <= present,
        "truncated: it claims " + size + " bytes behind its size, " + present + " follow");
    String kind = fourLetters();
    require(kind.equals("WAVE"), "of kind '" + kind + "', 'WAVE' allowed");
    return CHUNK_HEADER + (int) size;
  }

  private void readFormat(int size, int wantedRate) throws InvalidWavException {
    require(size >= MINIMUM_FORMAT, "its format has " + size + " bytes, 16 or more allowed");
    int start = bytes.position();
    int codec = Short.toUnsignedInt(bytes.getShort());
    channels = Short.toUnsignedInt(bytes.getShort());
    long rate = Integer.toUnsignedLong(bytes.getInt());
    long bytesPerSecond = Integer.toUnsignedLong(bytes.getInt());
    int frame = Short.toUnsignedInt(bytes.getShort());
    bits = Short.toUnsignedInt(bytes.getShort());
    if (codec == EXTENSIBLE && size >= EXTENSIBLE_FORMAT) {
      bytes.position(start + EXTENSIBLE_CODEC);
      codec = Short.toUnsignedInt(bytes.getShort());
      byte[] tail = new byte[CODEC_TAIL.length];
      bytes.get(tail);
      require(Arrays.equals(tail, CODEC_TAIL), "its codec is unknown, PCM allowed");
    }
    require(codec != FLOAT, "samples are floating-point numbers, integer PCM allowed");
    require(codec == PCM, "codec " + codec + ", 1 (integer PCM) allowed");
    require(channels == 1 || channels == 2, channels + " channels, 1 or 2 allowed");
    require(
        bits == 8 || bits == 16 || bits == 24 || bits == 32,
        bits + " bits per sample, 8, 16, 24 or 32 allowed");
    require(
        frame == channels * bits / 8 && bytesPerSecond == rate * frame,
        "its header contradicts itself: "
            + channels
            + " channels of "
            + bits
            + " bits at "
            + rate
            + " Hz, but "
            + frame
            + " bytes per frame and "
            + bytesPerSecond
            + " per second");
    require(
        rate == wantedRate,
        rate + " Hz, " + wantedRate + " Hz allowed: resample it, for example by sox");
  }

  private float[] decode(int size) throws InvalidWavException {
    int frame = channels * bits / 8;
    require(size % frame == 0, size + " bytes are no whole number of samples");
    require(size > 0, "it has no samples");
    float[] samples = new float[size / frame];
    for (int i = 0; i < samples.length; i++) {
      float sum = sample();
      samples[i] = channels == 1 ? sum : (sum + sample()) / 2;
    }
    return samples;
  }

  private float sample() {
    return switch (bits) {
      case 8 -> (Byte.toUnsignedInt(bytes.get()) - 128) * 0x1p-7f;
      case 16 -> bytes.getShort() * 0x1p-15f;
      case 24 -> (Short.toUnsignedInt(bytes.getShort()) | bytes.get() << 16) * 0x1p-23f;
      default -> bytes.getInt() * 0x1p-31f;
    };
  }

  private String fourLetters() {
    byte[] letters = new byte[4];
    bytes.get(letters);
    return new String(letters, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
  }

  private void require(boolean valid, String problem) throws InvalidWavException {
    if (!valid) {
      throw invalid(problem);
    }
  }

  private InvalidWavException invalid(String problem) {
    return new InvalidWavException(name + ": " + problem);
  }
}

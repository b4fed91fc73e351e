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
import java.util.Map;

/**
 * Reads WAV recordings: integer PCM of 8, 16, 24 or 32 bits and floating-point numbers of 32 or 64,
 * one or two channels, two being averaged. Everything else is refused by name.
 *
 * <p>Only what the samples depend on is required. The size of the whole file does not matter, nor
 * do bytes behind the last whole sample. A data chunk whose size was left open, as programs do that
 * write to a pipe or stop early, reaches to the end of the file; any other one that is longer than
 * the file has been cut off.
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

  private static final Map<Integer, String> OTHER_CODECS =
      Map.of(
          2, "Microsoft ADPCM",
          6, "A-law",
          7, "mu-law",
          0x11, "IMA ADPCM",
          0x31, "GSM 6.10",
          0x50, "MPEG",
          0x55, "MP3");

  // Writers that do not know the size yet put down the largest one of their type or one near it.
  private static final long OPEN_BELOW = 1 << 16;

  // The rest of an extensible format's codec, which identifies it as a number of the old kind.
  private static final byte[] CODEC_TAIL = {
    0, 0, 0, 0, 0x10, 0, (byte) 0x80, 0, 0, (byte) 0xAA, 0, 0x38, (byte) 0x9B, 0x71
  };

  private final String name;
  private final ByteBuffer bytes;
  private boolean floating;
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
    readContainer();
    boolean described = false;
    while (bytes.remaining() >= CHUNK_HEADER) {
      String chunk = fourLetters();
      long size = Integer.toUnsignedLong(bytes.getInt());
      if (chunk.equals("data") && isOpen(size)) {
        size = bytes.remaining();
      }
      require(
          size <= bytes.remaining(),
          "chunk '" + chunk + "' claims " + size + " bytes, " + bytes.remaining() + " follow");
      int start = bytes.position();
      if (chunk.equals("fmt ")) {
        require(!described, "it describes its format twice");
        described = true;
        readFormat((int) size, sampleRate);
      } else if (chunk.equals("data") && size > 0) {
        require(described, "samples come before their format");
        return decode((int) size);
      }
      bytes.position(next(start, (int) size));
    }
    throw invalid("it has no " + (described ? "samples" : "format"));
  }

  /** Whether the size of the data says only that it was not known when it was written. */
  private boolean isOpen(long size) {
    if (size == 0) {
      return !chunksFollow();
    }
    boolean nearSigned = Math.abs(size - (1L << 31)) <= OPEN_BELOW;
    boolean nearUnsigned = size >= (1L << 32) - OPEN_BELOW;
    return size > bytes.remaining() && (nearSigned || nearUnsigned);
  }

  /** Whether the rest of the file is chunks and nothing else, so that no samples lie here. */
  private boolean chunksFollow() {
    int position = bytes.position();
    while (position + CHUNK_HEADER <= bytes.limit()) {
      for (int i = 0; i < Integer.BYTES; i++) {
        if (bytes.get(position + i) < ' ' || bytes.get(position + i) > '~') {
          return false;
        }
      }
      long size = Integer.toUnsignedLong(bytes.getInt(position + Integer.BYTES));
      if (size > bytes.limit() - position - CHUNK_HEADER) {
        return false;
      }
      position = next(position + CHUNK_HEADER, (int) size);
    }
    return position == bytes.limit();
  }

  /** Where the next chunk begins: an odd one is filled up by a byte, which some writers forget. */
  private int next(int start, int size) {
    int end = start + size;
    return size % 2 == 0 || end == bytes.limit() || isNamed(end) ? end : end + 1;
  }

  /** Whether a chunk that matters begins there. */
  private boolean isNamed(int position) {
    if (position + CHUNK_HEADER > bytes.limit()) {
      return false;
    }
    String name = new String(bytes.array(), position, Integer.BYTES, StandardCharsets.ISO_8859_1);
    return name.equals("fmt ") || name.equals("data");
  }

  /** Reads the outermost header, all but the size of the file, which nothing depends on. */
  private void readContainer() throws InvalidWavException {
    require(bytes.remaining() >= 12, bytes.remaining() + " bytes are no WAV file");
    String container = fourLetters();
    require(container.equals("RIFF"), "begins with '" + container + "', a WAV file with 'RIFF'");
    bytes.getInt();
    String kind = fourLetters();
    require(kind.equals("WAVE"), "of kind '" + kind + "', 'WAVE' allowed");
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
      require(
          Arrays.equals(tail, CODEC_TAIL),
          "its codec is unknown, integer PCM or floating-point numbers allowed");
    }
    require(
        codec == PCM || codec == FLOAT,
        "codec "
            + OTHER_CODECS.getOrDefault(codec, Integer.toString(codec))
            + ", integer PCM or floating-point numbers allowed: convert it, for example by sox");
    floating = codec == FLOAT;
    require(channels == 1 || channels == 2, channels + " channels, 1 or 2 allowed");
    require(
        floating ? bits == 32 || bits == 64 : bits == 8 || bits == 16 || bits == 24 || bits == 32,
        bits
            + (floating ? " bits per floating-point" : " bits per")
            + " sample, "
            + (floating ? "32 or 64" : "8, 16, 24 or 32")
            + " allowed");
    requireAgreement(rate, bytesPerSecond, frame);
    require(
        rate == wantedRate,
        rate + " Hz, " + wantedRate + " Hz allowed: resample it, for example by sox");
  }

  /**
   * Two fields repeat what others say, and either may be wrong. If both say the same against the
   * others, samples have another width than they should, or there are more or fewer channels.
   */
  private void requireAgreement(long rate, long bytesPerSecond, int frame)
      throws InvalidWavException {
    require(
        frame == 0 || frame == channels * bits / 8 || bytesPerSecond != rate * frame,
        "its header contradicts itself: "
            + channels
            + " channel(s) of "
            + bits
            + " bits at "
            + rate
            + " Hz, but "
            + frame
            + " bytes per frame (block align) and "
            + bytesPerSecond
            + " per second (byte rate)");
  }

  private float[] decode(int size) throws InvalidWavException {
    float[] samples = new float[size / (channels * bits / 8)];
    require(samples.length > 0, "it has no samples");
    for (int i = 0; i < samples.length; i++) {
      float sum = sample();
      samples[i] = channels == 1 ? sum : (sum + sample()) / 2;
      if (Float.isNaN(samples[i])) {
        throw invalid("sample " + i + " is no number (NaN)");
      }
    }
    return samples;
  }

  private float sample() {
    if (floating) {
      double value = bits == 32 ? bytes.getFloat() : bytes.getDouble();
      return (float) Math.max(-1, Math.min(1, value)); // NaN stays NaN
    }
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

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WavFileTest {
  private static final int DATA = 44; // where the samples of a plain file begin

  @TempDir private Path folder;

  private static float[] read(byte[] wav) throws InvalidWavException {
    return WavFile.samples("x.wav", wav, 16_000);
  }

  private static void assertRefused(String message, byte[] wav) {
    var e = assertThrows(InvalidWavException.class, () -> read(wav));
    assertTrue(e.getMessage().startsWith("x.wav: "), e::getMessage);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private static byte[] good() throws IOException {
    return TestWavs.wav((short) 16384, (short) -32768, (short) 0, (short) 32767);
  }

  private static byte[] with(int offset, int bytes, long value) throws IOException {
    byte[] wav = good();
    for (int i = 0; i < bytes; i++) {
      wav[offset + i] = (byte) (value >> (8 * i));
    }
    return wav;
  }

  @Test
  void readsPcmOfEveryWidth() throws IOException {
    assertArrayEquals(new float[] {0.5f, -1, 0, 32767 / 32768f}, read(good()));
    byte[] eight = {0, (byte) 128, (byte) 192, (byte) 255};
    assertArrayEquals(
        new float[] {-1, 0, 0.5f, 127 / 128f}, read(TestWavs.wav(16_000, 8, 1, eight)));
    byte[] twentyFour = {0, 0, (byte) 0x80, 0, 0, 0x40, 1, 0, 0, -1, -1, -1};
    assertArrayEquals(
        new float[] {-1, 0.5f, 1 / 8388608f, -1 / 8388608f},
        read(TestWavs.wav(16_000, 24, 1, twentyFour)));
    byte[] thirtyTwo = {0, 0, 0, (byte) 0x80, 0, 0, 0, 0x20};
    assertArrayEquals(new float[] {-1, 0.25f}, read(TestWavs.wav(16_000, 32, 1, thirtyTwo)));
  }

  @Test
  void averagesTwoChannels() throws IOException {
    byte[] stereo = {0, 0x40, 0, 0, 0, 0x40, 0, (byte) 0xC0};
    assertArrayEquals(new float[] {0.25f, 0}, read(TestWavs.wav(16_000, 16, 2, stereo)));
  }

  @Test
  void skipsOtherChunks() throws IOException {
    byte[] wav = good();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(wav, 0, 36);
    bytes.writeBytes("LIST".getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(new byte[] {3, 0, 0, 0, 1, 2, 3, 0}); // odd: one byte of padding
    bytes.write(wav, 36, wav.length - 36);
    byte[] longer = bytes.toByteArray();
    longer[4] = (byte) (longer[4] + 12);
    assertArrayEquals(read(wav), read(longer));
    assertArrayEquals(read(wav), read(Arrays.copyOf(wav, wav.length + 5))); // behind the end
  }

  @Test
  void readsExtensibleFormats() throws IOException {
    ByteBuffer wav = ByteBuffer.allocate(72).order(ByteOrder.LITTLE_ENDIAN);
    wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(64);
    wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(40);
    wav.putShort((short) 0xFFFE).putShort((short) 1).putInt(16_000).putInt(32_000);
    wav.putShort((short) 2).putShort((short) 16).putShort((short) 22).putShort((short) 16);
    wav.putInt(4).putShort((short) 1).putShort((short) 0).putShort((short) 0);
    wav.putShort((short) 0x10).putLong(0x719B3800AA000080L);
    wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(4);
    wav.putShort((short) 16384).putShort((short) -16384);
    assertArrayEquals(new float[] {0.5f, -0.5f}, read(wav.array()));
    wav.putShort(44, (short) 6);
    assertRefused("codec A-law, integer PCM or floating-point numbers allowed", wav.array());
    wav.putShort(44, (short) 1).put(59, (byte) 9);
    assertRefused("its codec is unknown, integer PCM or floating-point numbers", wav.array());
    wav.put(59, (byte) 0x71).putShort(44, (short) 3).putShort(34, (short) 32);
    wav.putShort(32, (short) 4).putFloat(68, 0.75f);
    assertArrayEquals(new float[] {0.75f}, read(wav.array()));
  }

  /** A file of floating-point numbers. */
  private static byte[] floats(int bits, double... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * bits / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      if (bits == 32) {
        data.putFloat((float) value);
      } else {
        data.putDouble(value);
      }
    }
    ByteBuffer wav = ByteBuffer.wrap(TestWavs.wav(16_000, 32, 1, data.array()));
    wav.order(ByteOrder.LITTLE_ENDIAN).putShort(20, (short) 3).putShort(34, (short) bits);
    wav.putShort(32, (short) (bits / 8)).putInt(28, 16_000 * bits / 8);
    return wav.array();
  }

  @Test
  void readsFloatingPointNumbersAndClipsThem() throws IOException {
    double[] values = {0.25, -1, 1.5, -7, 1e-9, Double.POSITIVE_INFINITY};
    float[] expected = {0.25f, -1, 1, -1, 1e-9f, 1};
    assertArrayEquals(expected, read(floats(32, values)));
    assertArrayEquals(expected, read(floats(64, values)));
    assertRefused("sample 2 is no number (NaN)", floats(32, 0, 1, Double.NaN));
    assertRefused("sample 1 is no number (NaN)", floats(64, 0, Double.NaN));
    byte[] stereo = floats(32, 0.5, 0.25, -0.5, -1);
    stereo[22] = 2;
    stereo[32] = 8;
    assertArrayEquals(new float[] {0.375f, -0.75f}, read(stereo));
    byte[] half = floats(32, 0.5);
    half[34] = 16;
    assertRefused("16 bits per floating-point sample, 32 or 64 allowed", half);
  }

  /** What nothing depends on may be wrong: sizes of the file, and fields that repeat others. */
  @Test
  void readsWhatIsWholeWhateverElseTheHeaderSays() throws IOException {
    float[] samples = read(good());
    for (long size : new long[] {0, 44 - 8, 45, 43, 1000, Integer.MAX_VALUE, 0xFFFFFFFFL}) {
      assertArrayEquals(samples, read(with(4, 4, size)), "size of the file " + size);
    }
    for (long rate : new long[] {0, 1, 16_000, 0xFFFFFFFFL}) {
      assertArrayEquals(samples, read(with(28, 4, rate)), "byte rate " + rate);
    }
    for (long align : new long[] {0, 1, 4, 0xFFFF}) {
      assertArrayEquals(samples, read(with(32, 2, align)), "block align " + align);
    }
    byte[] longer = Arrays.copyOf(good(), good().length + 1);
    longer[40]++; // an odd byte, counted
    assertArrayEquals(samples, read(longer));
    assertArrayEquals(Arrays.copyOf(samples, 3), read(with(40, 4, 7)));
    assertArrayEquals(samples, read(Arrays.copyOf(good(), good().length + 5))); // or not counted
  }

  @Test
  void readsStreamedFilesToTheirEnd() throws IOException {
    float[] samples = read(good());
    long[] open = {
      0,
      0xFFFFFFFFL,
      0xFFFFFFFFL - 36,
      0xFFFFFFFEL,
      0x7FFFFFFFL,
      0x7FFFF000L,
      0x80000000L,
      0x7FFFFFFFL - 36
    };
    for (long size : open) {
      assertArrayEquals(samples, read(with(40, 4, size)), "size of the data " + size);
      byte[] both = with(40, 4, size);
      Arrays.fill(both, 4, 8, (byte) -1);
      assertArrayEquals(samples, read(Arrays.copyOf(both, both.length + 1)), "odd byte");
    }
    assertArrayEquals(new float[4], read(silenceOfUnknownLength()));
    for (long size : new long[] {9, 1000, 64 << 20, 1L << 30, 3_000_000_000L}) {
      assertRefused("chunk 'data' claims " + size + " bytes, 8 follow", with(40, 4, size));
    }
  }

  /** No samples are no placeholder when the rest of the file is something else. */
  @Test
  void anEmptyDataChunkBeforeOthersIsEmpty() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(with(40, 4, 0), 0, DATA);
    bytes.writeBytes("LIST".getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(new byte[] {4, 0, 0, 0, 'I', 'N', 'F', 'O'});
    assertRefused("it has no samples", bytes.toByteArray());
    assertRefused("it has no samples", Arrays.copyOf(with(40, 4, 0), DATA));
  }

  @Test
  void aChunkOfOddSizeNeedsNoByteBehindIt() throws IOException {
    byte[] wav = good();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(wav, 0, 36);
    bytes.writeBytes("LIST".getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(new byte[] {3, 0, 0, 0, 1, 2, 3});
    bytes.write(wav, 36, wav.length - 36);
    assertArrayEquals(read(wav), read(bytes.toByteArray()));
  }

  @Test
  void refusesByName() throws IOException {
    assertRefused("0 bytes are no WAV file", new byte[0]);
    assertRefused("begins with 'RIFX', a WAV file with 'RIFF'", with(3, 1, 'X'));
    assertRefused("of kind 'WAVX'", with(11, 1, 'X'));
    assertRefused("chunk 'data' claims 8 bytes, 6 follow", Arrays.copyOf(good(), 50));
    assertRefused("chunk 'data' claims 9 bytes, 8 follow", with(40, 4, 9));
    assertRefused("chunk 'fmt ' claims 2147483647 bytes", with(16, 4, Integer.MAX_VALUE));
    assertRefused("it has no samples", with(40, 4, 1));
    assertRefused("it has no samples", with(36, 1, 'D'));
    assertRefused("it has no format", withoutChunks());
    assertRefused("samples come before their format", with(12, 1, 'F'));
    assertRefused("its format has 8 bytes", with(16, 4, 8));
    assertRefused("codec Microsoft ADPCM, integer PCM or floating-point", with(20, 2, 2));
    assertRefused("codec A-law, integer PCM or floating-point", with(20, 2, 6));
    assertRefused("codec mu-law, integer PCM or floating-point", with(20, 2, 7));
    assertRefused("codec 99, integer PCM or floating-point", with(20, 2, 99));
    assertRefused("0 channels, 1 or 2 allowed", with(22, 2, 0));
    assertRefused("6 channels", with(22, 2, 6));
    assertRefused("12 bits per sample, 8, 16, 24 or 32 allowed", with(34, 2, 12));
    assertRefused("its header contradicts itself: 2 channel(s) of 16 bits", with(22, 2, 2));
    assertRefused("but 2 bytes per frame (block align) and 32000 per second", with(34, 2, 24));
    assertRefused("8000 Hz, 16000 Hz allowed", with(24, 4, 8000));
    assertRefused("44100 Hz, 16000 Hz allowed", TestWavs.wav(44_100, 16, 1, new byte[8]));
  }

  private static byte[] silenceOfUnknownLength() throws IOException {
    byte[] wav = TestWavs.wav(16_000, 16, 1, new byte[8]);
    wav[40] = 0;
    return wav;
  }

  /** Neither format nor samples are found. */
  private static byte[] withoutChunks() throws IOException {
    byte[] wav = with(12, 1, 'F');
    wav[36] = 'D';
    return wav;
  }

  @Test
  void refusesTheFormatTwice() throws IOException {
    byte[] wav = good();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(wav, 0, 36);
    bytes.write(wav, 12, 24);
    bytes.write(wav, 36, wav.length - 36);
    byte[] twice = bytes.toByteArray();
    twice[4] = (byte) (twice[4] + 24);
    assertRefused("it describes its format twice", twice);
  }

  @Test
  void largeAndMissingFilesAreNamed() throws IOException {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            return length;
          }
        };
    var e = assertThrows(InvalidWavException.class, () -> WavFile.bytes("x.wav", endless));
    assertTrue(e.getMessage().contains("more than 67108864 bytes"), e::getMessage);
    Path missing = folder.resolve("missing.wav");
    for (Path file : new Path[] {missing, Files.createDirectory(folder.resolve("folder.wav"))}) {
      var unreadable = assertThrows(IOException.class, () -> WavFile.read(file, 16_000));
      assertTrue(unreadable.getMessage().startsWith(file + ": cannot be read"));
    }
  }

  /** Each damaged file is refused by name, or gives a clip that is finite and of right length. */
  @Test
  void damagedFilesAreRefusedOrValid() throws IOException {
    byte[] good = TestWavs.wav(TestWavs.tone(1, 16_000));
    float[] original = WavFile.samples("good.wav", good, 16_000);
    FeatureExtractor extractor = new FeatureExtractor(FeatureOptions.melSpectrogram());
    long seed = 6;
    Random random = new Random(seed);
    int refused = 0;
    int valid = 0;
    for (int i = 0; i < 200; i++) {
      byte[] bad = damaged(good, i, random);
      Path file = Files.write(folder.resolve("bad" + i + ".wav"), bad);
      String what = "file " + i + " of seed " + seed;
      try {
        float[] samples =
            assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> WavFile.read(file, 16_000), what);
        valid++;
        assertTrue(samples.length >= 1 && samples.length <= original.length, what);
        for (float sample : samples) {
          assertTrue(Math.abs(sample) <= 1, what);
        }
        for (float[] row : extractor.clip(file)) {
          assertEquals(820, row.length, what);
          for (float value : row) {
            assertTrue(Float.isFinite(value), what);
          }
        }
      } catch (InvalidWavException e) {
        refused++;
        assertTrue(e.getMessage().startsWith(file + ": "), e::getMessage);
      }
    }
    assertEquals(200, refused + valid);
    assertTrue(refused > 80, refused + " refused");
    assertTrue(valid > 20, valid + " valid");
  }

  private static byte[] damaged(byte[] good, int kind, Random random) {
    byte[] bad = good.clone();
    ByteBuffer header = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
    switch (kind % 5) {
      case 0 -> bad = Arrays.copyOf(good, random.nextInt(good.length)); // truncated
      case 1 -> bad[random.nextInt(DATA)] ^= (byte) (1 << random.nextInt(8)); // header bit
      case 2 -> { // sample bits
        for (int i = 0; i < 100; i++) {
          bad[DATA + random.nextInt(bad.length - DATA)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 3 -> { // a lie about a size, a rate or a number
        int[] fields = {4, 16, 24, 28, 40};
        header.putInt(fields[random.nextInt(fields.length)], random.nextInt());
      }
      default -> { // several random bytes of the header
        for (int i = 0; i < 1 + random.nextInt(6); i++) {
          bad[random.nextInt(DATA)] = (byte) random.nextInt(256);
        }
      }
    }
    return bad;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** Makes WAV files by the Java platform's own writer. */
final class TestWavs {
  private TestWavs() {}

  /** A file of the given PCM data, little-endian; 8 bits are unsigned. */
  static byte[] wav(int rate, int bits, int channels, byte[] pcm) throws IOException {
    AudioFormat format = new AudioFormat(rate, bits, channels, bits != 8, false);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (AudioInputStream in =
        new AudioInputStream(
            new ByteArrayInputStream(pcm), format, pcm.length / format.getFrameSize())) {
      AudioSystem.write(in, AudioFileFormat.Type.WAVE, out);
    }
    return out.toByteArray();
  }

  /** One channel of 16 bits at 16 kHz. */
  static byte[] wav(short... samples) throws IOException {
    byte[] pcm = new byte[2 * samples.length];
    for (int i = 0; i < samples.length; i++) {
      pcm[2 * i] = (byte) samples[i];
      pcm[2 * i + 1] = (byte) (samples[i] >> 8);
    }
    return wav(16_000, 16, 1, pcm);
  }

  /** A tone with some noise, different for each seed. */
  static short[] tone(int seed, int length) {
    Random random = new Random(seed);
    double frequency = 0.05 + 0.5 * random.nextDouble();
    short[] samples = new short[length];
    for (int i = 0; i < length; i++) {
      samples[i] = (short) (3000 * Math.sin(frequency * i) + 300 * random.nextGaussian());
    }
    return samples;
  }

  static Path write(Path folder, String name, int seed, int length) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, wav(tone(seed, length)));
  }
}

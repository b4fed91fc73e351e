// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.speech.SpeechClasses;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** Noise in the form of Speech Commands. */
final class TestClips {
  private static final int SPEAKERS = 20;

  private TestClips() {}

  /** Eleven words of twenty speakers, and background noise. */
  static void makeFolder(Path clips) throws IOException {
    List<String> words = new ArrayList<>(SpeechClasses.twelve().words());
    words.add("cat");
    for (String word : words) {
      for (int speaker = 0; speaker < SPEAKERS; speaker++) {
        write(clips.resolve(word + "/%08x_nohash_0.wav".formatted(speaker)), 16_000);
      }
    }
    write(clips.resolve("_background_noise_/noise.wav"), 32_000);
  }

  /** A file whose name decides about its samples. */
  static void write(Path file, int samples) throws IOException {
    byte[] pcm = new byte[2 * samples];
    new Random(file.getFileName().hashCode()).nextBytes(pcm);
    write(file, pcm);
  }

  /** A file of 16-bit samples, low byte first. */
  static void write(Path file, byte[] pcm) throws IOException {
    AudioFormat format = new AudioFormat(16_000, 16, 1, true, false);
    Files.createDirectories(file.getParent());
    AudioSystem.write(
        new AudioInputStream(new ByteArrayInputStream(pcm), format, pcm.length / 2),
        AudioFileFormat.Type.WAVE,
        file.toFile());
  }
}

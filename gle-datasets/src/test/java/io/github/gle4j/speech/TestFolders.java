// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes small folders laid out like Speech Commands. */
final class TestFolders {
  private TestFolders() {}

  /** Twelve classes' worth: ten words and two others, by each speaker; two recordings of noise. */
  static Path official(Path folder, int speakers) throws IOException {
    List<String> words = new ArrayList<>(SpeechClasses.twelve().words());
    words.addAll(List.of("cat", "dog"));
    int seed = 0;
    for (String word : words) {
      for (int speaker = 0; speaker < speakers; speaker++) {
        TestWavs.write(folder, word + "/" + speaker(speaker) + "_nohash_0.wav", seed++, 16_000);
      }
    }
    TestWavs.write(folder, "_background_noise_/hum.wav", seed++, 40_000);
    TestWavs.write(folder, "_background_noise_/hiss.wav", seed, 24_000);
    Files.writeString(folder.resolve("_background_noise_/README.md"), "not sound");
    return folder;
  }

  static String speaker(int number) {
    return "%08x".formatted(0x1234567 * (number + 1));
  }

  /** The official test set's layout: chosen unknown and silent clips. */
  static Path testSet(Path folder, int speakers) throws IOException {
    int seed = 1000;
    for (int speaker = 0; speaker < speakers; speaker++) {
      String name = speaker(speaker) + "_nohash_0.wav";
      for (String word : SpeechClasses.twelve().words()) {
        TestWavs.write(folder, word + "/" + name, seed++, 16_000);
      }
      String unknown = speaker % 2 == 0 ? "cat_" : "dog_";
      TestWavs.write(folder, "_unknown_/" + unknown + name + ".wav", seed++, 16_000);
      TestWavs.write(folder, "_silence_/" + speaker + ".wav", seed++, 16_000);
    }
    return folder;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.speech.Part;
import io.github.gle4j.speech.SpeechClasses;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.speech.Split;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gle data gsc} on a small folder. */
class SpeechDataTest {
  @TempDir private static Path clips;
  @TempDir private Path folder;

  @BeforeAll
  static void makeClips() throws IOException {
    TestClips.makeFolder(clips);
  }

  private static void assertRefused(String message, Object... args) {
    Outcome.assertRefused(message, gle(args));
  }

  @Test
  void printsShapesCountsAndHashes() throws IOException {
    Outcome outcome = gle("data", "gsc", "--data", clips, "--split", "speakers", "--seed", 3);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    SpeechCommands data =
        SpeechCommands.builder().folder(clips).split(Split.SEEDED_SPEAKERS).seed(3).build();
    List<String> lines = outcome.out().lines().toList();
    assertEquals(
        List.of(
            "data set: gsc",
            "split: speakers",
            "seed: 3",
            "folder: " + clips,
            "classes: _silence_ _unknown_ yes no up down left right on off stop go",
            "train shape: [192, 32, 820]",
            "validation shape: [24, 32, 820]",
            "test shape: [24, 32, 820]",
            "train label counts: 16 16 16 16 16 16 16 16 16 16 16 16",
            "validation label counts: 2 2 2 2 2 2 2 2 2 2 2 2",
            "test label counts: 2 2 2 2 2 2 2 2 2 2 2 2"),
        lines.subList(0, 11));
    assertEquals("test labels and samples SHA-256: " + data.sha256(Part.TEST), lines.get(13));
    assertEquals(14, lines.size());
    assertTrue(gle("data", "gsc", "--data", clips, "--split=hash").out().contains("split: hash"));
  }

  @Test
  void measuresThroughput() throws IOException {
    SpeechCommands data =
        SpeechCommands.builder().folder(clips).split(Split.SEEDED_SPEAKERS).build();
    StringWriter out = new StringWriter();
    new SpeechReport(data, new PrintWriter(out)).throughput(2, 0.01);
    List<String> lines = out.toString().lines().toList();
    assertEquals(8, lines.size(), out::toString);
    for (String line : lines.subList(1, 8)) {
      assertTrue(line.matches("  (mel|10 cep).* [1-9][0-9]* +first minibatch after .* s"), line);
    }
    assertTrue(lines.get(7).contains("from the cache, 2 threads"));
  }

  @Test
  void measuresWhatAugmentationCosts() throws IOException {
    SpeechCommands data =
        SpeechCommands.builder().folder(clips).split(Split.SEEDED_SPEAKERS).build();
    StringWriter out = new StringWriter();
    new SpeechReport(data, new PrintWriter(out)).training("speakers");
    List<String> lines = out.toString().lines().toList();
    assertEquals(3, lines.size(), out::toString);
    for (String line : lines.subList(1, 3)) {
      assertTrue(
          line.matches("  (gle-gsc-small|mlp) .* takes [0-9.]+ times as long with it"), line);
    }
  }

  @Test
  void refusesUnusableOptionsAndFoldersInOneLine() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    assertRefused(nowhere + ": no such folder", "data", "gsc", "--data", nowhere);
    assertRefused(
        clips + ": no validation_list.txt, so no split by lists; by speakers allowed",
        "data",
        "gsc",
        "--data",
        clips);
    assertRefused(
        "'--split': 'mine' is unknown: lists, hash, speakers, files allowed",
        "data",
        "gsc",
        "--split=mine");
    assertRefused("--classes = 10: 12 or 35 allowed", "data", "gsc", "--classes=10");
    assertRefused(
        "--split = speakers: with --test-data only lists or hash allowed",
        "data",
        "gsc",
        "--data=" + clips,
        "--test-data=" + clips,
        "--split=speakers");
    assertRefused("--seed = -1: 0 or more allowed", "data", "gsc", "--data=" + clips, "--seed=-1");
    assertRefused(
        "no clip of 'backward'",
        "data",
        "gsc",
        "--data=" + clips,
        "--classes=35",
        "--split=speakers");
    assertRefused("--length = 9: only with mnist1d allowed", "data", "gsc", "--length=9");
    assertRefused("--threads = 0: 1 to 256 allowed", "data", "gsc", "--threads=0");
    assertRefused("--throughput: only with gsc allowed", "data", "mnist1d", "--throughput");
    assertRefused(
        "--data = x: only with gsc, cifar10, mnist allowed", "data", "mnist1d", "--data=x");
  }

  @Test
  void namesADamagedClip() throws IOException {
    for (String word : SpeechClasses.twelve().words()) {
      TestClips.write(folder.resolve(word + "/a.wav"), 16_000);
    }
    TestClips.write(folder.resolve("_background_noise_/noise.wav"), 32_000);
    Path bad = Files.write(folder.resolve("stop/b.wav"), new byte[30]);
    assertRefused(
        bad + ": begins with '????'", "data", "gsc", "--data=" + folder, "--split=speakers");
  }
}

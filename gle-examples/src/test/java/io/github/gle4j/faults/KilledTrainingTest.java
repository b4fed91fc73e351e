// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.cli.Gle;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Training that is killed again and again ends with the numbers of training that is not. */
@Tag("faults")
@Tag("long")
class KilledTrainingTest {
  private static final int KILLS = 100;
  private static final int MINUTES = 2; // for a process to reach its next checkpoint
  private static final int LONGEST_LIFE = 700; // milliseconds after it
  private static final List<String> TRAIN =
      List.of(
          "train",
          "mnist1d",
          "--length=20",
          "--samples=300",
          "--batch=40",
          "--epochs=60",
          "--checkpoint-every=1",
          "--threads=1");

  @TempDir private Path folder;

  @Test
  void killedRunsGoOn() throws Exception {
    Random random = new Random(1);
    int kills = 0;
    int unloadable = 0;
    int runs = 0;
    while (kills < KILLS) {
      runs++;
      String seed = "--seed=" + runs;
      Path whole = folder.resolve("whole" + runs);
      Path killed = folder.resolve("killed" + runs);
      assertEquals(0, start(options(seed, "--out=" + whole)).waitFor());
      Process process = start(options(seed, "--out=" + killed));
      while (kills < KILLS && isAliveAfterNextCheckpoint(process, killed)) {
        if (process.waitFor(random.nextInt(LONGEST_LIFE), TimeUnit.MILLISECONDS)) {
          break;
        }
        process.destroyForcibly().waitFor(); // SIGKILL
        kills++;
        Optional<CheckpointFolder.Loaded> loaded = checkpoints(killed).load();
        unloadable += loaded.isPresent() ? loaded.get().skipped().size() : 1;
        process = start(List.of("train", "mnist1d", "--resume=" + killed));
      }
      assertEquals(0, process.waitFor());
      assertEquals(figures(whole), figures(killed));
      assertEquals(parameters(whole), parameters(killed));
    }
    assertEquals(0, unloadable);
    print(
        "kill -9 while training: "
            + kills
            + " kills in "
            + runs
            + " runs: "
            + unloadable
            + " checkpoints unloadable");
  }

  @SuppressWarnings("SystemOut") // the profile's output
  static void print(String figure) {
    System.out.println("figure: " + figure + ", all numbers the same");
  }

  private static List<String> options(String... more) {
    List<String> options = new ArrayList<>(TRAIN);
    options.addAll(List.of(more));
    return options;
  }

  private Process start(List<String> options) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Gle.class.getName()));
    words.addAll(options);
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("console").toFile())
        .start();
  }

  private static CheckpointFolder checkpoints(Path run) {
    return new CheckpointFolder(run.resolve("checkpoints"), 2);
  }

  /** Waits for a checkpoint that was not there before; false when the process ended. */
  private boolean isAliveAfterNextCheckpoint(Process process, Path run) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    Optional<Path> before = newest(run);
    while (process.isAlive() && newest(run).equals(before)) {
      assertTrue(System.nanoTime() < deadline, Files.readString(folder.resolve("console")));
      Thread.sleep(5);
    }
    return process.isAlive();
  }

  private static Optional<Path> newest(Path run) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return Optional.empty();
    }
    try (var files = Files.list(checkpoints)) {
      return files.filter(file -> file.toString().endsWith(".gle")).max(Path::compareTo);
    }
  }

  /** Without the last column, the seconds. */
  static List<String> figures(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.csv")).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',')))
        .toList();
  }

  static INDArray parameters(Path run) throws IOException {
    return ModelFiles.network(run.resolve("model.zip"), false).params();
  }
}

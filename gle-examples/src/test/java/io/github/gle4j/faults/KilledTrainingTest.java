// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.testing.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that is killed again and again ends with the numbers of training that is not. */
@Tag("faults")
@Tag("long")
class KilledTrainingTest {
  private static final int KILLS = 100;
  private static final int MINUTES = 2; // for a process to reach its next checkpoint
  private static final int LONGEST_LIFE = 700; // milliseconds after it
  private static final String EPOCHS = "--epochs=60";
  private static final String EVERY = "--checkpoint-every=1";

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
      assertEquals(0, start(ShortRun.OPTIONS, EPOCHS, EVERY, seed, "--out=" + whole).waitFor());
      Process process = start(ShortRun.OPTIONS, EPOCHS, EVERY, seed, "--out=" + killed);
      while (kills < KILLS && isAliveAfterNextCheckpoint(process, killed)) {
        if (process.waitFor(random.nextInt(LONGEST_LIFE), TimeUnit.MILLISECONDS)) {
          break;
        }
        Path seen = newest(killed).orElseThrow();
        process.destroyForcibly().waitFor(); // SIGKILL
        kills++;
        Optional<CheckpointFolder.Loaded> loaded = checkpoints(killed).load();
        unloadable += loaded.isPresent() ? loaded.get().skipped().size() : 1;
        assertTrue(loaded.orElseThrow().file().compareTo(seen) >= 0, "what was saved is there");
        process = start(List.of("train", "mnist1d", "--resume=" + killed));
      }
      assertEquals(0, process.waitFor());
      assertEquals(RunFolder.figures(whole), RunFolder.figures(killed));
      assertEquals(ShortRun.parameters(whole), ShortRun.parameters(killed));
    }
    assertEquals(0, unloadable);
    ShortRun.print(
        "kill -9 while training: "
            + kills
            + " kills in "
            + runs
            + " runs: "
            + unloadable
            + " checkpoints unloadable, at most the interval under way lost");
  }

  private Process start(List<String> options, String... more) throws IOException {
    return new ProcessBuilder(ShortRun.command(options, more))
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
}

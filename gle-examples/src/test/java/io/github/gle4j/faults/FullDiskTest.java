// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.testing.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on a disk that fills up, then cannot be written at all, then has room again: a small
 * file system in memory that only this test sees (Linux, {@code unshare} and {@code mount}).
 */
@Tag("faults")
@Tag("long")
class FullDiskTest {
  private static final String SCRIPT =
      """
      disk=$1; out=$2; size=$3; shift 3
      mount -t tmpfs -o "size=$size" tmpfs "$disk"
      "$@" --out="$disk/run" > "$out/full.txt" 2>&1
      echo "full: $?"
      cp -r "$disk/run/checkpoints" "$out/checkpoints"
      mount -o remount,ro "$disk"
      "${@:1:4}" train mnist1d --resume="$disk/run" > "$out/readonly.txt" 2>&1
      echo "read-only: $?"
      "$@" --out="$disk/other" > "$out/readonly-new.txt" 2>&1
      echo "read-only, new run: $?"
      diff -r "$disk/run/checkpoints" "$out/checkpoints"
      echo "changed: $?"
      mount -o "remount,rw,size=64m" "$disk"
      "${@:1:4}" train mnist1d --resume="$disk/run" > "$out/resumed.txt" 2>&1
      echo "resumed: $?"
      cp -r "$disk/run" "$out/run"
      """;

  @TempDir private Path folder;

  @Test
  void trainingEndsWithAMessageAndGoesOnWhenThereIsRoom() throws Exception {
    assumeTrue(canMount(), "skipped: no unshare or no right to mount a file system of one's own");
    Path whole = folder.resolve("whole");
    List<String> train = ShortRun.command(ShortRun.OPTIONS, "--epochs=6");
    List<String> uninterrupted = new ArrayList<>(train);
    uninterrupted.add("--out=" + whole);
    said(uninterrupted);

    long checkpoint =
        Files.size(
            new CheckpointFolder(whole.resolve("checkpoints"), 2).load().orElseThrow().file());
    Path disk = Files.createDirectory(folder.resolve("disk"));
    List<String> script =
        new ArrayList<>(
            List.of(
                "unshare",
                "-rm",
                "bash",
                "-c",
                SCRIPT,
                "bash",
                disk.toString(),
                folder.toString()));
    script.add(String.valueOf(checkpoint * 5 / 2));
    script.addAll(train);
    String exits = said(script);
    assertEquals(
        List.of("full: 1", "read-only: 1", "read-only, new run: 2", "changed: 0", "resumed: 0"),
        exits.lines().toList(),
        this::console);
    assertTrue(
        text("full.txt").contains(".gle cannot be saved: No space left on device"),
        text("full.txt"));
    assertTrue(text("readonly.txt").contains("Read-only file system"), text("readonly.txt"));
    assertTrue(
        text("readonly-new.txt").contains("Read-only file system"), text("readonly-new.txt"));
    assertTrue(text("resumed.txt").contains("going on from"), text("resumed.txt"));
    assertEquals(RunFolder.figures(whole), RunFolder.figures(folder.resolve("run")));
    assertEquals(ShortRun.parameters(whole), ShortRun.parameters(folder.resolve("run")));
    ShortRun.print(
        "full disk, then a read-only one: training stopped by a message each time, checkpoints"
            + " untouched, gone on with when there was room");
  }

  private static boolean canMount() throws IOException, InterruptedException {
    try {
      return new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
              .redirectErrorStream(true)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  /** Runs a command and returns what it says. */
  private static String said(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  private String console() {
    try {
      return text("full.txt")
          + text("readonly.txt")
          + text("readonly-new.txt")
          + text("resumed.txt");
    } catch (IOException e) {
      return e.toString();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.assertRefusedAtOnce;
import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gle4j.models.PublishedModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that are named where others belong: a device, a pipe, a folder, a huge one, no text. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UserFilesTest {
  private static final long HUGE = 3L << 30;
  private static final Path TRACE = Path.of("src/test/resources/traces/momentum_frozen.json");

  @TempDir private Path folder;

  /** What cannot be used, and how it is called. */
  private Map<Path, String> bad() throws Exception {
    Map<Path, String> bad = new LinkedHashMap<>();
    bad.put(Path.of("/dev/zero"), "a device or a pipe; a file of at most ");
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    bad.put(pipe, "a device or a pipe; a file of at most ");
    bad.put(Files.createDirectory(folder.resolve("sub")), "a folder; a file of at most ");
    Path huge = folder.resolve("huge");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(HUGE); // takes no room
    }
    bad.put(huge, HUGE + " bytes; a file of at most ");
    bad.put(Files.write(folder.resolve("latin"), new byte[] {(byte) 0xE9}), "no text in UTF-8");
    bad.put(Files.writeString(folder.resolve("text"), "[1,\nx\u001b[31m"), "no JSON in line 2");
    bad.put(Files.createFile(folder.resolve("empty")), "empty");
    return bad;
  }

  private Path runFolder(String file, Path content) throws IOException {
    Path run = Files.createTempDirectory(folder, "run");
    Files.createSymbolicLink(run.resolve(file), content);
    return run;
  }

  @Test
  void commandsRefuseThemInOneLine() throws Exception {
    for (Map.Entry<Path, String> file : bad().entrySet()) {
      Path bad = file.getKey();
      String why = file.getValue();
      assertRefusedAtOnce(
          "gle compare: " + bad + ": " + why,
          gle("compare", "mnist1d", "--model", bad, "--out", folder.resolve("none")));
      assertRefusedAtOnce("gle replay: " + bad + ": " + why, gle("replay", bad));
      Path run = runFolder("manifest.json", bad);
      Path manifest = run.resolve("manifest.json");
      assertRefusedAtOnce(
          "gle listen: " + manifest + ": " + why, gle("listen", TRACE, "--model", run));
      assertRefusedAtOnce(manifest + ": " + why, gle("train", "mnist1d", "--resume", run));
    }
    assertRefusedAtOnce(folder + ": a folder", gle("replay", TRACE, folder));
  }

  @Test
  void othersAreRead() throws Exception {
    List<Path> good = new ArrayList<>();
    String trace = Files.readString(TRACE);
    good.add(Files.createSymbolicLink(folder.resolve("link"), TRACE.toAbsolutePath()));
    good.add(Files.writeString(folder.resolve("marked"), "\uFEFF" + trace));
    good.add(Files.writeString(folder.resolve("large"), trace + " ".repeat(1 << 20)));
    for (Path file : good) {
      assertEquals(0, gle("replay", file).exitCode(), file::toString);
    }
    String configuration = PublishedModel.GLE_15K.configuration(1).toJson();
    byte[] full = new byte[4 << 20];
    Arrays.fill(full, (byte) ' ');
    byte[] json = configuration.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(json, 0, full, 0, json.length);
    Path model = Files.write(folder.resolve("mine.json"), full);
    assertRefusedAtOnce( // for what is looked at when the file has been read
        "--batch of other: only of mine allowed",
        gle("compare", "mnist1d", "--model", model, "--batch=other=1"));
    Files.write(model, new byte[1], StandardOpenOption.APPEND);
    assertRefusedAtOnce(
        model + ": 4194305 bytes; a file of at most 4194304 bytes allowed",
        gle("compare", "mnist1d", "--model", model));
  }

  @Test
  void adviceOnMemoryIsTrue() {
    long gigabyte = 1L << 30;
    assertEquals(
        "out of memory: JAVA_OPTS=-Xmx4g in the environment gives 4 GB, for example",
        new OutOfMemory("Java heap space", 2 * gigabyte, 8 * gigabyte).line());
    assertEquals(
        "out of memory: JAVA_OPTS=-Xmx12g in the environment gives 12 GB, for example",
        new OutOfMemory("Physical memory usage is too high: physicalBytes", 6 * gigabyte, 1L << 40)
            .line());
    assertEquals(
        "out of memory: Java heap space; Java may take 2.0 of this machine's 3.5 GB",
        new OutOfMemory("Java heap space", 2 * gigabyte, 7 * gigabyte / 2).line());
    assertEquals(
        "out of memory: Required array size too large",
        new OutOfMemory("Required array size too large", 2 * gigabyte, 1L << 40).line());
  }
}

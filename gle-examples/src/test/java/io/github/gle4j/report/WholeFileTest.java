// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir private Path folder;

  @Test
  void replacesAFileAndLeavesNothingElse() throws Exception {
    Path file = folder.resolve("file");
    WholeFile.write(file, new byte[100_000]);
    WholeFile.write(file, new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aFailureLeavesNothing() throws Exception {
    Path occupied = Files.createDirectories(folder.resolve("occupied/by/folders")).getParent();
    assertThrows(IOException.class, () -> WholeFile.write(occupied, new byte[10]));
    try (Stream<Path> files = Files.list(occupied.getParent())) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void hashesAsTheWorldDoes() {
    assertEquals(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        WholeFile.sha256(new byte[0]));
  }
}

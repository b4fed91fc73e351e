// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Any bytes are refused as idx file and as batch of CIFAR-10, or give what was asked for. */
class ImageFileFuzzTest {
  private static final int SIDE = 2;

  @FuzzTest(maxDuration = "1m")
  void read(byte[] bytes) throws IOException {
    boolean gzipped = bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
    Path file = Files.createTempFile("gle-fuzz", gzipped ? ".gz" : "");
    try {
      Files.write(file, bytes);
      try {
        if (IdxFile.read(file, SIDE, SIDE).length % (SIDE * SIDE) != 0) {
          throw new AssertionError("a part of an image");
        }
      } catch (InvalidImageFileException refused) {
        // as it should be
      }
      try {
        Cifar10.images(List.of(file), 1).labelCounts(10);
      } catch (InvalidImageFileException refused) {
        // as it should be
      }
    } finally {
      Files.delete(file);
    }
  }
}

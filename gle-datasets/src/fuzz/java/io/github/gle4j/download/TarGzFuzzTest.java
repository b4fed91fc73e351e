// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Any tar archive, and any gzipped one, is refused or extracted below its folder. */
class TarGzFuzzTest {
  private static final TarGz.Limits LIMITS = new TarGz.Limits(1 << 20, 100);

  @FuzzTest(maxDuration = "1m")
  void extract(byte[] bytes) throws IOException {
    boolean gzipped = bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
    Path top = Files.createTempDirectory("gle-fuzz");
    try {
      Path folder = Files.createDirectory(top.resolve("folder"));
      Path archive = Files.write(top.resolve("x.tar.gz"), gzipped ? bytes : gzip(bytes));
      try {
        for (TarGz.Extracted file : TarGz.extract(archive, folder, LIMITS, done -> {})) {
          if (Files.size(folder.resolve(file.name())) != file.size()) {
            throw new AssertionError(file + " has another size");
          }
        }
      } catch (DownloadException refused) {
        // as it should be
      }
      try (Stream<Path> files = Files.list(top)) {
        if (files.count() != 2) {
          throw new AssertionError("something beside the folder");
        }
      }
    } finally {
      delete(top);
    }
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static void delete(Path top) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(top)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Extracts an archive into a cache and prints a file of it; one of many processes. */
final class ExtractingProgram {
  private ExtractingProgram() {}

  public static void main(String[] args) throws Exception {
    Archive archive =
        new Archive("set.tar.gz", URI.create(args[1]), Long.parseLong(args[2]), args[3]);
    DownloadCache cache = new DownloadCache(Path.of(args[0]), DownloadProgress.NONE);
    System.out.print(Files.readString(cache.extracted(archive).resolve("a/one.txt")));
  }
}

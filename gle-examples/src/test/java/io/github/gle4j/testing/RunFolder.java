// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a run of {@code gle train} leaves. */
public final class RunFolder {
  private RunFolder() {}

  /** The figures of every epoch, without the last column, the seconds. */
  public static List<String> figures(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.csv")).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',')))
        .toList();
  }
}

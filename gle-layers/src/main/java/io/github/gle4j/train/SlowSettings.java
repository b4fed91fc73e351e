// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.connectivity.Blas;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of a program's environment slows OpenBLAS down, as the log tells once. */
final class SlowSettings {
  private static final Logger LOG = LoggerFactory.getLogger(StreamingTrainer.class);
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  /** What OpenBLAS's code for SkylakeX needs; a processor without it ends the program. */
  private static final Set<String> NEEDED =
      Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");

  private SlowSettings() {}

  /** Warns, the first time in a process. */
  static void tellOnce() {
    if (!TOLD.getAndSet(true)) {
      found(Blas.threads(), System.getenv(), processor()).forEach(LOG::warn);
    }
  }

  /**
   * What should be set otherwise.
   *
   * @param threads number of OpenBLAS's
   * @param environment of the program
   * @param processor what Linux tells of it, in lines
   * @return a sentence each
   */
  static List<String> found(int threads, Map<String, String> environment, String processor) {
    List<String> found = new ArrayList<>();
    if (threads > 1) {
      found.add(
          "OpenBLAS uses "
              + threads
              + " threads, which in small networks wait for each other more than they compute: set"
              + " OMP_NUM_THREADS=1 in the environment");
    }
    boolean hasNeeded =
        processor
            .lines()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .map(line -> Set.copyOf(Arrays.asList(line.split("[\\s:]+"))).containsAll(NEEDED))
            .orElse(false);
    if (hasNeeded && environment.getOrDefault("OPENBLAS_CORETYPE", "").isEmpty()) {
      found.add(
          "OpenBLAS does not know every processor with AVX-512, which this one is, and then runs at"
              + " half speed: set OPENBLAS_CORETYPE=SkylakeX in the environment");
    }
    return found;
  }

  private static String processor() {
    try {
      return Files.readString(PROCESSOR, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // not Linux
    }
  }
}

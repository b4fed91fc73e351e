// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Memory that was not enough.
 *
 * @param reason why, as Java says it
 * @param heap bytes that Java's heap may have
 * @param machine bytes of memory of the machine
 */
record OutOfMemory(String reason, long heap, long machine) {
  /** Where a larger heap helps. ND4J's memory outside of the heap is bounded by the heap's size. */
  private static final Pattern OF_THE_HEAP =
      Pattern.compile("heap space|GC overhead|maxBytes|physicalBytes", Pattern.CASE_INSENSITIVE);

  private static final double GIGABYTE = 1 << 30;
  private static final int USUALLY_ENOUGH = 4;

  static OutOfMemory of(OutOfMemoryError error) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new OutOfMemory(
        String.valueOf(error.getMessage()).lines().findFirst().orElse(""),
        Runtime.getRuntime().maxMemory(),
        system.getTotalMemorySize());
  }

  /** What happened, and what helps if anything does. */
  String line() {
    long wanted = Math.max(USUALLY_ENOUGH, (long) Math.ceil(2 * heap / GIGABYTE));
    if (!OF_THE_HEAP.matcher(reason).find()) {
      return "out of memory: " + reason;
    }
    if (wanted * GIGABYTE > machine) {
      return String.format(
          Locale.ROOT,
          "out of memory: %s; Java may take %.1f of this machine's %.1f GB",
          reason,
          heap / GIGABYTE,
          machine / GIGABYTE);
    }
    return String.format(
        Locale.ROOT,
        "out of memory: JAVA_OPTS=-Xmx%dg in the environment gives %d GB, for example",
        wanted,
        wanted);
  }
}

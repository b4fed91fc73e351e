// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.faults.DamagedNetworks.Outcome;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Networks whose sizes were changed are refused by one line, or work: no data file ends a Java
 * machine.
 */
class DamagedNetworksTest {
  private static final int SEEDS = 2000;

  @TempDir private Path folder;

  @Test
  void aFew() throws Exception {
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    DamagedNetworks networks = new DamagedNetworks(folder);
    for (long seed = 10_000; seed < 10_040; seed++) {
      outcomes.merge(networks.read(seed), 1, Integer::sum);
    }
    assertTrue(outcomes.get(Outcome.REFUSED) > 5, outcomes::toString);
    assertTrue(outcomes.get(Outcome.USED) > 5, outcomes::toString);
  }

  @Test
  @Tag("faults")
  @Tag("long")
  void thousandsInAnotherProcess() throws Exception {
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    List<String> failures = new ArrayList<>();
    int crashes = 0;
    int next = 0;
    while (next < SEEDS) {
      Process process =
          new ProcessBuilder(
                  ShortRun.java(DamagedNetworks.class, "" + next, "" + SEEDS, folder.toString()))
              .redirectErrorStream(true)
              .start();
      try (BufferedReader lines = process.inputReader()) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("seed ")) {
            String outcome = line.substring(line.indexOf(": ") + 2);
            next = 1 + Integer.parseInt(line.substring(5, line.indexOf(": ")));
            if (outcome.startsWith("FAILED")) {
              failures.add(line);
            } else {
              outcomes.merge(Outcome.valueOf(outcome), 1, Integer::sum);
            }
          }
        }
      }
      if (process.waitFor() != 0) {
        failures.add("seed " + next + ": the process ended with " + process.exitValue());
        crashes++;
        next++;
      }
    }
    ShortRun.figure(
        "networks of other sizes: " + SEEDS + " inputs, " + outcomes + ", " + crashes + " crashes");
    assertEquals(List.of(), failures);
    assertEquals(0, crashes);
    assertTrue(outcomes.get(Outcome.USED) > SEEDS / 10, "not all are refused");
  }
}

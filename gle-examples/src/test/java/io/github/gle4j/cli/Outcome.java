// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

/** What a run of the program in this JVM came to: its exit code, and what it printed. */
record Outcome(int exitCode, String out, String err) {

  /** Runs {@code gle} with these words. */
  static Outcome gle(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Gle.run(
            new PrintWriter(out),
            new PrintWriter(err),
            Arrays.stream(args).map(Object::toString).toArray(String[]::new));
    return new Outcome(exitCode, out.toString(), err.toString());
  }

  /** Asserts that one line says why this ended early. */
  static void assertRefused(String message, Outcome outcome) {
    assertEquals(2, outcome.exitCode(), outcome::toString);
    assertEquals(1, outcome.err().lines().count(), outcome::err);
    assertTrue(outcome.err().contains(message), outcome::err);
  }

  /** Asserts that one line says why, before any other was printed. */
  static void assertRefusedAtOnce(String message, Outcome outcome) {
    assertRefused(message, outcome);
    assertEquals("", outcome.out());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

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
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.TraceReplay;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gle replay}: runs reference traces. */
@Command(
    name = "replay",
    description = {
      "Compares traces of a reference implementation with this one.",
      "Every recorded quantity is compared. Fails when one deviates by more than the tolerance."
    },
    sortOptions = false)
final class ReplayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Traces (JSON).")
  private List<Path> files;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "1e-9",
      description = "Largest deviation allowed, 0 or more (default: ${DEFAULT-VALUE}).")
  private double tolerance;

  @Override
  public Integer call() throws IOException {
    if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
      throw new ParameterException(
          spec.commandLine(),
          "--tolerance = " + tolerance + ": a finite number, 0 or more, allowed");
    }
    for (Path file : files) { // before the first one is replayed
      TraceReplay.check(file);
    }
    boolean ok = true;
    for (Path file : files) {
      ok &= replay(file);
    }
    return ok ? 0 : Gle.FAILED;
  }

  private boolean replay(Path file) throws IOException {
    TraceReplay.Outcome outcome = TraceReplay.replay(file);
    PrintWriter out = spec.commandLine().getOut();
    out.println(file + ": " + outcome.steps() + " steps");
    outcome
        .deviations()
        .forEach(
            (quantity, deviation) ->
                out.printf(
                    Locale.ROOT, "  %-8s  %8.2e  %s%n", quantity, deviation, verdict(deviation)));
    out.printf(
        Locale.ROOT,
        "%s: %s (largest deviation %.2e, tolerance %s)%n",
        file,
        verdict(outcome.largest()),
        outcome.largest(),
        tolerance);
    out.flush();
    return outcome.largest() <= tolerance;
  }

  private String verdict(double deviation) {
    return deviation <= tolerance ? "ok" : "FAILED";
  }
}

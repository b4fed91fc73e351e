// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.report.AlignmentFigure;
import io.github.gle4j.suite.GradientAlignment;
import io.github.gle4j.suite.GradientAlignment.Alignment;
import io.github.gle4j.suite.GradientAlignment.Signal;
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

/** {@code gle figure}: measures what a figure shows and draws it. */
@Command(
    name = "figure",
    description = {
      "Measures and draws a figure.",
      "Writes to a folder: a picture (PNG) and its numbers (CSV).",
      "gradient-alignment: the angle between the gradient of sequence training and the exact one."
    },
    sortOptions = false)
final class FigureCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "gradient-alignment")
  private Names.FigureName figure;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the first network, 1 or more (default: ${DEFAULT-VALUE}).")
  private int seed;

  @Option(
      names = "--networks",
      paramLabel = "N",
      defaultValue = "3",
      description = "Networks to average over, 1 or more (default: ${DEFAULT-VALUE}).")
  private int networks;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A new or empty folder (default: runs/figure-<time>).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    require(seed >= 1, "--seed = " + seed + ": 1 or more allowed");
    require(networks >= 1, "--networks = " + networks + ": 1 or more allowed");
    try (OutputFolder folder = OutputFolder.open(out, "figure")) {
      measure(folder.path());
    }
    return 0;
  }

  private void measure(Path folder) throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    console.printf(
        Locale.ROOT,
        "%s, %d networks from seed %d; results go to %s%n",
        figure,
        networks,
        seed,
        folder);
    console.flush();
    long start = System.nanoTime();
    List<Alignment> alignments = GradientAlignment.measureAll(seed, networks);
    List<String> files = AlignmentFigure.write(folder, alignments);
    print(console, alignments);
    console.printf(Locale.ROOT, "%ndone, %s%n", Durations.text((System.nanoTime() - start) / 1e9));
    console.println("  " + folder + ": " + String.join(", ", files));
    console.flush();
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private static void print(PrintWriter console, List<Alignment> alignments) {
    console.println();
    console.println("input   time scale  tau_m/tau_r  layer 1  layer 2  layer 3  readout");
    for (Signal signal : Signal.values()) {
      for (double timeScale : GradientAlignment.TIME_SCALES) {
        for (double ratio : GradientAlignment.RATIOS) {
          console.printf(Locale.ROOT, "%-6s  %4.0f tau_m  %11.0f", signal, timeScale, ratio);
          for (int layer = 1; layer <= GradientAlignment.LAYERS; layer++) {
            double mean = GradientAlignment.mean(alignments, signal, timeScale, ratio, layer);
            console.printf(Locale.ROOT, "  %7.4f", mean);
          }
          console.println();
        }
      }
    }
  }
}

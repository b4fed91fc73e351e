// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.TrainingPlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Shows how a comparison goes: a line that moves with the epochs of all runs on a terminal,
 * otherwise a line per run and one at least every {@value #SILENCE_SECONDS} seconds.
 */
final class ComparisonDisplay implements AutoCloseable {
  private static final int SILENCE_SECONDS = 15;

  private final PrintWriter out;
  private final int runs;
  private final long epochs;
  private final ProgressLine moving;
  private int finishedRuns;
  private long finishedEpochs;
  private long lastLine = System.nanoTime();

  /**
   * A display.
   *
   * @param columns of the terminal; none: there is none
   * @param missing of the plans those that have not been carried out
   */
  ComparisonDisplay(
      PrintWriter out, OptionalInt columns, List<TrainingPlan> plans, List<TrainingPlan> missing) {
    this.out = out;
    runs = plans.size();
    finishedRuns = runs - missing.size();
    epochs = epochs(plans);
    finishedEpochs = epochs - epochs(missing);
    moving =
        columns.isPresent() && !missing.isEmpty()
            ? new ProgressLine(out, columns.getAsInt(), epochs, finishedEpochs)
            : null;
  }

  private static long epochs(List<TrainingPlan> plans) {
    return plans.stream().mapToLong(TrainingPlan::epochs).sum();
  }

  void epoch(TrainingPlan plan, Epoch epoch) {
    finishedEpochs += epoch.epoch() == 0 ? 0 : 1;
    List<String> words =
        List.of(
            String.format(Locale.ROOT, "test %.1f %%", 100 * epoch.testAccuracy()),
            "run " + Math.min(runs, finishedRuns + 1) + "/" + runs,
            plan.model().name() + " seed " + plan.seed(),
            "epoch " + epoch.epoch() + "/" + plan.epochs());
    if (moving != null) {
      moving.show(finishedEpochs, words, List.of());
    } else if (System.nanoTime() - lastLine > SILENCE_SECONDS * 1e9) {
      line(
          String.format(
              Locale.ROOT,
              "%s  (%d of %d epochs)",
              String.join("  ", words),
              finishedEpochs,
              epochs));
    }
  }

  void run(TrainingPlan plan, ComparedRun run) {
    finishedRuns++;
    if (moving == null) {
      line(
          String.format(
              Locale.ROOT,
              "run %d/%d  %s seed %d done: test %.2f %%, %s of training",
              finishedRuns,
              runs,
              plan.model().name(),
              plan.seed(),
              100 * run.lastAccuracy(),
              Durations.text(run.trainingSeconds())));
    }
  }

  private void line(String line) {
    out.println(line);
    out.flush();
    lastLine = System.nanoTime();
  }

  @Override
  public void close() {
    if (moving != null) {
      moving.close();
    }
  }
}

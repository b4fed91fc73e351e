// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.TrainingPlan;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;

/**
 * Shows how a comparison goes: a progress bar over the epochs of all runs on a terminal, otherwise
 * a line per run and one at least every {@value #SILENCE_SECONDS} seconds.
 */
final class ComparisonDisplay implements AutoCloseable {
  private static final int SILENCE_SECONDS = 15;

  private final PrintWriter out;
  private final int runs;
  private final long epochs;
  private final ProgressBar bar;
  private int finishedRuns;
  private long finishedEpochs;
  private long lastLine = System.nanoTime();

  ComparisonDisplay(
      PrintWriter out, boolean terminal, List<TrainingPlan> plans, List<TrainingPlan> missing) {
    this.out = out;
    runs = plans.size();
    finishedRuns = runs - missing.size();
    epochs = epochs(plans);
    finishedEpochs = epochs - epochs(missing);
    bar =
        terminal && !missing.isEmpty()
            ? Terminal.progressBar(out)
                .setTaskName("comparing")
                .setInitialMax(epochs)
                .setUnit(" epochs", 1)
                .startsFrom(finishedEpochs, Duration.ZERO)
                .build()
            : null;
  }

  private static long epochs(List<TrainingPlan> plans) {
    return plans.stream().mapToLong(TrainingPlan::epochs).sum();
  }

  void epoch(TrainingPlan plan, Epoch epoch) {
    finishedEpochs += epoch.epoch() == 0 ? 0 : 1;
    String text =
        String.format(
            Locale.ROOT,
            "run %d/%d  %s seed %d  epoch %d/%d  test %.1f %%",
            Math.min(runs, finishedRuns + 1),
            runs,
            plan.model().name(),
            plan.seed(),
            epoch.epoch(),
            plan.epochs(),
            100 * epoch.testAccuracy());
    if (bar != null) {
      bar.stepTo(finishedEpochs);
      bar.setExtraMessage(" " + text);
    } else if (System.nanoTime() - lastLine > SILENCE_SECONDS * 1e9) {
      line(String.format(Locale.ROOT, "%s  (%d of %d epochs)", text, finishedEpochs, epochs));
    }
  }

  void run(TrainingPlan plan, ComparedRun run) {
    finishedRuns++;
    if (bar == null) {
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
    if (bar != null) {
      bar.close();
      out.println();
      out.flush();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import io.github.gle4j.suite.TrainingProgress;
import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;

/**
 * Shows how training goes: a progress bar on a terminal, otherwise a line per epoch and, so that
 * long epochs do not look dead, one at least every {@value #SILENCE_SECONDS} seconds.
 */
final class TrainingDisplay implements AutoCloseable {
  private static final int SILENCE_SECONDS = 15;

  private final PrintWriter out;
  private final int epochs;
  private final long plannedSteps;
  private final ProgressBar bar;
  private long lastLine = System.nanoTime();
  private long firstStepTime;
  private String lastTest = "";

  TrainingDisplay(PrintWriter out, boolean terminal, int epochs, long plannedSteps) {
    this.out = out;
    this.epochs = epochs;
    this.plannedSteps = plannedSteps;
    bar = terminal ? bar() : null;
  }

  private ProgressBar bar() {
    return Terminal.progressBar(out)
        .setTaskName("training")
        .setInitialMax(Math.max(1, plannedSteps))
        .setUnit(" steps", 1)
        .showSpeed(new DecimalFormat("0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
        .build();
  }

  void progress(TrainingProgress progress) {
    if (firstStepTime == 0 && progress.epoch() > 0) {
      firstStepTime = System.nanoTime();
    }
    if (bar != null) {
      bar.stepTo(progress.trainingSteps());
      bar.setExtraMessage(" " + brief(progress) + lastTest);
    } else if (System.nanoTime() - lastLine > SILENCE_SECONDS * 1e9) {
      line(
          String.format(
              Locale.ROOT,
              "%s  %s %d/%d%s%s",
              epoch(progress.epoch()),
              progress.activity(),
              progress.done(),
              progress.total(),
              progress.learning() == null ? "" : "  " + figures(progress.learning()),
              pace(progress)));
    }
  }

  void epoch(EpochMetrics metrics) {
    lastTest = String.format(Locale.ROOT, ", test %.1f %%", 100 * metrics.test().accuracy());
    if (bar == null) {
      String held =
          metrics.validation() == null ? "" : "  validation " + figures(metrics.validation());
      line(
          String.format(
              Locale.ROOT,
              "%s  train %s%s  test %s  rate %s  %.1f s",
              epoch(metrics.epoch()),
              figures(metrics.train()),
              held,
              figures(metrics.test()),
              rate(metrics.learningRate()),
              metrics.seconds()));
    }
  }

  private String epoch(int epoch) {
    return "epoch " + epoch + "/" + epochs;
  }

  private String brief(TrainingProgress progress) {
    Figures learning = progress.learning();
    if (learning == null) {
      return epoch(progress.epoch()) + " " + progress.activity();
    }
    return String.format(
        Locale.ROOT,
        "%s loss %.3f acc %.1f %% rate %s",
        epoch(progress.epoch()),
        learning.loss(),
        100 * learning.accuracy(),
        rate(progress.learningRate()));
  }

  private String pace(TrainingProgress progress) {
    long steps = progress.trainingSteps();
    if (steps == 0) {
      return "";
    }
    double secondsPerStep = (System.nanoTime() - firstStepTime) / 1e9 / steps;
    return String.format(
        Locale.ROOT,
        "  rate %s  %.0f steps/s  %s left",
        rate(progress.learningRate()),
        1 / secondsPerStep,
        Durations.text((plannedSteps - steps) * secondsPerStep));
  }

  static String figures(Figures figures) {
    return String.format(
        Locale.ROOT, "loss %.4f accuracy %.2f %%", figures.loss(), 100 * figures.accuracy());
  }

  private static String rate(double learningRate) {
    DecimalFormatSymbols symbols = DecimalFormatSymbols.getInstance(Locale.ROOT);
    return new DecimalFormat("0.###E0", symbols).format(learningRate);
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

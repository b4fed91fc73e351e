// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import io.github.gle4j.suite.TrainingProgress;
import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Shows how training goes: a line that moves on a terminal, otherwise a line per epoch and, so that
 * long epochs do not look dead, one at least every {@value #SILENCE_SECONDS} seconds.
 */
final class TrainingDisplay implements AutoCloseable {
  private static final int SILENCE_SECONDS = 15;
  private static final double LONG_NUMBER = 1e5;

  private final PrintWriter out;
  private final int epochs;
  private final long plannedSteps;
  private final long stepsBefore;
  private final ProgressLine moving;
  private long lastLine = System.nanoTime();
  private long firstStepTime;
  private String lastTest = "";

  /**
   * A display.
   *
   * @param columns of the terminal; none: there is none
   * @param stepsBefore of the planned steps those of an earlier start
   */
  TrainingDisplay(
      PrintWriter out, OptionalInt columns, int epochs, long plannedSteps, long stepsBefore) {
    this.out = out;
    this.epochs = epochs;
    this.plannedSteps = plannedSteps;
    this.stepsBefore = stepsBefore;
    moving =
        columns.isPresent()
            ? new ProgressLine(out, columns.getAsInt(), plannedSteps, stepsBefore)
            : null;
  }

  void progress(TrainingProgress progress) {
    if (firstStepTime == 0 && progress.epoch() > 0) {
      firstStepTime = System.nanoTime();
    }
    if (moving != null) {
      moving.show(progress.trainingSteps(), essentials(progress), details(progress));
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
    lastTest = String.format(Locale.ROOT, "test %.1f %%", 100 * metrics.test().accuracy());
    if (moving == null) {
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

  private List<String> essentials(TrainingProgress progress) {
    Figures learning = progress.learning();
    List<String> words = new ArrayList<>();
    if (learning != null) {
      String number = learning.loss() < LONG_NUMBER ? "%.3f" : "%.2e";
      words.add("loss " + String.format(Locale.ROOT, number, learning.loss()));
      words.add(String.format(Locale.ROOT, "acc %.1f %%", 100 * learning.accuracy()));
    }
    words.add(epoch(progress.epoch()));
    if (learning == null) {
      words.add(progress.activity());
    }
    if (!lastTest.isEmpty()) {
      words.add(lastTest);
    }
    return words;
  }

  private List<String> details(TrainingProgress progress) {
    List<String> words = new ArrayList<>();
    words.add("rate " + rate(progress.learningRate()));
    if (progress.trainingSteps() > stepsBefore) {
      words.add(speed(progress));
      words.add(progress.trainingSteps() + "/" + plannedSteps + " steps");
    }
    return words;
  }

  private String pace(TrainingProgress progress) {
    long steps = progress.trainingSteps();
    if (steps <= stepsBefore) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "  rate %s  %s  %s left",
        rate(progress.learningRate()),
        speed(progress),
        Durations.text((plannedSteps - steps) * secondsPerStep(progress)));
  }

  private double secondsPerStep(TrainingProgress progress) {
    long steps = progress.trainingSteps() - stepsBefore;
    return (System.nanoTime() - firstStepTime) / 1e9 / steps;
  }

  private String speed(TrainingProgress progress) {
    return String.format(Locale.ROOT, "%.0f steps/s", 1 / secondsPerStep(progress));
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
    if (moving != null) {
      moving.close();
    }
  }
}

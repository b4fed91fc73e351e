// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedAccuracy;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.report.ModelSummary.Spread;
import io.github.gle4j.report.ReportTable.Column;
import io.github.gle4j.report.ReportTable.Source;
import io.github.gle4j.suite.TaskDescription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** The tables of a comparison, and how numbers are written in them. */
final class ComparisonTables {
  private static final String NONE = "-";
  private static final int MOST_TIMES = 6;
  private static final int[] EPOCHS = {1, 5, 10, 20, 50, 100, 150, 200, 500, 1000};
  private static final double[] SECONDS = {
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800
  };

  private ComparisonTables() {}

  /** The main table for a terminal, a line per model. */
  static List<String> lines(ComparedResults results) {
    List<String> lines = new ArrayList<>();
    boolean isPublished = results.isPublished();
    lines.add(
        String.format(
            Locale.ROOT,
            "model             parameters  measured accuracy %%  seeds  %s training  steps/s",
            isPublished ? "published %  " : ""));
    for (ModelSummary model : results.models()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-16s  %10d  %19s  %5d  %s%9s  %7s",
              model.model().name(),
              model.parameters(),
              plain(text(model.accuracy())),
              model.runs().size(),
              isPublished ? String.format(Locale.ROOT, "%11s  ", plain(published(model))) : "",
              seconds(model.trainingSeconds()),
              whole(model.stepsPerSecond())));
    }
    lines.add("measured: protocol " + results.task().protocol().protocolName());
    if (isPublished) {
      lines.add("published: " + results.task().published());
    }
    return lines;
  }

  private static String plain(String text) {
    return text.replace("\u00b1", "+-");
  }

  static ReportTable mainTable(ComparedResults results) {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                new Column("model", Source.MODEL, m -> m.model().name()),
                new Column("input", Source.MODEL, m -> m.input().toString()),
                new Column("streamed", Source.MODEL, m -> yes(isStreamed(m))),
                new Column("online", Source.MODEL, m -> yes(m.model().online())),
                new Column(
                    "points", Source.MODEL, m -> Integer.toString(m.model().shape().length())),
                new Column("parameters", Source.MODEL, m -> grouped(m.parameters())),
                new Column(
                    "memory of training state, kB per sequence",
                    Source.MODEL,
                    m -> String.format(Locale.ROOT, "%.1f", m.memory() / 1000.0)),
                new Column("measured: accuracy %", Source.OWN, m -> text(m.accuracy())),
                new Column(
                    "measured: seeds", Source.OWN, m -> m.runs().size() + " of " + m.planned()),
                new Column("measured: epochs", Source.OWN, m -> m.epochs() + ""),
                new Column(
                    "measured: training time", Source.OWN, m -> seconds(m.trainingSeconds())),
                new Column("measured: steps/s", Source.OWN, m -> whole(m.stepsPerSecond()))));
    if (results.isPublished()) {
      columns.add(
          new Column(publishedHeader(results.task()), Source.PAPER, ComparisonTables::published));
    }
    return new ReportTable(columns);
  }

  static ReportTable epochTable(ComparedResults results) {
    int most = results.models().stream().mapToInt(ModelSummary::epochs).max().orElse(0);
    TreeSet<Integer> epochs = new TreeSet<>();
    Arrays.stream(EPOCHS).filter(epoch -> epoch <= most).forEach(epochs::add);
    epochs.add(most);
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("model", Source.MODEL, m -> m.model().name()));
    for (int epoch : epochs) {
      columns.add(new Column("epoch " + epoch, Source.OWN, m -> text(m.accuracyAt(epoch))));
    }
    return new ReportTable(columns);
  }

  static ReportTable timeTable(ComparedResults results) {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("model", Source.MODEL, m -> m.model().name()));
    for (double time : times(results)) {
      columns.add(new Column("after " + seconds(time), Source.OWN, m -> after(m, time)));
    }
    return new ReportTable(columns);
  }

  /** Up to the longest training, the last ones of the list. */
  private static List<Double> times(ComparedResults results) {
    double longest = results.longestTraining();
    List<Double> times = Arrays.stream(SECONDS).filter(time -> time <= longest).boxed().toList();
    return times.subList(Math.max(0, times.size() - MOST_TIMES), times.size());
  }

  private static String after(ModelSummary model, double time) {
    if (model.runs().isEmpty()) {
      return NONE;
    }
    boolean over = model.runs().stream().allMatch(run -> run.trainingSeconds() < time);
    return text(model.accuracyAfter(time)) + (over ? " (ended)" : "");
  }

  static boolean isStreamed(ModelSummary model) {
    return model.input() == TaskModel.Input.STREAM;
  }

  static String yes(boolean condition) {
    return condition ? "yes" : "no";
  }

  static String text(Spread spread) {
    if (spread.count() == 0) {
      return NONE;
    }
    return spread.count() == 1
        ? String.format(Locale.ROOT, "%.1f", spread.mean())
        : String.format(Locale.ROOT, "%.1f \u00b1 %.1f", spread.mean(), spread.sd());
  }

  static String published(ModelSummary model) {
    PublishedAccuracy published = model.model().published();
    return published == null
        ? NONE
        : digits(published.mean())
            + (Double.isNaN(published.sd()) ? "" : " \u00b1 " + digits(published.sd()));
  }

  /** As published: with one decimal, or two. */
  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.2f", value).replaceFirst("0$", "");
  }

  private static String publishedHeader(TaskDescription task) {
    return task.isPublishedData()
        ? "published: accuracy %"
        : String.format(Locale.ROOT, "published (%s): accuracy %%", task.published());
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number).replace(',', '\u00a0');
  }

  private static String whole(double number) {
    return Double.isNaN(number) ? NONE : String.format(Locale.ROOT, "%.0f", number);
  }

  static String seconds(double seconds) {
    if (Double.isNaN(seconds)) {
      return NONE;
    }
    return seconds < 120
        ? String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds)
        : String.format(Locale.ROOT, "%.1f min", seconds / 60);
  }
}

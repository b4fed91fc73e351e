// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.ComparedModel;
import io.github.gle4j.models.PublishedAccuracy;
import io.github.gle4j.models.PublishedCurve;
import io.github.gle4j.report.ModelSummary.Spread;
import io.github.gle4j.report.ReportTable.Column;
import io.github.gle4j.report.ReportTable.Source;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.ComparedRun.Plan;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a comparison brought so far: {@code report.html}, which needs no other file, {@code
 * report.md}, {@code results.csv} with a line per model and {@code curves.csv} with a line per run
 * and epoch. What was measured and what was published are in columns of their own.
 */
public final class ComparisonReport {
  private static final String HTML = "report.html";
  private static final String MARKDOWN = "report.md";
  private static final String RESULTS = "results.csv";
  private static final String CURVES = "curves.csv";
  private static final String NONE = "-";

  private static final List<String> COLOURS =
      List.of(
          "#1f5fb4", "#e68a00", "#2e8b57", "#c0392b", "#7d5ba6", "#8c564b", "#d4689e", "#5f6a72",
          "#9a9a00", "#17a2b8");

  private static final int MOST_TIMES = 6;
  private static final int[] EPOCHS = {1, 5, 10, 20, 50, 100, 150, 200, 500, 1000};
  private static final double[] SECONDS = {
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800
  };

  private final List<ModelSummary> models;
  private final List<Plan> plans;
  private final List<ComparedRun> runs;

  /**
   * A report.
   *
   * @param results all runs that were asked for, in the order of the tables; null: not finished
   */
  public ComparisonReport(Map<Plan, ComparedRun> results) {
    plans = List.copyOf(results.keySet());
    runs = results.values().stream().filter(Objects::nonNull).toList();
    Map<String, List<Plan>> byModel = new LinkedHashMap<>();
    plans.forEach(
        plan -> byModel.computeIfAbsent(plan.model().name(), name -> new ArrayList<>()).add(plan));
    models =
        byModel.values().stream()
            .map(
                all ->
                    ModelSummary.of(
                        all.get(0).model(),
                        all.size(),
                        all.stream().map(results::get).filter(Objects::nonNull).toList()))
            .toList();
  }

  /**
   * Writes all files, over those of an earlier report.
   *
   * @param folder where to
   * @return names of the files, in the folder
   * @throws IOException when a file cannot be written
   */
  public List<String> write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> files = new LinkedHashMap<>();
    files.put(HTML, html());
    files.put(MARKDOWN, markdown());
    files.put(RESULTS, results());
    files.put(CURVES, curves());
    for (Map.Entry<String, String> file : files.entrySet()) {
      byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
      WholeFile.write(folder.resolve(file.getKey()), content);
    }
    return List.copyOf(files.keySet());
  }

  /**
   * The main table for a terminal.
   *
   * @return a line per model
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "model             parameters  measured accuracy %  seeds  published %   training  steps/s");
    for (ModelSummary model : models) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-16s  %10d  %19s  %5d  %11s  %9s  %7s",
              model.model().name(),
              model.parameters(),
              plain(text(model.accuracy())),
              model.runs().size(),
              plain(published(model)),
              seconds(model.trainingSeconds()),
              whole(model.stepsPerSecond())));
    }
    return lines;
  }

  private static String plain(String text) {
    return text.replace("\u00b1", "+-");
  }

  // The tables

  private static ReportTable mainTable() {
    return new ReportTable(
        List.of(
            new Column("model", Source.MODEL, m -> m.model().name()),
            new Column("input", Source.MODEL, m -> m.model().input().toString()),
            new Column("streamed", Source.MODEL, m -> yes(isStreamed(m))),
            new Column("online", Source.MODEL, m -> yes(m.model().online())),
            new Column("points", Source.MODEL, m -> Integer.toString(m.model().length())),
            new Column("parameters", Source.MODEL, m -> grouped(m.parameters())),
            new Column(
                "memory of training state, kB per sequence",
                Source.MODEL,
                m -> String.format(Locale.ROOT, "%.1f", m.memory() / 1000.0)),
            new Column("measured: accuracy %", Source.OWN, m -> text(m.accuracy())),
            new Column("measured: seeds", Source.OWN, m -> m.runs().size() + " of " + m.planned()),
            new Column("measured: epochs", Source.OWN, m -> m.epochs() + ""),
            new Column("measured: training time", Source.OWN, m -> seconds(m.trainingSeconds())),
            new Column("measured: steps/s", Source.OWN, m -> whole(m.stepsPerSecond())),
            new Column("published: accuracy %", Source.PAPER, ComparisonReport::published)));
  }

  private ReportTable epochTable() {
    int most = models.stream().mapToInt(ModelSummary::epochs).max().orElse(0);
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

  private ReportTable timeTable() {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("model", Source.MODEL, m -> m.model().name()));
    for (double time : times()) {
      columns.add(new Column("after " + seconds(time), Source.OWN, m -> after(m, time)));
    }
    return new ReportTable(columns);
  }

  /** Up to the longest training, the last ones of the list. */
  private List<Double> times() {
    double longest = longest();
    List<Double> times = Arrays.stream(SECONDS).filter(time -> time <= longest).boxed().toList();
    return times.subList(Math.max(0, times.size() - MOST_TIMES), times.size());
  }

  private double longest() {
    return runs.stream().mapToDouble(ComparedRun::trainingSeconds).max().orElse(1);
  }

  private static String after(ModelSummary model, double time) {
    if (model.runs().isEmpty()) {
      return NONE;
    }
    boolean over = model.runs().stream().allMatch(run -> run.trainingSeconds() < time);
    return text(model.accuracyAfter(time)) + (over ? " (ended)" : "");
  }

  private static boolean isStreamed(ModelSummary model) {
    return model.model().input() == ComparedModel.Input.STREAM;
  }

  private static String yes(boolean condition) {
    return condition ? "yes" : "no";
  }

  private static String text(Spread spread) {
    if (spread.count() == 0) {
      return NONE;
    }
    return spread.count() == 1
        ? String.format(Locale.ROOT, "%.1f", spread.mean())
        : String.format(Locale.ROOT, "%.1f \u00b1 %.1f", spread.mean(), spread.sd());
  }

  private static String published(ModelSummary model) {
    PublishedAccuracy published = model.model().published();
    return published == null
        ? NONE
        : String.format(Locale.ROOT, "%.1f \u00b1 %.1f", published.mean(), published.sd());
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number).replace(',', '\u00a0');
  }

  private static String whole(double number) {
    return Double.isNaN(number) ? NONE : String.format(Locale.ROOT, "%.0f", number);
  }

  private static String seconds(double seconds) {
    if (Double.isNaN(seconds)) {
      return NONE;
    }
    return seconds < 120
        ? String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds)
        : String.format(Locale.ROOT, "%.1f min", seconds / 60);
  }

  // The words

  private String summary() {
    Plan plan = plans.get(0);
    String seeds =
        plans.stream().map(p -> p.seed() + "").distinct().collect(Collectors.joining(", "));
    return ("%d of %d runs are finished: %d models, seeds %s. Data: MNIST-1D, %d sequences of the"
            + " published seed %d, %s in the test set. Accuracies are those of the test set after"
            + " the last epoch (not the best one), mean \u00b1 standard deviation over the seeds.")
        .formatted(
            runs.size(),
            plans.size(),
            models.size(),
            seeds,
            plan.samples(),
            TrainingPlan.DATA_SEED,
            plan.samples() / 5);
  }

  private String protocol() {
    return plans.get(0).protocol() == Protocol.PAPER
        ? "As published, all models train on the whole training set, and the learning rate of the"
            + " GLE models (gle-15k, gle-42k, lagnet-le) is lowered when the loss on the test set"
            + " stops falling: their test accuracy is not independent of the test set. The other"
            + " models have a fixed learning rate. --protocol holdout lets a tenth of the training"
            + " set decide instead."
        : "A tenth of the training set is held out and decides when the learning rate of the GLE"
            + " models (gle-15k, gle-42k, lagnet-le) is lowered; the others have a fixed one. The"
            + " test set decides nothing. The published values were trained on the whole training"
            + " set, and the test set decided.";
  }

  private static final List<String> EXPLANATIONS =
      List.of(
          "online: the network learns while a sequence arrives, an update of all parameters per"
              + " time step. Otherwise: an update per batch of whole sequences, by backpropagation"
              + " (through time).",
          "streamed: the network reads one point at a time. The recurrent baselines read the"
              + " sequence a second time from its end, so they answer only once it is complete.",
          "training time: learning only, without evaluation, on one thread per run. steps/s: points"
              + " of a sequence that a batch of 100 sequences advances per second of learning,"
              + " forward and backward.",
          "memory of training state: what the learning rule must remember of one sequence to learn"
              + " from it, counted in numbers of 4 bytes (not measured). Backpropagation: the input"
              + " and the output of every layer at all time steps, in an LSTM also its gates and"
              + " cell, in a GRU its gates and the recurrent product; it grows with the length of"
              + " the sequence. GLE: of every neuron voltage, rate, its derivative, and one error,"
              + " and the feedback to the layer below, of the current time step only; it does not"
              + " grow. Parameters and the optimiser's moments are not counted.",
          "published: accuracies of the GLE paper, on the same data.");

  private List<String> deviations() {
    if (!isPublishedData()) {
      return List.of("not judged: the data is not the published one");
    }
    List<String> lines = new ArrayList<>();
    for (ModelSummary model : models) {
      if (Math.abs(model.deviation()) > 2) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s: measured %s, published %s: %.1f published standard deviations %s",
                model.model().name(),
                text(model.accuracy()),
                published(model),
                Math.abs(model.deviation()),
                model.deviation() > 0 ? "above" : "below"));
      }
    }
    List<String> others =
        models.stream()
            .filter(model -> model.model().published() != null && Double.isNaN(model.deviation()))
            .map(model -> model.model().name())
            .toList();
    if (!others.isEmpty()) {
      lines.add(
          "not judged, as not (yet) trained for %d epochs: %s"
              .formatted(ComparedModel.EPOCHS, String.join(", ", others)));
    }
    return lines.isEmpty() ? List.of("none") : lines;
  }

  private boolean isPublishedData() {
    return plans.get(0).samples() == TrainingPlan.PUBLISHED_SAMPLES;
  }

  private List<String> distinct(Function<ComparedRun, String> property) {
    return runs.stream().map(property).distinct().toList();
  }

  private static String machine(ComparedRun run) {
    return run.machine().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("; "));
  }

  // The files

  private String html() throws IOException {
    StringBuilder body = new StringBuilder("<h1>GLE and others on MNIST-1D</h1>\n");
    paragraph(body, summary());
    paragraph(body, protocol());
    body.append("<p><span class=\"own\">measured by this run</span> ");
    body.append("<span class=\"paper\">published in the paper</span></p>\n");
    body.append(mainTable().html(models));
    list(body, EXPLANATIONS);
    heading(body, "More than two published standard deviations away");
    list(body, deviations());
    heading(body, "Accuracy over training time");
    body.append("<div class=\"wide\">").append(timePlot()).append("</div>").append(legend());
    body.append(timeTable().html(models));
    heading(body, "Accuracy after equal epochs");
    body.append(epochTable().html(models));
    heading(body, "Learning curves");
    paragraph(
        body,
        "Test accuracy: mean and band of one standard deviation over the seeds, in colour."
            + " Published curves, where there are any: dashed, their band grey.");
    grid(body, this::curvePlot);
    heading(body, "Confusion matrices");
    paragraph(
        body, "Test set after the last epoch, all seeds. Rows: true class, columns: predicted.");
    grid(body, model -> confusion(model.confusion()));
    heading(body, "Made by");
    list(body, distinct(ComparedRun::command));
    heading(body, "Machine and versions");
    list(body, distinct(ComparisonReport::machine));
    return resource("comparison.html").replace("@BODY@", body);
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = ComparisonReport.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void heading(StringBuilder html, String text) {
    html.append("<h2>").append(ReportTable.escaped(text)).append("</h2>\n");
  }

  private static void paragraph(StringBuilder html, String text) {
    html.append("<p>").append(ReportTable.escaped(text)).append("</p>\n");
  }

  private static void list(StringBuilder html, List<String> items) {
    html.append("<ul>");
    items.forEach(item -> html.append("<li>").append(ReportTable.escaped(item)).append("</li>\n"));
    html.append("</ul>\n");
  }

  private void grid(StringBuilder html, Function<ModelSummary, String> picture) {
    html.append("<div class=\"grid\">");
    for (ModelSummary model : models) {
      if (!model.runs().isEmpty()) {
        html.append("<figure><figcaption>%s</figcaption>".formatted(model.model().name()));
        html.append(picture.apply(model)).append("</figure>\n");
      }
    }
    html.append("</div>\n");
  }

  private String colour(ModelSummary model) {
    return COLOURS.get(models.indexOf(model) % COLOURS.size());
  }

  /** The eleventh model has the first colour again, dashed. */
  private String dashes(ModelSummary model) {
    int round = models.indexOf(model) / COLOURS.size();
    return round == 0 ? null : 4 * round + " 3";
  }

  private String legend() {
    StringBuilder html = new StringBuilder("<p class=\"legend\">");
    for (ModelSummary model : models) {
      html.append(
          "<span><i style=\"border-top:3px %s %s\"></i>%s</span> "
              .formatted(
                  dashes(model) == null ? "solid" : "dashed", colour(model), model.model().name()));
    }
    return html.append("</p>\n").toString();
  }

  private String timePlot() {
    double first =
        models.stream()
            .filter(model -> model.epochs() > 0)
            .mapToDouble(model -> model.secondsAt(1))
            .min()
            .orElse(0.1);
    SvgPlot plot = new SvgPlot("seconds of training", true, first, longest());
    for (ModelSummary model : models) {
      int epochs = model.epochs();
      if (epochs > 0) {
        double[] x = new double[epochs];
        double[] y = new double[epochs];
        for (int epoch = 1; epoch <= epochs; epoch++) {
          x[epoch - 1] = model.secondsAt(epoch);
          y[epoch - 1] = model.accuracyAt(epoch).mean();
        }
        plot.curve(colour(model), dashes(model), x, y);
      }
    }
    return plot.svg("Test accuracy of all models over the seconds of training");
  }

  private String curvePlot(ModelSummary model) {
    int epochs = model.epochs();
    SvgPlot plot = new SvgPlot("epoch", false, 0, epochs);
    PublishedCurve published = isPublishedData() ? model.model().curve() : null;
    if (published != null) {
      List<PublishedCurve.Epoch> shown =
          published.epochs().stream().filter(epoch -> epoch.epoch() <= epochs).toList();
      double[] x = shown.stream().mapToDouble(PublishedCurve.Epoch::epoch).toArray();
      double[] mean = shown.stream().mapToDouble(PublishedCurve.Epoch::meanAccuracy).toArray();
      double[] sd = shown.stream().mapToDouble(PublishedCurve.Epoch::sdAccuracy).toArray();
      band(plot, "#777", x, mean, sd);
      plot.curve("#777", "5 3", x, mean);
    }
    double[] x = new double[epochs + 1];
    double[] mean = new double[epochs + 1];
    double[] sd = new double[epochs + 1];
    for (int epoch = 0; epoch <= epochs; epoch++) {
      Spread spread = model.accuracyAt(epoch);
      x[epoch] = epoch;
      mean[epoch] = spread.mean();
      sd[epoch] = spread.count() > 1 ? spread.sd() : 0;
    }
    band(plot, colour(model), x, mean, sd);
    plot.curve(colour(model), null, x, mean);
    return plot.svg("Test accuracy of " + model.model().name() + " over the epochs");
  }

  private static void band(SvgPlot plot, String colour, double[] x, double[] mean, double[] sd) {
    double[] low = new double[x.length];
    double[] high = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      low[i] = mean[i] - sd[i];
      high[i] = mean[i] + sd[i];
    }
    plot.band(colour, x, low, high);
  }

  /** Each cell's shade is its share of the true class. */
  private static String confusion(int[][] counts) {
    StringBuilder html = new StringBuilder("<table class=\"confusion\"><tr><th></th>");
    for (int predicted = 0; predicted < counts.length; predicted++) {
      html.append("<th>").append(predicted).append("</th>");
    }
    html.append("</tr>");
    for (int actual = 0; actual < counts.length; actual++) {
      int all = Math.max(1, Arrays.stream(counts[actual]).sum());
      html.append("<tr><th>").append(actual).append("</th>");
      for (int count : counts[actual]) {
        double share = (double) count / all;
        html.append(
            String.format(
                Locale.ROOT,
                "<td style=\"background:rgba(31,95,180,%.2f);color:%s\">%d</td>",
                share,
                share > 0.5 ? "#fff" : "#000",
                count));
      }
      html.append("</tr>");
    }
    return html.append("</table>").toString();
  }

  private String markdown() {
    StringBuilder text = new StringBuilder("# GLE and others on MNIST-1D\n\n");
    text.append(summary()).append("\n\n").append(protocol()).append("\n\n");
    text.append(mainTable().markdown(models)).append('\n');
    items(text, EXPLANATIONS);
    text.append("\n## More than two published standard deviations away\n\n");
    items(text, deviations());
    text.append("\n## Accuracy (%) after equal training time\n\n");
    text.append(timeTable().markdown(models));
    text.append("\n## Accuracy (%) after equal epochs\n\n").append(epochTable().markdown(models));
    text.append("\n## Made by\n\n");
    items(text, distinct(run -> "`" + run.command() + "`"));
    text.append("\n## Machine and versions\n\n");
    items(text, distinct(ComparisonReport::machine));
    return text.toString();
  }

  private static void items(StringBuilder text, List<String> items) {
    items.forEach(item -> text.append("* ").append(item).append('\n'));
  }

  private String results() {
    StringBuilder table =
        new StringBuilder(
            "model,input,streamed,online,points,parameters,memory_bytes_per_sequence,"
                + "seeds_finished,seeds_planned,epochs,measured_accuracy_percent,"
                + "measured_sd_percent,published_accuracy_percent,published_sd_percent,"
                + "training_seconds,steps_per_second,updates_per_second\n");
    for (ModelSummary model : models) {
      PublishedAccuracy published = model.model().published();
      table.append(
          String.join(
                  ",",
                  model.model().name(),
                  model.model().input().toString(),
                  yes(isStreamed(model)),
                  yes(model.model().online()),
                  model.model().length() + "",
                  model.parameters() + "",
                  model.memory() + "",
                  model.runs().size() + "",
                  model.planned() + "",
                  model.epochs() + "",
                  cell(model.accuracy().mean()),
                  cell(model.accuracy().sd()),
                  published == null ? "" : cell(published.mean()),
                  published == null ? "" : cell(published.sd()),
                  cell(model.trainingSeconds()),
                  cell(model.stepsPerSecond()),
                  cell(model.updatesPerSecond()))
              + "\n");
    }
    return table.toString();
  }

  private String curves() {
    StringBuilder table =
        new StringBuilder(
            "model,seed,epoch,train_loss,validation_loss,test_loss,test_accuracy,"
                + "training_seconds\n");
    for (ComparedRun run : runs) {
      for (Epoch epoch : run.epochs()) {
        table.append(
            "%s,%d,%d,%s,%s,%s,%s,%s%n"
                .formatted(
                    run.model(),
                    run.seed(),
                    epoch.epoch(),
                    epoch.trainLoss() == null ? "" : epoch.trainLoss(),
                    epoch.validationLoss() == null ? "" : epoch.validationLoss(),
                    epoch.testLoss(),
                    epoch.testAccuracy(),
                    cell(epoch.trainingSeconds())));
      }
    }
    return table.toString();
  }

  /** Empty for NaN. */
  private static String cell(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedCurve;
import io.github.gle4j.report.ModelSummary.Spread;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** A comparison as one HTML page. */
final class ComparisonPage {
  private static final List<String> COLOURS =
      List.of(
          "#1f5fb4", "#e68a00", "#2e8b57", "#c0392b", "#7d5ba6", "#8c564b", "#d4689e", "#5f6a72",
          "#9a9a00", "#17a2b8");

  private final ComparedResults results;
  private final List<ModelSummary> models;

  ComparisonPage(ComparedResults results) {
    this.results = results;
    models = results.models();
  }

  String html() throws IOException {
    String title = ReportTable.escaped(ComparisonWords.title(results));
    StringBuilder body = new StringBuilder("<h1>" + title + "</h1>\n");
    paragraph(body, ComparisonWords.summary(results));
    paragraph(body, ComparisonWords.protocol(results));
    if (results.isPublished()) {
      body.append("<p><span class=\"own\">measured by this run</span> ");
      body.append("<span class=\"paper\">published in the paper</span></p>\n");
    }
    body.append(ComparisonTables.mainTable(results).html(models));
    list(body, ComparisonWords.explanations(results));
    if (results.isPublished()) {
      heading(body, "More than two published standard deviations away");
      list(body, ComparisonWords.deviations(results));
    }
    heading(body, "Accuracy over training time");
    body.append("<div class=\"wide\">").append(timePlot()).append("</div>").append(legend());
    body.append(ComparisonTables.timeTable(results).html(models));
    heading(body, "Accuracy after equal epochs");
    body.append(ComparisonTables.epochTable(results).html(models));
    heading(body, "Learning curves");
    paragraph(
        body,
        "Test accuracy: mean and band of one standard deviation over the seeds, in colour."
            + (results.isPublished()
                ? " Published curves, where there are any: dashed, their band grey."
                : ""));
    grid(body, this::curvePlot);
    heading(body, "Confusion matrices");
    paragraph(
        body, "Test set after the last epoch, all seeds. Rows: true class, columns: predicted.");
    grid(body, model -> confusion(model.confusion()));
    heading(body, "Made by");
    list(body, ComparisonWords.commands(results));
    heading(body, "Machine and versions");
    list(body, ComparisonWords.machines(results));
    return resource("comparison.html").replace("@TITLE@", title).replace("@BODY@", body);
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = ComparisonPage.class.getResourceAsStream(name)) {
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
        html.append(
            String.format(
                Locale.ROOT, "<figure><figcaption>%s</figcaption>", model.model().name()));
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
          String.format(
              Locale.ROOT,
              "<span><i style=\"border-top:3px %s %s\"></i>%s</span> ",
              dashes(model) == null ? "solid" : "dashed",
              colour(model),
              model.model().name()));
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
    SvgPlot plot = new SvgPlot("seconds of training", true, first, results.longestTraining());
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
    PublishedCurve published = results.task().isPublishedData() ? model.model().curve() : null;
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
  private String confusion(int[][] counts) {
    StringBuilder html = new StringBuilder("<table class=\"confusion\"><tr><th></th>");
    List<String> names = results.task().classes().stream().map(ReportTable::escaped).toList();
    names.forEach(name -> html.append("<th>").append(name).append("</th>"));
    html.append("</tr>");
    for (int actual = 0; actual < counts.length; actual++) {
      int all = Math.max(1, Arrays.stream(counts[actual]).sum());
      html.append("<tr><th>").append(names.get(actual)).append("</th>");
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
}

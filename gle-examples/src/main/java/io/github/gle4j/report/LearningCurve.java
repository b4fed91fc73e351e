// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedCurve;
import io.github.gle4j.models.PublishedCurve.Epoch;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A picture of accuracy and loss over the epochs. */
final class LearningCurve {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 480;
  private static final int MOST_MARKED_EPOCHS = 30;

  private LearningCurve() {}

  /**
   * Draws the curves side by side.
   *
   * @param epochs at least one
   * @param published drawn as a band of one standard deviation to both sides; null: none
   */
  static void write(Path file, String title, List<EpochMetrics> epochs, PublishedCurve published)
      throws IOException {
    BufferedImage both = new BufferedImage(2 * WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = both.createGraphics();
    XYChart accuracy = chart("Accuracy: " + title, "accuracy (%)", epochs);
    band(accuracy, published, epochs, Epoch::meanAccuracy, Epoch::sdAccuracy);
    curves(accuracy, epochs, f -> 100 * f.accuracy());
    accuracy.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
    accuracy.getStyler().setYAxisDecimalPattern("0");
    graphics.drawImage(BitmapEncoder.getBufferedImage(accuracy), 0, 0, null);
    XYChart loss = chart("Loss: " + title, "cross-entropy", epochs);
    band(loss, published, epochs, Epoch::meanLoss, Epoch::sdLoss);
    curves(loss, epochs, Figures::loss);
    loss.getStyler().setYAxisDecimalPattern("0.00");
    graphics.drawImage(BitmapEncoder.getBufferedImage(loss), WIDTH, 0, null);
    graphics.dispose();
    Picture.write(file, both);
  }

  private static XYChart chart(String title, String value, List<EpochMetrics> epochs) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("epoch")
            .yAxisTitle(value)
            .build();
    chart
        .getStyler()
        .setChartBackgroundColor(Color.WHITE)
        .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15))
        .setLegendPosition(LegendPosition.OutsideS)
        .setLegendLayout(LegendLayout.Horizontal)
        .setLegendBorderColor(Color.WHITE);
    chart
        .getStyler()
        .setPlotGridLinesColor(new Color(225, 225, 225))
        .setXAxisDecimalPattern("0")
        .setXAxisMin(0.0)
        .setXAxisMax((double) Math.max(1, last(epochs).epoch()));
    return chart;
  }

  private static void curves(
      XYChart chart, List<EpochMetrics> epochs, ToDoubleFunction<Figures> part) {
    add(chart, "train", new Color(0x9a, 0x9a, 0x9a), epochs, EpochMetrics::train, part);
    if (last(epochs).validation() != null) {
      add(chart, "validation", new Color(0xe6, 0x8a, 0x00), epochs, EpochMetrics::validation, part);
    }
    add(chart, "test", new Color(0x1f, 0x5f, 0xb4), epochs, EpochMetrics::test, part);
  }

  private static void band(
      XYChart chart,
      PublishedCurve published,
      List<EpochMetrics> epochs,
      ToDoubleFunction<Epoch> mean,
      ToDoubleFunction<Epoch> deviation) {
    if (published == null) {
      return;
    }
    int count = Math.min(published.epochs().size(), last(epochs).epoch() + 1);
    if (count < 2) {
      return;
    }
    double[] x = new double[2 * count]; // there above the mean, back below it
    double[] y = new double[2 * count];
    for (int i = 0; i < count; i++) {
      Epoch epoch = published.epochs().get(i);
      x[i] = epoch.epoch();
      x[2 * count - 1 - i] = epoch.epoch();
      y[i] = mean.applyAsDouble(epoch) + deviation.applyAsDouble(epoch);
      y[2 * count - 1 - i] = mean.applyAsDouble(epoch) - deviation.applyAsDouble(epoch);
    }
    XYSeries series = chart.addSeries("published: test, ten seeds, mean \u00b1 sd", x, y);
    series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.PolygonArea);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(SeriesLines.NONE);
    series.setFillColor(new Color(0x1f, 0x5f, 0xb4, 50));
  }

  private static void add(
      XYChart chart,
      String name,
      Color color,
      List<EpochMetrics> epochs,
      Function<EpochMetrics, Figures> figures,
      ToDoubleFunction<Figures> part) {
    double[] x = epochs.stream().mapToDouble(EpochMetrics::epoch).toArray();
    double[] y = epochs.stream().map(figures).mapToDouble(part).toArray();
    Marker marker = x.length > MOST_MARKED_EPOCHS ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE;
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarkerColor(color).setMarker(marker);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
  }

  private static EpochMetrics last(List<EpochMetrics> epochs) {
    return epochs.get(epochs.size() - 1);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.GradientAlignment;
import io.github.gle4j.suite.GradientAlignment.Alignment;
import io.github.gle4j.suite.GradientAlignment.Signal;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Cosines between GLE's and the exact gradient, over the ratio of time constants. */
public final class AlignmentFigure {
  private static final String PICTURE = "gradient-alignment.png";
  private static final String TABLE = "gradient-alignment.csv";
  private static final int WIDTH = 360;
  private static final int HEIGHT = 270;
  private static final Color[] LAYERS = {
    new Color(0xc0, 0x39, 0x2b), new Color(0xe6, 0x8a, 0x00),
    new Color(0x6a, 0xa8, 0x4f), new Color(0x1f, 0x5f, 0xb4)
  };

  private AlignmentFigure() {}

  /**
   * Writes a picture and a table.
   *
   * @param folder where to
   * @param alignments every setting, of one network at least
   * @return names of the files, in the folder
   * @throws IOException when they cannot be written
   */
  public static List<String> write(Path folder, List<Alignment> alignments) throws IOException {
    WholeFile.write(folder.resolve(TABLE), table(alignments).getBytes(StandardCharsets.UTF_8));
    Picture.write(folder.resolve(PICTURE), picture(alignments));
    return List.of(PICTURE, TABLE);
  }

  private static String table(List<Alignment> alignments) {
    StringBuilder table = new StringBuilder("signal,time_scale,ratio,seed,layer,cosine\n");
    for (Alignment a : alignments) {
      table.append(
          String.format(
              Locale.ROOT,
              "%s,%s,%s,%d,%d,%s%n",
              a.signal(),
              a.timeScale(),
              a.ratio(),
              a.seed(),
              a.layer(),
              a.cosine()));
    }
    return table.toString();
  }

  /** A row for each signal, a column for each time scale. */
  private static BufferedImage picture(List<Alignment> alignments) {
    Signal[] signals = Signal.values();
    int columns = GradientAlignment.TIME_SCALES.size();
    BufferedImage all =
        new BufferedImage(columns * WIDTH, signals.length * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = all.createGraphics();
    for (int row = 0; row < signals.length; row++) {
      for (int column = 0; column < columns; column++) {
        XYChart chart = chart(signals[row], GradientAlignment.TIME_SCALES.get(column), alignments);
        BufferedImage image = BitmapEncoder.getBufferedImage(chart);
        graphics.drawImage(image, column * WIDTH, row * HEIGHT, null);
      }
    }
    graphics.dispose();
    return all;
  }

  private static XYChart chart(Signal signal, double timeScale, List<Alignment> alignments) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(String.format(Locale.ROOT, "%s, time scale %.0f tau_m", signal, timeScale))
            .xAxisTitle("tau_m / tau_r")
            .yAxisTitle("cosine")
            .build();
    chart
        .getStyler()
        .setChartBackgroundColor(Color.WHITE)
        .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13))
        .setLegendPosition(LegendPosition.OutsideS)
        .setLegendLayout(LegendLayout.Horizontal)
        .setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10))
        .setLegendBorderColor(Color.WHITE);
    chart
        .getStyler()
        .setPlotGridLinesColor(new Color(225, 225, 225))
        .setXAxisDecimalPattern("0")
        .setYAxisDecimalPattern("0.0")
        .setXAxisMin(0.0)
        .setXAxisMax(12.0)
        .setYAxisMin(-0.2)
        .setYAxisMax(1.0);
    double[] x = GradientAlignment.RATIOS.stream().mapToDouble(Double::doubleValue).toArray();
    for (int layer = GradientAlignment.LAYERS; layer >= 1; layer--) {
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        y[i] = GradientAlignment.mean(alignments, signal, timeScale, x[i], layer);
      }
      String name = layer == GradientAlignment.LAYERS ? "readout" : "layer " + layer;
      XYSeries series = chart.addSeries(name, x, y);
      series.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(LAYERS[layer - 1]);
      series.setLineColor(LAYERS[layer - 1]);
      series.setLineStyle(new BasicStroke(2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }
    return chart;
  }
}

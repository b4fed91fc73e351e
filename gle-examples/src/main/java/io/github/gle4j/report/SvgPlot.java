// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A plot of curves as SVG text that scales with the page it is put into: accuracies in percent over
 * epochs or, logarithmically, over seconds.
 */
final class SvgPlot {
  private static final int WIDTH = 360;
  private static final int HEIGHT = 240;
  private static final int LEFT = 40;
  private static final int RIGHT = 10;
  private static final int TOP = 10;
  private static final int BOTTOM = 38;
  private static final int MOST_TICKS = 6;

  /**
   * A logarithmic axis with a larger ratio of its ends has fewer numbers, or they would collide.
   */
  private static final double WIDE_RANGE = 300;

  private final String label;
  private final boolean logarithmic;
  private final double from;
  private final double to;
  private final StringBuilder content = new StringBuilder();

  /**
   * An empty plot.
   *
   * @param label of the horizontal axis
   * @param from its first value, positive if logarithmic
   * @param to its last value
   */
  SvgPlot(String label, boolean logarithmic, double from, double to) {
    this.label = label;
    this.logarithmic = logarithmic;
    this.from = from;
    this.to = to > from ? to : logarithmic ? 10 * from : from + 1;
    axes();
  }

  private void axes() {
    for (int percent = 0; percent <= 100; percent += 20) {
      double y = y(percent);
      line("grid", LEFT, y, WIDTH - RIGHT, y);
      text(LEFT - 5, y + 4, "end", percent + "");
    }
    for (double tick : ticks()) {
      double x = x(tick);
      line("grid", x, TOP, x, HEIGHT - BOTTOM);
      text(x, HEIGHT - BOTTOM + 14, "middle", number(tick));
    }
    text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6, "middle", label);
    content.append("<text transform=\"rotate(-90)\" text-anchor=\"middle\"");
    content.append(
        String.format(
            Locale.ROOT,
            " x=\"%d\" y=\"11\">test accuracy (%%)</text>",
            -(TOP + HEIGHT - BOTTOM) / 2));
  }

  private List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (logarithmic) {
      double[] factors = to / from > WIDE_RANGE ? new double[] {1, 3} : new double[] {1, 2, 5};
      for (int exponent = (int) Math.floor(Math.log10(from));
          Math.pow(10, exponent) <= to;
          exponent++) {
        double decade = Math.pow(10, exponent);
        DoubleStream.of(factors)
            .map(factor -> factor * decade)
            .filter(tick -> tick >= from && tick <= to)
            .forEach(ticks::add);
      }
      return ticks;
    }
    double decade = Math.pow(10, Math.floor(Math.log10((to - from) / MOST_TICKS)));
    double step =
        DoubleStream.of(1, 2, 5, 10)
            .map(factor -> Math.max(1, factor * decade))
            .filter(candidate -> (to - from) / candidate <= MOST_TICKS)
            .findFirst()
            .orElse(10 * decade);
    for (double tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
      ticks.add(tick);
    }
    return ticks;
  }

  /** The area between two curves over the same abscissae. */
  void band(String colour, double[] x, double[] low, double[] high) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      points.append(point(x[i], high[i]));
    }
    for (int i = x.length - 1; i >= 0; i--) {
      points.append(point(x[i], low[i]));
    }
    content.append(
        String.format(
            Locale.ROOT,
            "<polygon points=\"%s\" fill=\"%s\" fill-opacity=\"0.2\" stroke=\"none\"/>",
            points.toString().trim(),
            colour));
  }

  /** A curve; dashes: an SVG pattern, or null. */
  void curve(String colour, String dashes, double[] x, double[] y) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      points.append(point(x[i], y[i]));
    }
    content.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\"%s/>",
            points.toString().trim(),
            colour,
            dashes == null ? "" : " stroke-dasharray=\"" + dashes + "\""));
  }

  /**
   * The plot.
   *
   * @param description for those who cannot see it
   */
  String svg(String description) {
    return String.format(
        Locale.ROOT,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%s</svg>",
        WIDTH,
        HEIGHT,
        description,
        content);
  }

  private void line(String kind, double x1, double y1, double x2, double y2) {
    content.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
            kind,
            x1,
            y1,
            x2,
            y2));
  }

  private void text(double x, double y, String anchor, String text) {
    content.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
            x,
            y,
            anchor,
            text));
  }

  private String point(double x, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f ", x(x), y(y));
  }

  private double x(double value) {
    double share =
        logarithmic
            ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
            : (value - from) / (to - from);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double percent) {
    double share = Math.max(0, Math.min(100, percent)) / 100;
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }
}

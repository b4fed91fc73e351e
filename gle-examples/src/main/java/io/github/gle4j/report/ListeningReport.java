// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.Listener;
import io.github.gle4j.suite.Listening;
import io.github.gle4j.suite.Listening.Step;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** What a network said while it listened: a table and a picture. */
public final class ListeningReport {
  private static final String TABLE = "probabilities.csv";
  private static final String PICTURE = "listening.png";

  /** Seconds that a picture shows. */
  public static final int PICTURED_SECONDS = 10;

  private static final int WIDTH = 900;
  private static final int HEIGHT = 250;
  private static final int LEFT = 70;
  private static final int TOP = 40;
  private static final int GAP = 30;
  private static final int RIGHT = 120;
  private static final int BELOW = 50;
  private static final int LINE = 18;
  private static final int TICK_MILLIS = 200;

  private static final List<Color> COLOURS =
      List.of(
          new Color(0x1f5fb4),
          new Color(0xe68a00),
          new Color(0x2e8b57),
          new Color(0xc0392b),
          new Color(0x7d5ba6));

  private ListeningReport() {}

  /**
   * Writes {@code probabilities.csv} and {@code listening.png}, the picture of {@value
   * #PICTURED_SECONDS} seconds at most.
   *
   * @param folder where to
   * @param title of the picture
   * @param classes names of the classes
   * @param seconds what was heard, one at least; none is kept longer than needed
   * @return names of the files, in the folder
   * @throws IOException when a file cannot be written
   */
  public static List<String> write(
      Path folder, String title, List<String> classes, Iterator<Listening> seconds)
      throws IOException {
    List<Listening> pictured = new ArrayList<>();
    WholeFile.write(
        folder.resolve(TABLE),
        out -> {
          Writer table = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          table.write("step,milliseconds," + String.join(",", classes) + ",prediction\n");
          int steps = 0;
          while (seconds.hasNext()) {
            Listening second = seconds.next();
            table.write(lines(second, steps));
            steps += second.steps().size();
            if (pictured.size() < PICTURED_SECONDS) {
              pictured.add(second);
            }
          }
          table.flush();
        });
    Picture.write(folder.resolve(PICTURE), picture(title, pictured));
    return List.of(TABLE, PICTURE);
  }

  private static String lines(Listening listening, int first) {
    StringBuilder text = new StringBuilder();
    for (int t = 0; t < listening.steps().size(); t++) {
      Step step = listening.steps().get(t);
      text.append(first + t).append(String.format(Locale.ROOT, ",%.2f", step.milliseconds()));
      for (float probability : step.probabilities()) {
        text.append(String.format(Locale.ROOT, ",%.6f", probability));
      }
      text.append(',').append(listening.classes().get(step.prediction())).append('\n');
    }
    return text.toString();
  }

  /** The spectrogram above, the probabilities below it, on one axis of time. */
  private static BufferedImage picture(String title, List<Listening> seconds) {
    BufferedImage image =
        new BufferedImage(
            LEFT + WIDTH + RIGHT, TOP + 2 * HEIGHT + GAP + BELOW, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.setColor(Color.BLACK);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    graphics.drawString(title, LEFT, TOP - 14);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    List<float[]> bands = bands(seconds);
    double end = bands.get(0).length * Listener.WINDOW_MILLIS;
    spectrogram(graphics, bands);
    int top = TOP + HEIGHT + GAP;
    axes(graphics, top, end, TICK_MILLIS * seconds.size());
    probabilities(graphics, top, end, seconds);
    boolean single = seconds.size() == 1;
    for (Listening second : seconds) {
      if (second.hasSound()) {
        mark(graphics, second.wordEnd(), end, single ? "end of the word" : "", 0);
      }
      String decision = second.classes().get(second.decision());
      mark(graphics, second.decisionTime(), end, single ? "decision: " + decision : decision, LINE);
    }
    graphics.dispose();
    return image;
  }

  /** The windows of each band; the last one of a second is the first of the next. */
  private static List<float[]> bands(List<Listening> seconds) {
    int each = seconds.get(0).spectrogram().get(0).length - 1;
    List<float[]> bands = new ArrayList<>();
    for (int band = 0; band < seconds.get(0).spectrogram().size(); band++) {
      float[] values = new float[each * seconds.size() + 1];
      for (int second = 0; second < seconds.size(); second++) {
        float[] part = seconds.get(second).spectrogram().get(band);
        System.arraycopy(part, 0, values, each * second, part.length);
      }
      bands.add(values);
    }
    return bands;
  }

  /** A window's time is in the middle of its column. */
  private static int x(double milliseconds, double end) {
    return LEFT + (int) Math.round(WIDTH * (milliseconds + Listener.WINDOW_MILLIS / 2) / end);
  }

  /** Dark is loud; the lowest band is at the bottom. */
  private static void spectrogram(Graphics2D graphics, List<float[]> bands) {
    float least = Float.MAX_VALUE;
    float most = -Float.MAX_VALUE;
    for (float[] band : bands) {
      for (float value : band) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    int windows = bands.get(0).length;
    for (int band = 0; band < bands.size(); band++) {
      int y = TOP + HEIGHT - (band + 1) * HEIGHT / bands.size();
      int height = TOP + HEIGHT - band * HEIGHT / bands.size() - y;
      for (int window = 0; window < windows; window++) {
        float share = (bands.get(band)[window] - least) / Math.max(1e-9f, most - least);
        graphics.setColor(new Color(1 - 0.9f * share, 1 - 0.8f * share, 1 - 0.5f * share));
        int left = LEFT + window * WIDTH / windows;
        graphics.fillRect(left, y, LEFT + (window + 1) * WIDTH / windows - left, height);
      }
    }
    graphics.setColor(Color.BLACK);
    graphics.drawRect(LEFT, TOP, WIDTH, HEIGHT);
    graphics.drawString("mel bands", 2, TOP + HEIGHT / 2);
  }

  private static void axes(Graphics2D graphics, int top, double end, int tick) {
    graphics.drawRect(LEFT, top, WIDTH, HEIGHT);
    for (int percent = 0; percent <= 100; percent += 25) {
      int y = top + HEIGHT - percent * HEIGHT / 100;
      graphics.setColor(new Color(225, 225, 225));
      graphics.drawLine(LEFT + 1, y, LEFT + WIDTH - 1, y);
      graphics.setColor(Color.BLACK);
      graphics.drawString(percent + " %", LEFT - 45, y + 5);
    }
    for (int time = 0; time <= end; time += tick) {
      graphics.drawLine(x(time, end), top + HEIGHT, x(time, end), top + HEIGHT + 5);
      graphics.drawString(time + " ms", x(time, end) - 18, top + HEIGHT + 22);
    }
  }

  /** The most probable classes in colour, the others grey. */
  private static void probabilities(
      Graphics2D graphics, int top, double end, List<Listening> seconds) {
    List<Integer> classes =
        IntStream.range(0, seconds.get(0).classes().size())
            .boxed()
            .sorted((a, b) -> Double.compare(total(seconds, b), total(seconds, a)))
            .toList();
    for (int rank = classes.size() - 1; rank >= 0; rank--) {
      boolean coloured = rank < COLOURS.size();
      graphics.setColor(coloured ? COLOURS.get(rank) : new Color(200, 200, 200));
      graphics.setStroke(new BasicStroke(coloured ? 2 : 1));
      Path2D curve = new Path2D.Double();
      for (Step step : steps(seconds)) {
        double y = top + HEIGHT * (1 - step.probabilities().get(classes.get(rank)));
        int x = x(step.milliseconds(), end);
        if (curve.getCurrentPoint() == null) {
          curve.moveTo(x, y);
        } else {
          curve.lineTo(x, y);
        }
      }
      graphics.draw(curve);
      if (coloured) {
        String name = seconds.get(0).classes().get(classes.get(rank));
        graphics.drawString(name, LEFT + WIDTH + 10, top + LINE * (rank + 1));
      }
    }
  }

  private static List<Step> steps(List<Listening> seconds) {
    return seconds.stream().flatMap(second -> second.steps().stream()).toList();
  }

  private static double total(List<Listening> seconds, int label) {
    return steps(seconds).stream().mapToDouble(s -> s.probabilities().get(label)).sum();
  }

  private static void mark(
      Graphics2D graphics, double milliseconds, double end, String text, int below) {
    int x = x(milliseconds, end);
    graphics.setColor(Color.BLACK);
    graphics.setStroke(
        new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {5, 4}, 0));
    graphics.drawLine(x, TOP, x, TOP + 2 * HEIGHT + GAP);
    boolean left = x > LEFT + WIDTH / 2;
    int width = graphics.getFontMetrics().stringWidth(text);
    graphics.drawString(text, left ? x - width - 4 : x + 4, TOP + LINE + below);
  }
}

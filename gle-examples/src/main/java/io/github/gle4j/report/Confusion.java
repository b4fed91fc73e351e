// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.nd4j.evaluation.classification.Evaluation;

/** How often which class was taken for which: a table and a picture. */
final class Confusion {
  private static final int SMALLEST_CELL = 48;
  private static final int LETTER = 9;
  private static final int BESIDE = 63;
  private static final int BELOW = 72;
  private static final int TITLE = 40;

  /** Row: true class, column: predicted class. */
  private final int[][] counts;

  private final List<String> names;

  Confusion(Evaluation evaluation, List<String> names) {
    this.names = List.copyOf(names);
    int classes = names.size();
    counts = new int[classes][classes];
    for (int actual = 0; actual < classes; actual++) {
      for (int predicted = 0; predicted < classes; predicted++) {
        counts[actual][predicted] = evaluation.getConfusionMatrix().getCount(actual, predicted);
      }
    }
  }

  /** A header line, then one line per true class. */
  void writeTable(Path file) throws IOException {
    StringJoiner header = new StringJoiner(",");
    header.add("true\\predicted");
    names.forEach(header::add);
    StringBuilder table = new StringBuilder(header + "\n");
    for (int actual = 0; actual < counts.length; actual++) {
      StringJoiner row = new StringJoiner(",");
      row.add(names.get(actual));
      for (int count : counts[actual]) {
        row.add(Integer.toString(count));
      }
      table.append(row).append('\n');
    }
    WholeFile.write(file, table.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Each cell's shade is its share of the true class. */
  void writePicture(Path file, String title) throws IOException {
    int classes = counts.length;
    int longest = names.stream().mapToInt(String::length).max().orElse(1);
    int cell = Math.max(SMALLEST_CELL, longest * LETTER);
    int margin = BESIDE + longest * LETTER;
    int width = margin + classes * cell + 20;
    int height = TITLE + classes * cell + BELOW;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    graphics.setFont(plain);
    int middle = margin + classes * cell / 2;
    for (int actual = 0; actual < classes; actual++) {
      int all = Math.max(1, Arrays.stream(counts[actual]).sum());
      int y = TITLE + actual * cell;
      for (int predicted = 0; predicted < classes; predicted++) {
        int x = margin + predicted * cell;
        double share = (double) counts[actual][predicted] / all;
        graphics.setColor(shade(share));
        graphics.fillRect(x, y, cell - 1, cell - 1);
        graphics.setColor(share > 0.5 ? Color.WHITE : Color.BLACK);
        String count = Integer.toString(counts[actual][predicted]);
        centred(graphics, count, x + cell / 2, y + cell / 2);
      }
      graphics.setColor(Color.BLACK);
      centred(graphics, names.get(actual), margin - 12 - longest * LETTER / 2, y + cell / 2);
      int labels = TITLE + classes * cell + 14;
      centred(graphics, names.get(actual), margin + actual * cell + cell / 2, labels);
    }
    centred(graphics, "predicted class", middle, TITLE + classes * cell + 44);
    graphics.setFont(plain.deriveFont(Font.BOLD, 15));
    centred(graphics, title, width / 2, TITLE / 2);
    graphics.setFont(plain);
    graphics.rotate(-Math.PI / 2);
    centred(graphics, "true class", -(TITLE + classes * cell / 2), 20);
    graphics.dispose();
    Picture.write(file, image);
  }

  /** From white to blue. */
  private static Color shade(double share) {
    return new Color(
        (int) Math.round(255 - share * 224),
        (int) Math.round(255 - share * 160),
        (int) Math.round(255 - share * 75));
  }

  private static void centred(Graphics2D graphics, String text, int x, int y) {
    FontMetrics metrics = graphics.getFontMetrics();
    int baseline = y + (metrics.getAscent() - metrics.getDescent()) / 2;
    graphics.drawString(text, x - metrics.stringWidth(text) / 2, baseline);
  }
}

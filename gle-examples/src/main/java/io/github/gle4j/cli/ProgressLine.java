// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * One line of a terminal that shows how far something is: a percentage, what matters most, the time
 * that is left, and a bar and details where there is room. Nothing is cut: what does not fit is
 * left out.
 */
final class ProgressLine implements AutoCloseable {
  private static final String GAP = "  ";
  private static final int LEAST_BAR = 12;
  private static final int MOST_BAR = 42;
  private static final int UPDATE_MILLIS = 500;

  private final PrintWriter out;
  private final ProgressBar bar;
  private volatile Message message = new Message(List.of(), List.of());

  /** What is said beside the percentage: the most important first. */
  private record Message(List<String> essentials, List<String> details) {}

  /**
   * Begins the line.
   *
   * @param columns of the terminal
   * @param total when all is done
   * @param done what needs no doing any more
   */
  ProgressLine(PrintWriter out, int columns, long total, long done) {
    this.out = out;
    // The library's own consumer loads a terminal driver that takes Ctrl-C away from Java, and the
    // results so far would be lost; its own line cuts whatever stands at the end.
    bar =
        new ProgressBarBuilder()
            .setInitialMax(Math.max(1, total))
            .startsFrom(done, Duration.ZERO)
            .setConsumer(
                new DelegatingProgressBarConsumer(
                    text -> {
                      out.print("\r" + text);
                      out.flush();
                    },
                    columns - 1))
            .setRenderer(
                (state, width) ->
                    text(
                        state.getNormalizedProgress(),
                        secondsLeft(
                            state.getElapsedAfterStart(),
                            state.getCurrent() - state.getStart(),
                            state.getMax() - state.getCurrent()),
                        message,
                        width))
            .setUpdateIntervalMillis(UPDATE_MILLIS)
            .build();
  }

  private static double secondsLeft(Duration elapsed, long done, long missing) {
    return done <= 0 ? Double.NaN : elapsed.toMillis() / 1e3 / done * missing;
  }

  /**
   * Says where it stands.
   *
   * @param essentials what should be read first, the most important first
   * @param details what may be read beside a bar
   */
  void show(long done, List<String> essentials, List<String> details) {
    message = new Message(essentials, details);
    bar.stepTo(done);
  }

  private static String text(double share, double secondsLeft, Message message, int width) {
    Words words = new Words(width);
    words.add(String.format(Locale.ROOT, "%3.0f%%", Math.floor(100 * share)), 0);
    message.essentials().forEach(essential -> words.add(essential, 0));
    if (!Double.isNaN(secondsLeft)) {
      words.add(Durations.text(secondsLeft) + " left", 0);
    }
    message.details().forEach(detail -> words.add(detail, GAP.length() + LEAST_BAR));
    int length = Math.min(words.room - GAP.length(), MOST_BAR);
    if (length >= LEAST_BAR) {
      words.insertSecond(bar(share, length));
    }
    return String.join(GAP, words.parts) + " ".repeat(words.room); // what was longer disappears
  }

  /** What is on the line so far. */
  private static final class Words {
    private final List<String> parts = new ArrayList<>();
    private int room;

    Words(int width) {
      room = width;
    }

    /** Adds what leaves some room when added; leaves out what does not. */
    void add(String part, int rest) {
      int used = part.length() + (parts.isEmpty() ? 0 : GAP.length());
      if (used + rest <= room) {
        parts.add(part);
        room -= used;
      }
    }

    void insertSecond(String part) {
      parts.add(1, part);
      room -= GAP.length() + part.length();
    }
  }

  private static String bar(double share, int length) {
    int inside = length - 2;
    int full = (int) (share * inside);
    String head = full < inside ? ">" : "";
    return "[" + "=".repeat(full) + head + " ".repeat(inside - full - head.length()) + "]";
  }

  @Override
  public void close() {
    bar.close();
    out.println();
    out.flush();
  }
}

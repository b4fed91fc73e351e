// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import java.io.PrintWriter;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** The terminal the program runs in, if there is one. */
final class Terminal {
  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  @SuppressWarnings("SystemConsoleNull") // the launcher asks newer versions of Java for null too
  static boolean isThere() {
    return System.console() != null;
  }

  /**
   * A progress bar that writes to the terminal itself: the library's own way loads a terminal
   * driver that takes Ctrl-C away from Java, and the results so far would be lost.
   */
  static ProgressBarBuilder progressBar(PrintWriter out) {
    return new ProgressBarBuilder()
        .setConsumer(
            new DelegatingProgressBarConsumer(
                text -> {
                  out.print("\r" + text);
                  out.flush();
                },
                width() - 1))
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(500);
  }

  /** As the launcher found it. */
  private static int width() {
    String columns = System.getenv("COLUMNS");
    boolean known = columns != null && columns.matches("[1-9][0-9]{1,3}");
    return known ? Integer.parseInt(columns) : USUAL_WIDTH;
  }
}

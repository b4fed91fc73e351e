// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.download.DownloadProgress;
import io.github.gle4j.suite.BadInputException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Shows how a download goes: a line that moves on a terminal, otherwise a line every few seconds.
 */
final class DownloadDisplay implements DownloadProgress, AutoCloseable {
  private static final int SILENCE_SECONDS = 15;
  private static final int MEGABYTE = 1_000_000;

  private final PrintWriter out;
  private final OptionalInt columns;
  private ProgressLine moving;
  private String activity = "";
  private long lastLine;

  /**
   * A display.
   *
   * @param columns of the terminal; none: there is none
   */
  DownloadDisplay(PrintWriter out, OptionalInt columns) {
    this.out = out;
    this.columns = columns;
  }

  /**
   * The user's cache, whose downloads are shown here.
   *
   * @throws BadInputException when its folder cannot be used
   */
  DownloadCache cache() {
    try {
      return new DownloadCache(DownloadCache.userFolder(), this);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  @Override
  public void progress(Stage stage, String name, long done, long total) {
    String now = stage.toString().toLowerCase(Locale.ROOT) + " " + name;
    String megabytes = done / MEGABYTE + " of " + total / MEGABYTE + " MB";
    boolean another = !now.equals(activity);
    activity = now;
    if (stage == Stage.WAITING) {
      line("another program uses the cache folder: waiting for " + name);
    } else if (columns.isPresent()) {
      if (another) {
        close();
        moving = new ProgressLine(out, columns.getAsInt(), total, 0);
      }
      moving.show(done, List.of(now, megabytes), List.of());
    } else if (another || System.nanoTime() - lastLine > SILENCE_SECONDS * 1e9) {
      line(now + "  " + megabytes);
    }
  }

  private void line(String line) {
    out.println(line);
    out.flush();
    lastLine = System.nanoTime();
  }

  @Override
  public void close() {
    if (moving != null) {
      moving.close();
      moving = null;
    }
  }
}

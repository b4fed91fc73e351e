// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.download.DownloadProgress;
import io.github.gle4j.suite.BadInputException;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;

/** Shows how a download goes: a progress bar on a terminal, otherwise a line every few seconds. */
final class DownloadDisplay implements DownloadProgress, AutoCloseable {
  private static final int SILENCE_SECONDS = 15;
  private static final int MEGABYTE = 1_000_000;

  private final PrintWriter out;
  private final boolean terminal;
  private ProgressBar bar;
  private String activity = "";
  private long lastLine;

  DownloadDisplay(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
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
    boolean another = !now.equals(activity);
    activity = now;
    if (stage == Stage.WAITING) {
      line("another program uses the cache folder: waiting for " + name);
    } else if (terminal) {
      if (another) {
        close();
        bar =
            Terminal.progressBar(out)
                .setTaskName(now)
                .setInitialMax(Math.max(1, total))
                .setUnit(" MB", MEGABYTE)
                .build();
      }
      bar.stepTo(done);
    } else if (another || System.nanoTime() - lastLine > SILENCE_SECONDS * 1e9) {
      line(String.format(Locale.ROOT, "%s  %d of %d MB", now, done / MEGABYTE, total / MEGABYTE));
    }
  }

  private void line(String line) {
    out.println(line);
    out.flush();
    lastLine = System.nanoTime();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      out.println();
      out.flush();
    }
  }
}

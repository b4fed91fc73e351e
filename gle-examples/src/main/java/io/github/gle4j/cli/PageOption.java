// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.report.TrainingPage;
import io.github.gle4j.suite.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that open DL4J's training UI. */
final class PageOption {
  private static final int PAUSE_MILLIS = 200;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--ui",
      description = {
        "Show scores, parameters and gradients in a web page while training: DL4J's training UI, "
            + "with one point per minibatch.",
        "On a terminal the page stays after the training until Enter or Ctrl-C."
      })
  private boolean wanted;

  @Option(
      names = "--ui-host",
      paramLabel = "ADDRESS",
      defaultValue = TrainingPage.DEFAULT_HOST,
      description =
          "Address of this machine where the page is (default: ${DEFAULT-VALUE}, for this machine "
              + "only); 0.0.0.0: all of them, for everyone who reaches the port: it has no password.")
  private String host;

  @Option(
      names = "--ui-port",
      paramLabel = "N",
      defaultValue = "" + TrainingPage.DEFAULT_PORT,
      description = "Port of the page (default: ${DEFAULT-VALUE}); 0: any free one.")
  private int port;

  /** Refuses a port that cannot be used, before anything else happens. */
  void check() {
    if (wanted) {
      try {
        TrainingPage.check(host, port);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
      }
    }
  }

  /** Starts the page and lets it follow the run; null when it is not wanted. */
  TrainingPage open(TrainingRun run, PrintWriter console) {
    if (!wanted) {
      return null;
    }
    TrainingPage page = new TrainingPage(host, port);
    run.addListener(page.listener(run.updatesPerBatch()));
    console.println("the training can be watched at " + page.address());
    console.flush();
    return page;
  }

  /** Keeps the page open until the user has seen enough. */
  static void linger(TrainingPage page, PrintWriter console, BooleanSupplier interrupted)
      throws IOException {
    console.println("  " + page.address() + " stays until you press Enter");
    console.flush();
    try {
      while (!interrupted.getAsBoolean() && System.in.available() == 0) {
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

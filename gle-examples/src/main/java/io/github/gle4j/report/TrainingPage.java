// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.UUID;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.ui.VertxUIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;

/**
 * DL4J's training UI in this program: a web server that shows how scores, parameters, gradients and
 * the system develop. A Java process has at most one.
 */
public final class TrainingPage implements AutoCloseable {
  /** Where DL4J's UI is by default. */
  public static final int DEFAULT_PORT = VertxUIServer.DEFAULT_UI_PORT;

  /** Those who depend on this project's jars do not get it unasked. */
  private static final String LIBRARY = "org.deeplearning4j:deeplearning4j-ui";

  private static final long NANOS_BETWEEN_POINTS = 500_000_000;

  private final VertxUIServer server;
  private final StatsStorage storage = new InMemoryStatsStorage();
  private final String session = UUID.randomUUID().toString();

  /**
   * Starts the server.
   *
   * @param port where it answers; 0: any port that is free
   * @throws org.deeplearning4j.exception.DL4JException when the server cannot be started
   */
  public TrainingPage(int port) {
    server = VertxUIServer.getInstance(port, false, null);
    server.attach(storage);
  }

  /**
   * Checks that a server could be started.
   *
   * @param port 0 to 65535; 0: any port that is free
   * @throws IllegalArgumentException when it cannot; the message names the port and what is
   *     allowed, or what is missing
   */
  public static void check(int port) {
    if (!isOnClassPath()) {
      throw new IllegalArgumentException(
          "ui: DL4J's training UI is not on the class path; add " + LIBRARY);
    }
    if (port < 0 || port > 0xFFFF) {
      throw new IllegalArgumentException("ui-port = " + port + ": 0 to 65535 allowed");
    }
    try (ServerSocket probe = new ServerSocket(port)) {
      probe.setReuseAddress(true);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "ui-port = " + port + ": not free; another port, or 0 for any free one, allowed", e);
    }
  }

  private static boolean isOnClassPath() {
    try {
      Class.forName(
          "org.deeplearning4j.ui.VertxUIServer", false, TrainingPage.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * The page.
   *
   * @return a URL on this machine
   */
  public String address() {
    return server.getAddress() + "/train";
  }

  /**
   * Lets the page follow a training run. Collecting the statistics of a point takes longer than an
   * update of a small network: there is a point after a batch at most every half second.
   *
   * @param updatesPerBatch number of updates that learn from one batch of sequences; a point shows
   *     the mean score of whole batches
   * @return a listener for the network that is trained
   */
  public TrainingListener listener(int updatesPerBatch) {
    return listener(updatesPerBatch, NANOS_BETWEEN_POINTS);
  }

  TrainingListener listener(int updatesPerBatch, long nanosBetweenPoints) {
    StatsListener listener = new StatsListener(storage, 1);
    listener.setSessionID(session);
    return new ScoreOfManyUpdates(listener, updatesPerBatch, nanosBetweenPoints, System::nanoTime);
  }

  @Override
  public void close() throws Exception {
    server.detach(storage);
    VertxUIServer.stopInstance();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
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

  /** This machine only. */
  public static final String DEFAULT_HOST = "127.0.0.1";

  /** Those who depend on this project's jars do not get it unasked. */
  private static final String LIBRARY = "org.deeplearning4j:deeplearning4j-ui";

  private static final long NANOS_BETWEEN_POINTS = 500_000_000;

  private final VertxUIServer server;
  private final String host;
  private final StatsStorage storage = new InMemoryStatsStorage();
  private final String session = UUID.randomUUID().toString();

  /**
   * Starts the server for this machine alone.
   *
   * @param port where it answers; 0: any port that is free
   * @throws org.deeplearning4j.exception.DL4JException when the server cannot be started
   */
  public TrainingPage(int port) {
    this(DEFAULT_HOST, port);
  }

  /**
   * Starts the server.
   *
   * @param host name or address of this machine where it answers, to everyone who reaches it and
   *     without a password; {@code 0.0.0.0}: all of them
   * @param port where it answers; 0: any port that is free
   * @throws org.deeplearning4j.exception.DL4JException when the server cannot be started
   */
  public TrainingPage(String host, int port) {
    this.host = host;
    server = UiServer.start(host, port);
    server.attach(storage);
  }

  /**
   * Checks that a server could be started.
   *
   * @param host name or address of this machine
   * @param port 0 to 65535; 0: any port that is free
   * @throws IllegalArgumentException when it cannot; the message names host or port and what is
   *     allowed, or what is missing
   */
  public static void check(String host, int port) {
    if (!isOnClassPath()) {
      throw new IllegalArgumentException(
          "ui: DL4J's training UI is not on the class path; add " + LIBRARY);
    }
    if (port < 0 || port > 0xFFFF) {
      throw new IllegalArgumentException("ui-port = " + port + ": 0 to 65535 allowed");
    }
    InetAddress address = address(host);
    try (ServerSocket anyPort = new ServerSocket(0, 1, address)) {
      anyPort.setReuseAddress(true);
    } catch (IOException e) {
      throw notHere(host, e);
    }
    try (ServerSocket probe = new ServerSocket(port, 1, address)) {
      probe.setReuseAddress(true);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "ui-port = " + port + ": not free; another port, or 0 for any free one, allowed", e);
    }
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw notHere(host, e);
    }
  }

  private static IllegalArgumentException notHere(String host, IOException cause) {
    return new IllegalArgumentException(
        "ui-host = "
            + host
            + ": no name or address of this machine; "
            + DEFAULT_HOST
            + " (this machine only), 0.0.0.0 (all its addresses), or one of them allowed",
        cause);
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
   * @return a URL
   */
  public String address() {
    InetAddress address = address(host);
    boolean local = address.isLoopbackAddress() || address.isAnyLocalAddress();
    String name = address instanceof Inet6Address ? "[" + address.getHostAddress() + "]" : host;
    return "http://" + (local ? "localhost" : name) + ":" + server.getPort() + "/train";
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

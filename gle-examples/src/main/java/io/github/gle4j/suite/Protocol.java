// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.util.Arrays;
import java.util.Locale;

/** Which loss lowers the learning rate. */
public enum Protocol {
  /**
   * The last tenth of the training set is held out and its loss is watched; the test set is for
   * reporting only.
   */
  HOLDOUT("holdout", 0.1),
  /** As published: trains on the whole training set and watches the loss of the test set. */
  PAPER("paper", 0);

  private final String protocolName;
  private final double validationFraction;

  Protocol(String protocolName, double validationFraction) {
    this.protocolName = protocolName;
    this.validationFraction = validationFraction;
  }

  /**
   * Finds a protocol.
   *
   * @param protocolName such as {@code paper}
   * @return the protocol
   * @throws IllegalArgumentException when there is none; the message lists all names
   */
  public static Protocol named(String protocolName) {
    return Arrays.stream(values())
        .filter(protocol -> protocol.protocolName.equals(protocolName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "'%s' is unknown: %s, %s allowed",
                        protocolName,
                        HOLDOUT.protocolName,
                        PAPER.protocolName)));
  }

  /**
   * The name users know.
   *
   * @return such as {@code paper}
   */
  public String protocolName() {
    return protocolName;
  }

  /**
   * The part of the training set that is not trained on.
   *
   * @return 0 where nothing is held out
   */
  public double validationFraction() {
    return validationFraction;
  }
}

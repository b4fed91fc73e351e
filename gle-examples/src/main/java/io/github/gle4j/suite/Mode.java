// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.util.Arrays;

/** How a network learns from sequences. */
public enum Mode {
  /** As published: one update per time step, by {@code StreamingTrainer}. */
  STREAMING("streaming"),
  /** One update per sequence, or per segment of it, by DL4J's {@code fit}. */
  SEQUENCE("sequence");

  private final String modeName;

  Mode(String modeName) {
    this.modeName = modeName;
  }

  /**
   * Finds a mode.
   *
   * @param modeName such as {@code sequence}
   * @return the mode
   * @throws IllegalArgumentException when there is none; the message lists all names
   */
  public static Mode named(String modeName) {
    return Arrays.stream(values())
        .filter(mode -> mode.modeName.equals(modeName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is unknown: %s, %s allowed"
                        .formatted(modeName, STREAMING.modeName, SEQUENCE.modeName)));
  }

  /**
   * The name users know.
   *
   * @return such as {@code sequence}
   */
  public String modeName() {
    return modeName;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TaskModel;
import java.util.Arrays;
import java.util.Locale;

/** How a network learns from sequences. */
public enum Mode {
  /** As published: one update per time step, by {@code StreamingTrainer}. */
  STREAMING("streaming"),
  /** One update per batch of sequences, or of segments of them, by DL4J's {@code fit}. */
  SEQUENCE("sequence");

  private final String modeName;

  Mode(String modeName) {
    this.modeName = modeName;
  }

  /**
   * The mode of a model unless a run has another.
   *
   * @param model the model
   * @return streaming for networks that learn online
   */
  public static Mode of(TaskModel model) {
    return model.online() ? STREAMING : SEQUENCE;
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
                    String.format(
                        Locale.ROOT,
                        "'%s' is unknown: %s, %s allowed",
                        modeName,
                        STREAMING.modeName,
                        SEQUENCE.modeName)));
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

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Objects;

/**
 * An array that a layer declares, of so many values per sample: what it is for tells how it is
 * saved, masked and looked at, for all models alike.
 *
 * @param name unique in a layer, also in saved states
 * @param size values per sample, positive
 * @param phase the part of a step that writes it
 * @param kind how long its values last
 */
public record Variable(String name, int size, Phase phase, Kind kind) {

  /** The parts of a step. */
  public enum Phase {
    /** What the neurons make of the errors from above. */
    ERRORS,
    /** What the neurons make of their currents. */
    RATES,
    /** What goes to the layer below, and what is learned. */
    PASS_DOWN
  }

  /** How long values last. A sample "stands still" in steps that its mask hides. */
  public enum Kind {
    /** From step to step. It is saved, and stays as it is for samples that stand still. */
    STATE,
    /**
     * As a state; neighbours read the values of the step before while those of this step are
     * written, until they are {@link State#publish published}.
     */
    MESSAGE,
    /** Until the end of the step. Samples that stand still have none, so they teach nothing. */
    ERROR,
    /** Until the end of the step; 0 for samples that stand still. */
    RESULT,
    /** Within the phase: without defined content before and after it. */
    WORK
  }

  /**
   * A declaration.
   *
   * @param name unique in a layer
   * @param size values per sample
   * @param phase that writes it
   * @param kind how long it lasts
   * @throws IllegalArgumentException when the size is not positive
   */
  public Variable {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(kind, "kind");
    if (size < 1) {
      throw new IllegalArgumentException(
          "variable " + name + " of size " + size + ": a positive number is allowed");
    }
  }

  /**
   * Whether it must be kept to go on later.
   *
   * @return true for states and messages
   */
  public boolean isSaved() {
    return kind == Kind.STATE || kind == Kind.MESSAGE;
  }
}

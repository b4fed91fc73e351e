// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import java.util.List;
import java.util.Locale;

/** How the learning rate changes from epoch to epoch. */
public sealed interface RateSchedule {

  /** It stays as it is. */
  record Constant() implements RateSchedule {
    @Override
    public String toString() {
      return "constant";
    }
  }

  /**
   * It is lowered when the loss that is watched has stopped falling.
   *
   * @param factor what it is multiplied by, between 0 and 1
   * @param patience number of epochs without a lower loss that are tolerated
   */
  record Plateau(double factor, int patience) implements RateSchedule {
    @Override
    public String toString() {
      return "plateau " + factor + " " + patience;
    }
  }

  /**
   * It falls to nearly 0 over the epochs of the run, by half a cosine: in epoch e of n, the first
   * one 0, it is (1 + cos(pi e / n)) / 2 of that at the start.
   */
  record Cosine() implements RateSchedule {
    @Override
    public String toString() {
      return "cosine";
    }
  }

  /**
   * Finds a schedule that any network can have.
   *
   * @param name {@code constant} or {@code cosine}
   * @return the schedule
   * @throws IllegalArgumentException when there is none; the message lists all names
   */
  static RateSchedule named(String name) {
    List<RateSchedule> known = List.of(new Constant(), new Cosine());
    return known.stream()
        .filter(schedule -> schedule.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "'%s' is unknown: %s, %s allowed",
                        name,
                        known.get(0),
                        known.get(1))));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

/** Times for people. */
final class Durations {
  private Durations() {}

  /** Such as "12 s", "4 min 10 s" or "1 h 23 min". */
  static String text(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return whole / 60 + " min " + whole % 60 + " s";
    }
    return whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }
}

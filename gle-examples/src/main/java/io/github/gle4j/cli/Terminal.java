// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import java.util.OptionalInt;

/** The terminal the program runs in, if there is one. */
final class Terminal {
  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  @SuppressWarnings("SystemConsoleNull") // the launcher asks newer versions of Java for null too
  static boolean isThere() {
    return System.console() != null;
  }

  /** Its width as the launcher found it, or none where there is no terminal. */
  static OptionalInt columns() {
    if (!isThere()) {
      return OptionalInt.empty();
    }
    String columns = System.getenv("COLUMNS");
    boolean known = columns != null && columns.matches("[1-9][0-9]{1,3}");
    return OptionalInt.of(known ? Integer.parseInt(columns) : USUAL_WIDTH);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

/** The user gave something that cannot be used; the message names it and what is allowed. */
public final class BadInputException extends RuntimeException {
  /**
   * Bad input.
   *
   * @param message one line
   */
  public BadInputException(String message) {
    super(message);
  }
}

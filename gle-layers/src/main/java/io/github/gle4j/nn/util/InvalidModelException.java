// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import java.io.IOException;

/** A model file or a configuration of a network is missing, damaged, or must not be read. */
public final class InvalidModelException extends IOException {
  /**
   * An exception with one line for the user.
   *
   * @param message which file, what is wrong and what is allowed
   */
  public InvalidModelException(String message) {
    super(message);
  }

  InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }
}

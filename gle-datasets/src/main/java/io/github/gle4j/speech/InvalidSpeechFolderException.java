// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;

/** A folder does not hold what is needed for the wanted classes and parts. */
public final class InvalidSpeechFolderException extends IOException {
  /**
   * An exception with one line for the user.
   *
   * @param message which folder, what is missing and what is allowed
   */
  public InvalidSpeechFolderException(String message) {
    super(message);
  }
}

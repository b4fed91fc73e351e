// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;

/** A file is no usable WAV recording: damaged, truncated, or of a kind that is not read. */
public final class InvalidWavException extends IOException {
  /**
   * An exception with one line for the user.
   *
   * @param message which file, what is wrong and what is allowed
   */
  public InvalidWavException(String message) {
    super(message);
  }
}

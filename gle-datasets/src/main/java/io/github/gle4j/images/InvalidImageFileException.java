// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.IOException;

/** A file or folder of images is missing, damaged, truncated, or of another kind than expected. */
public final class InvalidImageFileException extends IOException {
  /**
   * An exception with one line for the user.
   *
   * @param message which file or folder, what is wrong and what is allowed
   */
  public InvalidImageFileException(String message) {
    super(message);
  }

  InvalidImageFileException(String message, Throwable cause) {
    super(message, cause);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.io.IOException;

/** An archive cannot be had, is not the published one, or must not be extracted. */
public final class DownloadException extends IOException {
  /**
   * An exception with one line for the user.
   *
   * @param message which archive, what is wrong and what can be done
   */
  public DownloadException(String message) {
    super(message);
  }

  DownloadException(String message, Throwable cause) {
    super(message, cause);
  }
}

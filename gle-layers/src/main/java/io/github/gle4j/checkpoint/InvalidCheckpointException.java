// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.checkpoint;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A file is no checkpoint, or a damaged one, or one of another version. */
public final class InvalidCheckpointException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * A refusal.
   *
   * @param file the file
   * @param reason what is wrong with it
   */
  public InvalidCheckpointException(Path file, String reason) {
    super("checkpoint " + file + ": " + reason);
  }
}

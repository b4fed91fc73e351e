// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.checkpoint.CheckpointFolder;
import java.io.IOException;

/**
 * Where the checkpoints of a run go, and how often.
 *
 * @param folder keeps them
 * @param every number of minibatches between two, besides those at the ends of epochs; 0: only
 *     those
 */
public record RunCheckpoints(CheckpointFolder folder, int every) {

  /**
   * Where they go, and how often.
   *
   * @param folder keeps them
   * @param every number of minibatches between two; 0: at the ends of epochs only
   * @throws IllegalArgumentException when every is negative
   */
  public RunCheckpoints {
    if (every < 0) {
      throw new IllegalArgumentException("every = " + every + ": 0 or more minibatches allowed");
    }
  }

  boolean isDue(int batches) {
    return every > 0 && batches % every == 0;
  }

  void save(Checkpoint checkpoint) throws IOException {
    folder.save(checkpoint);
  }
}

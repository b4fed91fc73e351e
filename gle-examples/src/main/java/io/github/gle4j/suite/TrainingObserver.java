// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.io.IOException;

/** Hears of a run's progress, in the thread that trains. */
public interface TrainingObserver {
  /**
   * Called after every minibatch, of training and of evaluation.
   *
   * @param progress where the run stands
   */
  void onProgress(TrainingProgress progress);

  /**
   * Called after every complete epoch.
   *
   * @param metrics what the epoch brought
   * @throws IOException when it cannot be recorded; the run ends with it
   */
  void onEpoch(EpochMetrics metrics) throws IOException;
}

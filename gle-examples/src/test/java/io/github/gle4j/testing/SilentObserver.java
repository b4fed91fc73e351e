// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.testing;

import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.TrainingObserver;
import io.github.gle4j.suite.TrainingProgress;

/** Listens without doing anything. */
public final class SilentObserver implements TrainingObserver {
  @Override
  public void onProgress(TrainingProgress progress) {}

  @Override
  public void onEpoch(EpochMetrics metrics) {}
}

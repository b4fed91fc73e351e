// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.train.StreamingTrainer;
import org.nd4j.linalg.dataset.DataSet;

/** What differs between the modes of a run: how a network learns from a minibatch of sequences. */
interface Learning {
  /**
   * A minibatch as it was seen while learning.
   *
   * @param figures every prediction made before its label was used
   * @param steps number of time steps learned from
   */
  record Batch(Figures figures, long steps) {}

  /** Learns from the sequences, from their first time step to their last unless it is stopped. */
  Batch fit(DataSet sequences);

  /** Number of updates that learn from one minibatch. */
  int updatesPerBatch();

  /** Adapts the learning rate after an epoch, whose watched loss was this. */
  void afterEpoch(double watchedLoss);

  /** Evaluates the network, and has its learning rate. */
  StreamingTrainer trainer();
}

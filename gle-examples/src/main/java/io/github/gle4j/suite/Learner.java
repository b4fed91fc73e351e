// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * How a network learns from minibatches of sequences, and is judged. In every epoch {@link #learn}
 * for every minibatch, then {@link #evaluate}, then {@link #endEpoch}.
 */
interface Learner {
  /**
   * A minibatch as it was seen while learning.
   *
   * @param figures every prediction made before its label was used; the accuracy is NaN where
   *     nobody watches
   * @param steps number of time steps learned from
   */
  record Seen(Figures figures, long steps) {}

  /** Learns from the sequences, from their first time step to their last unless it is stopped. */
  Seen learn(DataSet sequences);

  /**
   * Judges sequences without learning from them.
   *
   * @param sequences all that are left
   * @param evaluation is filled
   * @return the loss
   */
  double evaluate(DataSetIterator sequences, Evaluation evaluation);

  /** Counts an epoch, whose watched loss was this, and adapts the learning rate. */
  void endEpoch(double watchedLoss);

  /** The learning rate of the next update. */
  double learningRate();

  /** Number of updates that learn from one minibatch. */
  int updatesPerBatch();

  /** Number of updates of the parameters so far. */
  long updates();

  /** What learns. */
  Model network();

  /** Saves, between two minibatches, all that is needed to go on with the same numbers. */
  void save(Checkpoint.Builder to);

  /**
   * Goes on from what {@link #save} put in.
   *
   * @throws IllegalArgumentException when it is not of such a learner; parameters are unchanged
   *     then
   */
  void restore(Checkpoint from);
}

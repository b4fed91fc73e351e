// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.ComparedModel;
import java.util.function.BooleanSupplier;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** How a network learns from sequences and is judged: batch by batch, or as a stream. */
interface Learner {
  /**
   * Learns from one batch of sequences, [batch, 1, points], or from its first part if stopped.
   *
   * @return the loss while learning
   */
  double learn(DataSet batch);

  /**
   * Judges sequences without learning from them.
   *
   * @param evaluation is filled
   * @return the loss
   */
  double evaluate(DataSetIterator sequences, Evaluation evaluation);

  /** Changes all learning rates; called after an epoch. */
  void multiplyLearningRate(double factor);

  /** Number of updates of the parameters so far. */
  long updates();

  /** Called after a complete epoch. */
  void endEpoch();

  /** The learner of a model. */
  static Learner of(ComparedModel model, int seed, BooleanSupplier stopWhen) {
    return model.online()
        ? new StreamLearner(model, seed, stopWhen)
        : new FitLearner(model, seed, stopWhen);
  }
}

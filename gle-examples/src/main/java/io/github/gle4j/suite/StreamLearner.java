// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.ComparedModel;
import io.github.gle4j.train.StreamingTrainer;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** An update per time step, by the local rule of GLE. */
final class StreamLearner implements Learner {
  private final MultiLayerNetwork network;
  private final StreamingTrainer trainer;

  StreamLearner(ComparedModel model, int seed, BooleanSupplier stopWhen) {
    network = (MultiLayerNetwork) model.network().apply(seed);
    trainer = StreamingTrainer.builder(network).stopWhen(stopWhen).build();
  }

  @Override
  public double learn(DataSet batch) {
    return trainer.fit(batch).loss();
  }

  @Override
  public double evaluate(DataSetIterator sequences, Evaluation evaluation) {
    return trainer.doEvaluation(sequences, evaluation);
  }

  @Override
  public void multiplyLearningRate(double factor) {
    trainer.multiplyLearningRate(factor);
  }

  @Override
  public long updates() {
    return network.getIterationCount();
  }

  @Override
  public void endEpoch() {
    network.incrementEpochCount();
  }
}

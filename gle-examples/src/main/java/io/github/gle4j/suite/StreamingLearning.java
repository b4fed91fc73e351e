// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.train.ReduceOnPlateau;
import io.github.gle4j.train.StreamingResult;
import io.github.gle4j.train.StreamingTrainer;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;

/** An update after every time step; neurons carry on from minibatch to minibatch. */
final class StreamingLearning implements Learning {
  private final MultiLayerNetwork network;
  private final StreamingTrainer trainer;
  private final ReduceOnPlateau plateau;
  private final int length;

  StreamingLearning(TrainingPlan plan, int threads, BooleanSupplier stopWhen) {
    network = new MultiLayerNetwork(plan.model().configuration(plan.seed()));
    plateau = new ReduceOnPlateau(plan.model().plateauFactor(), plan.model().plateauPatience());
    length = plan.length();
    trainer =
        StreamingTrainer.builder(network)
            .beta(plan.model().beta())
            .threads(threads)
            .stopWhen(stopWhen)
            .build();
  }

  @Override
  public Batch fit(DataSet sequences) {
    int before = network.getIterationCount();
    StreamingResult result = trainer.fit(sequences);
    return new Batch(
        new Figures(result.loss(), result.accuracy()), network.getIterationCount() - before);
  }

  @Override
  public int updatesPerBatch() {
    return length;
  }

  @Override
  public void afterEpoch(double watchedLoss) {
    trainer.multiplyLearningRate(plateau.observe(watchedLoss));
  }

  @Override
  public StreamingTrainer trainer() {
    return trainer;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.train.Propagation;
import io.github.gle4j.train.StreamingResult;
import io.github.gle4j.train.StreamingTrainer;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** An update after every time step; neurons carry on from minibatch to minibatch. */
final class StreamingLearner implements Learner {
  private final MultiLayerNetwork network;
  private final StreamingTrainer trainer;
  private final StreamingTrainer judge;
  private final Annealing annealing;
  private final int length;

  StreamingLearner(TrainingPlan plan, int threads, BooleanSupplier stopWhen) {
    network = (MultiLayerNetwork) plan.network();
    annealing = Annealing.of(plan);
    TaskModel model = plan.model();
    length = model.shape().length();
    boolean images = model.input() == TaskModel.Input.IMAGE;
    boolean swept = model.streaming().propagation() == Propagation.SWEEP;
    StreamingTrainer.Builder builder =
        StreamingTrainer.builder(network)
            .beta(model.streaming().beta())
            .propagation(model.streaming().propagation())
            .threads(threads)
            .stopWhen(stopWhen);
    trainer = (images ? builder.presentationSteps(length) : builder).build();
    // Swept neurons without lag show the output of an image in every step of its presentation.
    judge = images && swept ? builder.presentationSteps(1).build() : trainer;
  }

  @Override
  public Seen learn(DataSet sequences) {
    int before = network.getIterationCount();
    StreamingResult result = trainer.fit(sequences);
    return new Seen(
        new Figures(result.loss(), result.accuracy()), network.getIterationCount() - before);
  }

  @Override
  public double evaluate(DataSetIterator sequences, Evaluation evaluation) {
    return judge.doEvaluation(sequences, evaluation);
  }

  @Override
  public void endEpoch(double watchedLoss) {
    network.incrementEpochCount();
    trainer.reduceLearningRate(annealing.observe(watchedLoss));
  }

  @Override
  public double learningRate() {
    return trainer.learningRate();
  }

  @Override
  public int updatesPerBatch() {
    return length;
  }

  @Override
  public long updates() {
    return network.getIterationCount();
  }

  @Override
  public MultiLayerNetwork network() {
    return network;
  }

  @Override
  public void save(Checkpoint.Builder to) {
    trainer.save(to);
    annealing.save(to);
  }

  @Override
  public void restore(Checkpoint from) {
    annealing.restore(from);
    trainer.restore(from);
  }
}

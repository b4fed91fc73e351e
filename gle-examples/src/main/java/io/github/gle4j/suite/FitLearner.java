// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.train.LabelsInEveryStep;
import io.github.gle4j.train.NetworkState;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** An update per batch of whole sequences, by backpropagation: DL4J's {@code fit}. */
final class FitLearner implements Learner {
  private final TaskModel model;
  private final Model network;
  private final boolean watched;
  private final long outputSteps;
  private final Annealing annealing;
  private double learningRate;
  private long updates;

  /**
   * A new network.
   *
   * @param watched whether it predicts every batch before it learns from it, an extra forward pass
   */
  FitLearner(TrainingPlan plan, boolean watched) {
    model = plan.model();
    this.watched = watched;
    network = plan.network();
    network.init();
    annealing = Annealing.of(plan);
    Double rate = plan.initialLearningRate();
    learningRate = rate == null ? Double.NaN : rate;
    INDArray output = TaskModel.output(network, model.blank());
    outputSteps = output.rank() == 3 ? output.size(2) : 0;
  }

  @Override
  public Seen learn(DataSet batch) {
    DataSet data = shaped(batch);
    double accuracy = Double.NaN;
    if (watched) {
      Evaluation evaluation = new Evaluation();
      judge(data.getFeatures(), batch.getLabels(), evaluation);
      accuracy = evaluation.accuracy();
    }
    if (network instanceof ComputationGraph graph) {
      graph.fit(data);
    } else {
      ((MultiLayerNetwork) network).fit(data);
    }
    updates++;
    return new Seen(new Figures(network.score(), accuracy), model.shape().length());
  }

  /**
   * The class of a sequence is the one with the largest output, summed over time if it has time.
   *
   * @throws ArithmeticException when the output is not finite
   */
  private void judge(INDArray features, INDArray labels, Evaluation evaluation) {
    INDArray output = TaskModel.output(network, features);
    if (!Double.isFinite(output.sumNumber().doubleValue())) {
      throw new ArithmeticException(
          "the output is not finite after update " + updates + ". Is the learning rate too high?");
    }
    evaluation.eval(labels, output.rank() == 3 ? output.sum(2) : output);
  }

  @Override
  public double evaluate(DataSetIterator sequences, Evaluation evaluation) {
    double loss = 0;
    int done = 0;
    while (sequences.hasNext()) {
      DataSet batch = sequences.next();
      DataSet data = shaped(batch);
      judge(data.getFeatures(), batch.getLabels(), evaluation);
      int count = batch.numExamples();
      loss += count * score(data);
      done += count;
    }
    return loss / done;
  }

  private double score(DataSet data) {
    return network instanceof ComputationGraph graph
        ? graph.score(data, false)
        : ((MultiLayerNetwork) network).score(data, false);
  }

  /** Labels are repeated in every time step of an output over time. */
  private DataSet shaped(DataSet batch) {
    INDArray features = model.shaped(batch.getFeatures());
    INDArray labels = batch.getLabels();
    return new DataSet(
        features, outputSteps == 0 ? labels : LabelsInEveryStep.repeated(labels, outputSteps));
  }

  @Override
  public void endEpoch(double watchedLoss) {
    double factor = annealing.observe(watchedLoss);
    if (network instanceof ComputationGraph graph) {
      graph.incrementEpochCount();
      if (factor != 1) {
        graph.setLearningRate(learningRate * factor);
      }
    } else {
      MultiLayerNetwork layers = (MultiLayerNetwork) network;
      layers.incrementEpochCount();
      if (factor != 1) {
        layers.setLearningRate(learningRate * factor);
      }
    }
    learningRate *= factor;
  }

  /** NaN for a network with updaters of its own. */
  @Override
  public double learningRate() {
    return learningRate;
  }

  @Override
  public int updatesPerBatch() {
    return 1;
  }

  @Override
  public long updates() {
    return updates;
  }

  @Override
  public Model network() {
    return network;
  }

  @Override
  public void save(Checkpoint.Builder to) {
    NetworkState.save(network, to);
    to.put("fit/learning-rate", learningRate);
    to.put("fit/updates", updates);
    annealing.save(to);
  }

  @Override
  public void restore(Checkpoint from) {
    annealing.restore(from);
    learningRate = from.doubles("fit/learning-rate", 1)[0];
    updates = from.longs("fit/updates", 1)[0];
    NetworkState.restore(network, from);
  }
}

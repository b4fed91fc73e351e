// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.ComparedModel;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/** An update per batch of whole sequences, by backpropagation: DL4J's {@code fit}. */
final class FitLearner implements Learner {
  private final ComparedModel model;
  private final Model network;
  private final BooleanSupplier stopWhen;
  private final long outputSteps;
  private long updates;

  FitLearner(ComparedModel model, int seed, BooleanSupplier stopWhen) {
    this.model = model;
    this.stopWhen = stopWhen;
    network = model.initialised(seed);
    INDArray sequence = model.shaped(Nd4j.zeros(DataType.FLOAT, 1, 1, model.length()));
    INDArray output = ComparedModel.output(network, sequence);
    outputSteps = output.rank() == 3 ? output.size(2) : 0;
  }

  @Override
  public double learn(DataSet batch) {
    if (stopWhen.getAsBoolean()) {
      return Double.NaN;
    }
    DataSet data = shaped(batch);
    if (network instanceof ComputationGraph graph) {
      graph.fit(data);
    } else {
      ((MultiLayerNetwork) network).fit(data);
    }
    updates++;
    return network.score();
  }

  /**
   * The class of a sequence is the one with the largest output, summed over time if it has time.
   */
  @Override
  public double evaluate(DataSetIterator sequences, Evaluation evaluation) {
    double loss = 0;
    int done = 0;
    sequences.reset();
    while (sequences.hasNext() && !stopWhen.getAsBoolean()) {
      DataSet batch = sequences.next();
      DataSet data = shaped(batch);
      INDArray output = ComparedModel.output(network, data.getFeatures());
      evaluation.eval(batch.getLabels(), output.rank() == 3 ? output.sum(2) : output);
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
        features,
        outputSteps == 0
            ? labels
            : labels.reshape(labels.size(0), labels.size(1), 1).repeat(2, outputSteps));
  }

  @Override
  public void multiplyLearningRate(double factor) {
    if (factor != 1) {
      throw new UnsupportedOperationException("networks trained by fit have rates of their own");
    }
  }

  @Override
  public long updates() {
    return updates;
  }

  @Override
  public void endEpoch() {
    if (network instanceof ComputationGraph graph) {
      graph.incrementEpochCount();
    } else {
      ((MultiLayerNetwork) network).incrementEpochCount();
    }
  }
}

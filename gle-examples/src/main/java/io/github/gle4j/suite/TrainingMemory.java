// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TaskModel;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.conf.LayerChecks;
import io.github.gle4j.train.StreamingTrainer;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.AbstractLSTM;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a learning rule must remember of a sequence until it can update the parameters, counted in
 * numbers of four bytes, not measured: how much of it an implementation keeps twice is its own
 * business. Parameters and the updater's state are not counted, as every rule has them.
 *
 * <p>Backpropagation: the input and the output of every layer at all time steps, inside an LSTM
 * also four gates and the cell, inside a {@code Gru} three gates and the recurrent product, inside
 * a GLE layer voltage and derivative. GLE as a stream: for every neuron voltage, error, rate and
 * derivative of the current step, and the feedback to the layer below.
 */
public final class TrainingMemory {
  private static final int BYTES = 4;

  private TrainingMemory() {}

  /**
   * Counts the memory of a model.
   *
   * @param model the model
   * @return bytes per sequence of a batch
   */
  public static long bytesPerSequence(TaskModel model) {
    return BYTES * (model.online() ? stream(model) : backpropagation(model));
  }

  private static long stream(TaskModel model) {
    MultiLayerNetwork network = (MultiLayerNetwork) model.network(1);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.step(Nd4j.zeros(DataType.FLOAT, 1, model.shape().channels()), null);
    return trainer.saveState().stream()
        .flatMap(state -> state.values().stream())
        .mapToLong(INDArray::length)
        .sum();
  }

  private static long backpropagation(TaskModel model) {
    INDArray sequence = model.blank();
    Model network = model.initialised(1);
    long numbers = sequence.length();
    if (network instanceof ComputationGraph graph) {
      var activations = graph.feedForward(sequence, false);
      for (Layer layer : graph.getLayers()) {
        INDArray output = activations.get(layer.conf().getLayer().getLayerName());
        numbers += output.length() * (1 + inside(layer));
      }
    } else {
      List<INDArray> activations = ((MultiLayerNetwork) network).feedForward(sequence, false);
      Layer[] layers = ((MultiLayerNetwork) network).getLayers();
      for (int l = 0; l < layers.length; l++) {
        numbers += activations.get(l + 1).length() * (1 + inside(layers[l]));
      }
    }
    return numbers;
  }

  /** Numbers inside a layer for each number it puts out. */
  private static long inside(Layer layer) {
    org.deeplearning4j.nn.conf.layers.Layer inner = LayerChecks.inner(layer.conf().getLayer());
    if (inner instanceof AbstractLSTM) {
      return 5;
    }
    if (inner instanceof Gru) {
      return 4;
    }
    return inner instanceof BaseGleLayer ? 2 : 0;
  }
}

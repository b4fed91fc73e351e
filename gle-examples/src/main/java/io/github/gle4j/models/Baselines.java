// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.models.TaskModel.Input;
import io.github.gle4j.nn.conf.Gru;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The models GLE was published beside, from DL4J's layers, and an LSTM. Weights are drawn within
 * 1/sqrt(fan-in) of 0, as those of GLE. The readout sees all time steps: it is the sum over time of
 * linear readouts with weights of their own.
 */
final class Baselines {
  private static final int HIDDEN = 100;
  private static final int CHANNELS = 25;
  private static final int UNITS = 6;
  private static final int[] KERNELS = {5, 3, 3};

  private Baselines() {}

  static List<TaskModel> all() {
    return List.of(
        perceptron("mlp-40", 40, true, new PublishedAccuracy(65.0, 1.2)),
        perceptron("mlp-360", 360, false, new PublishedAccuracy(65.5, 1.0)),
        convolutions("tcn-40", 40, 1, new PublishedAccuracy(93.7, 1.0), 1, 1, 1),
        // With padding 1 throughout, dilation 9 leaves 29 steps and 11 210 parameters; the
        // published
        // 11 960 are those of 32 steps.
        convolutions("tcn-360", 360, 9, new PublishedAccuracy(96.7, 0.9), 1, 3, 3),
        recurrent("gru-40", 40, gru(), new PublishedAccuracy(90.3, 2.5)),
        recurrent("gru-72", 72, gru(), new PublishedAccuracy(94.0, 1.1)),
        recurrent("lstm-72", 72, lstm(), null));
  }

  private static SequenceShape shape(int length) {
    return PublishedModel.SHAPE.withLength(length);
  }

  private static TrainingSettings settings(double learningRate) {
    TrainingSettings gle = PublishedModel.GLE_15K.settings();
    return TrainingSettings.fixedRate(gle.batchSize(), gle.epochs(), learningRate);
  }

  private static TaskModel perceptron(
      String name, int length, boolean skips, PublishedAccuracy published) {
    return TaskModel.offline(
        name,
        Input.POINTS_AT_ONCE,
        shape(length),
        settings(0.005),
        published,
        (seed, updater) -> {
          GraphBuilder graph = graph(seed, updater);
          graph
              .addLayer("first", dense(length), "points")
              .addLayer("second", dense(HIDDEN), "first");
          if (skips) {
            graph.addVertex(
                "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "first", "second");
          }
          return network(graph, HIDDEN, skips ? "sum" : "second");
        });
  }

  private static DenseLayer dense(int inputs) {
    return new DenseLayer.Builder().nIn(inputs).nOut(HIDDEN).activation(Activation.RELU).build();
  }

  private static TaskModel convolutions(
      String name, int length, int dilation, PublishedAccuracy published, int... padding) {
    return TaskModel.offline(
        name,
        Input.SEQUENCE,
        shape(length),
        settings(0.01),
        published,
        (seed, updater) -> {
          GraphBuilder graph = graph(seed, updater);
          String below = "points";
          int steps = length;
          for (int i = 0; i < KERNELS.length; i++) {
            graph.addLayer(
                "convolution" + i,
                new Convolution1DLayer.Builder(KERNELS[i], 2)
                    .nIn(i == 0 ? 1 : CHANNELS)
                    .nOut(CHANNELS)
                    .convolutionMode(ConvolutionMode.Truncate)
                    .padding(padding[i])
                    .dilation(dilation)
                    .activation(Activation.RELU)
                    .build(),
                below);
            below = "convolution" + i;
            steps = (steps + 2 * padding[i] - dilation * (KERNELS[i] - 1) - 1) / 2 + 1;
          }
          graph.addVertex("flat", new ReshapeVertex(-1, CHANNELS * steps), below);
          return network(graph, CHANNELS * steps, "flat");
        });
  }

  private static TaskModel recurrent(
      String name, int length, BaseRecurrentLayer layer, PublishedAccuracy published) {
    int readout = 2 * UNITS * length;
    return TaskModel.offline(
        name,
        Input.STREAM,
        shape(length),
        settings(0.01),
        published,
        (seed, updater) ->
            network(
                graph(seed, updater)
                    .addLayer("recurrent", new Bidirectional(layer.clone()), "points")
                    .addVertex("flat", new ReshapeVertex(-1, readout), "recurrent"),
                readout,
                "flat"));
  }

  private static Gru gru() {
    return new Gru.Builder().nIn(1).nOut(UNITS).biasInit(WeightInit.UNIFORM).build();
  }

  private static LSTM lstm() {
    return new LSTM.Builder().nIn(1).nOut(UNITS).activation(Activation.TANH).build();
  }

  private static GraphBuilder graph(long seed, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(seed)
        .updater(updater)
        .weightInit(WeightInit.UNIFORM)
        .graphBuilder()
        .addInputs("points");
  }

  private static ComputationGraph network(GraphBuilder graph, int inputs, String below) {
    return new ComputationGraph(
        graph
            .addLayer(
                "readout",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(inputs)
                    .nOut(PublishedModel.SHAPE.classes())
                    .activation(Activation.SOFTMAX)
                    .build(),
                below)
            .setOutputs("readout")
            .build());
  }
}

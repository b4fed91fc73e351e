// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gle4j.nn.conf.Gru;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;

class StepByStepTest {
  private static final SequenceShape SHAPE = new SequenceShape(2, 12, 3);

  private static boolean isPossible(Layer... layers) {
    NeuralNetConfiguration.ListBuilder network = new NeuralNetConfiguration.Builder().list();
    for (Layer layer : layers) {
      network.layer(layer);
    }
    MultiLayerConfiguration configuration =
        network.setInputType(InputType.recurrent(2, SHAPE.length())).build();
    return StepByStep.isPossible(TaskModel.of("mine", configuration, SHAPE));
  }

  private static LSTM lstm() {
    return new LSTM.Builder().nOut(4).build();
  }

  private static Layer perStep() {
    return new RnnOutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build();
  }

  private static Layer atTheEnd() {
    return new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build();
  }

  private static Convolution1DLayer convolution(int kernel) {
    return new Convolution1DLayer.Builder(kernel)
        .nOut(4)
        .convolutionMode(ConvolutionMode.Causal)
        .build();
  }

  @Test
  void recurrentNetworksReadPointByPoint() {
    assertEquals(true, isPossible(lstm(), perStep()));
    assertEquals(true, isPossible(lstm(), new SimpleRnn.Builder().nOut(4).build(), perStep()));
    assertEquals(true, isPossible(new Gru.Builder().nOut(4).build(), perStep()));
    assertEquals(true, isPossible(new LastTimeStep(lstm()), atTheEnd()));
    assertEquals(true, isPossible(lstm(), new GlobalPoolingLayer.Builder().build(), atTheEnd()));
    assertEquals(true, isPossible(convolution(1), lstm(), perStep()), "of one point");
  }

  @Test
  void whatNeedsMoreThanAPointDoesNot() {
    assertEquals(false, isPossible(convolution(3), perStep()));
    assertEquals(false, isPossible(convolution(3), lstm(), perStep()));
    assertEquals(false, isPossible(new Bidirectional(lstm()), perStep()), "reads the end first");
    assertEquals(false, isPossible(new LastTimeStep(new Bidirectional(lstm())), atTheEnd()));
    assertEquals(
        false, isPossible(convolution(3), new GlobalPoolingLayer.Builder().build(), atTheEnd()));
    assertEquals(
        false, isPossible(new GlobalPoolingLayer.Builder().build(), atTheEnd()), "pools points");
  }

  @Test
  void graphsDoAsWell() {
    ComputationGraphConfiguration last =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("in")
            .addLayer("lstm", lstm(), "in")
            .addVertex("last", new LastTimeStepVertex("in"), "lstm")
            .addLayer("out", atTheEnd(), "last")
            .setOutputs("out")
            .setInputTypes(InputType.recurrent(2, SHAPE.length()))
            .build();
    assertEquals(true, StepByStep.isPossible(TaskModel.of("mine", last, SHAPE)));
    ComputationGraphConfiguration graph =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("in")
            .addLayer("lstm", lstm(), "in")
            .addLayer("out", perStep(), "lstm")
            .setOutputs("out")
            .setInputTypes(InputType.recurrent(2, SHAPE.length()))
            .build();
    assertEquals(true, StepByStep.isPossible(TaskModel.of("mine", graph, SHAPE)));
    TaskModel tcn = TaskModels.mnist1d().named("tcn-40");
    assertEquals(false, StepByStep.isPossible(tcn));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.train.StreamingTrainer;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class LayerChecksTest {
  private static final TimeConstants TAU = TimeConstants.constant(1, 1);

  private static GleDense.Builder dense(int outputs) {
    return new GleDense.Builder().nOut(outputs).activation(Activation.IDENTITY).timeConstants(TAU);
  }

  /** Convolution 3x3 and pooling 2x2 on 8x8, a layer around a convolution, a readout. */
  private static MultiLayerConfiguration images() {
    return new NeuralNetConfiguration.Builder()
        .updater(new Sgd(0.1))
        .activation(Activation.TANH)
        .list()
        .layer(new GleConvolution.Builder(3, 3).nOut(4).timeConstants(TAU).build())
        .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build())
        .layer(
            new GleLayer.Builder(new ConvolutionLayer.Builder(2, 2).nOut(5).build())
                .timeConstants(TAU)
                .build())
        .layer(dense(3).build())
        .layer(classes())
        .setInputType(InputType.convolutional(8, 8, 2))
        .build();
  }

  private static String refusal(String good, String from, String to) {
    String changed = good.replaceFirst(from, to);
    assertNotEquals(good, changed, from);
    return assertThrows(
            DL4JInvalidConfigException.class,
            () -> LayerChecks.require(MultiLayerConfiguration.fromJson(changed)))
        .getMessage();
  }

  @Test
  void refusesChangedKernelsStridesDilationsPaddingsAndShapes() {
    String good = images().toJson();
    LayerChecks.require(MultiLayerConfiguration.fromJson(good));
    String[][] changes = {
      {"\"stride\" : \\[ 1, 1 \\]", "\"stride\" : [ 2, 1 ]", "gets [4, 1, 3]"},
      {"\"stride\" : \\[ 1, 1 \\]", "\"stride\" : [ 0, 1 ]", "stride [0, 1]: at least 1"},
      {"\"stride\" : \\[ 1, 1 \\]", "\"stride\" : [ 1 ]", "stride [1]: two numbers"},
      {"\"stride\" : \\[ 1, 1 \\]", "\"stride\" : null", "stride null: two numbers"},
      {"\"kernelSize\" : \\[ 3, 3 \\]", "\"kernelSize\" : [ 5, 3 ]", "gets [4, 2, 3]"},
      {"\"kernelSize\" : \\[ 3, 3 \\]", "\"kernelSize\" : [ 9, 3 ]", "kernel's height 9"},
      {"\"dilation\" : \\[ 1, 1 \\]", "\"dilation\" : [ 2, 1 ]", "gets [4, 2, 3]"},
      {
        "\"dilation\" : \\[ 1, 1 \\]",
        "\"dilation\" : [ 2147483647, 1 ]",
        "values in the kernel: at most"
      },
      {"\"padding\" : \\[ 0, 0 \\]", "\"padding\" : [ 1, 0 ]", "gets [4, 4, 3]"},
      {"\"padding\" : \\[ 0, 0 \\]", "\"padding\" : [ -1, 0 ]", "padding [-1, 0]"},
      {"\"kernelSize\" : \\[ 2, 2 \\]", "\"kernelSize\" : [ 1, 6 ]", "gets [4, 3, 1]"},
      {"\"stride\" : \\[ 2, 2 \\]", "\"stride\" : [ 2, 1 ]", "gets [4, 3, 5]"},
      {"\"stride\" : \\[ 2, 2 \\]", "\"stride\" : [ 2, 0 ]", "stride [2, 0]: at least 1"},
      {
        "\"height\" : 8",
        "\"height\" : 4294967304",
        "2 x 4294967304 x 8 values in the input: at most 2147483647 are"
      },
      {"\"convolutionMode\" : \"Truncate\"", "\"convolutionMode\" : null", "convolutionMode null"},
      {"\"nin\" : 20", "\"nin\" : 21", "takes 21 values, but gets 20"},
      {
        "\"inputHeight\" : 2",
        "\"inputHeight\" : 3",
        "CnnToRnnPreProcessor for images [5, 3, 2], which gets 20 values"
      },
    };
    for (String[] change : changes) {
      String message = refusal(good, change[0], change[1]);
      assertTrue(message.contains(change[2]), message);
      assertEquals(1, message.lines().count(), message);
    }
    LayerChecks.require( // 9 rows give the pooling as many as 8
        MultiLayerConfiguration.fromJson(good.replaceFirst("\"height\" : 8", "\"height\" : 9")));
  }

  @Test
  void streamsAreRefusedWhereLayersDoNotFit() {
    MultiLayerConfiguration narrow =
        configuration(new Sgd(1), hidden(2).build(), readout(3, 3).build(), classes());
    ((GleDense) narrow.getConf(1).getLayer()).setNIn(3); // DL4J has made it 4
    MultiLayerNetwork network = new MultiLayerNetwork(narrow);
    network.init();
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> StreamingTrainer.builder(network).build());
    assertEquals(
        "layer 1 (GleDense) takes 3 values, but gets 4 from below: nIn must be as many",
        e.getMessage());
    MultiLayerNetwork fits =
        new MultiLayerNetwork(
            configuration(new Sgd(1), hidden(2).build(), readout(4, 3).build(), classes()));
    fits.init();
    StreamingTrainer.builder(fits).build();
  }

  /** What DL4J makes fit by itself, or of which nobody knows the sizes, is none of ours. */
  @Test
  void dl4jsOwnNetworksPass() {
    LayerChecks.require(
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
            .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build())
            .layer(new DenseLayer.Builder().nOut(7).build())
            .layer(new OutputLayer.Builder().nOut(2).build())
            .setInputType(InputType.convolutionalFlat(9, 9, 1))
            .build());
    MultiLayerConfiguration recurrent =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new Bidirectional(new LSTM.Builder().nOut(4).build()))
            .layer(new DenseLayer.Builder().nOut(6).build())
            .layer(new LastTimeStep(new Gru.Builder().nOut(5).build()))
            .layer(new OutputLayer.Builder(LossFunction.MCXENT).nOut(2).build())
            .setInputType(InputType.recurrent(3))
            .build();
    LayerChecks.require(recurrent);
    LayerChecks.require(
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new LSTM.Builder().nIn(3).nOut(4).build())
            .layer(new GlobalPoolingLayer.Builder().build())
            .layer(new OutputLayer.Builder(LossFunction.MCXENT).nIn(4).nOut(2).build())
            .build());
    assertEquals(
        "layer 0 (LSTM) nOut = 4294967296: at most 2147483647 is allowed",
        refusal(recurrent.toJson(), "\"nout\" : 4", "\"nout\" : 4294967296"));
    assertEquals(
        "layer 1 (DenseLayer) takes 9 values, but gets 8 from below: nIn must be as many",
        refusal(recurrent.toJson(), "\"nin\" : 8", "\"nin\" : 9"));
    assertEquals(
        "layer 3 (OutputLayer) takes 4 values, but gets 5 from below: nIn must be as many",
        refusal(recurrent.toJson(), "\"nin\" : 5", "\"nin\" : 4"));
  }

  @Test
  void graphsAreFollowedThroughTheirVertices() {
    ComputationGraphConfiguration graph =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("in")
            .addLayer("a", hidden(3).build(), "in")
            .addLayer("b", new Gru.Builder().nIn(3).nOut(5).build(), "in")
            .addVertex("both", new MergeVertex(), "a", "b")
            .addLayer(
                "out",
                new RnnOutputLayer.Builder(LossFunction.MSE)
                    .activation(Activation.IDENTITY)
                    .nIn(9)
                    .nOut(2)
                    .build(),
                "both")
            .setOutputs("out")
            .build();
    LayerChecks.require(graph);
    String changed = graph.toJson().replaceFirst("\"nin\" : 9", "\"nin\" : 8");
    var e =
        assertThrows(
            DL4JInvalidConfigException.class,
            () -> LayerChecks.require(ComputationGraphConfiguration.fromJson(changed)));
    assertEquals(
        "layer \"out\" (RnnOutputLayer) takes 8 values, but gets 9 from below: nIn must be as many",
        e.getMessage());
  }
}

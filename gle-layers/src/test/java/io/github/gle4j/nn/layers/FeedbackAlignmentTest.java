// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.FeedbackWeights;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.train.Propagation;
import io.github.gle4j.train.StreamingTrainer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** Fixed random weights for the errors. */
class FeedbackAlignmentTest {
  private static final int BATCH = 4;
  private static final int TIME = 8;

  private static MultiLayerConfiguration network(double rate, FeedbackWeights feedback) {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .dataType(DataType.DOUBLE)
        .weightInit(WeightInit.XAVIER)
        .updater(new Sgd(rate))
        .list()
        .layer(convolution().feedback(feedback).build())
        .layer(convolution().feedback(feedback).build())
        .layer(
            new GleDense.Builder()
                .nOut(6)
                .activation(Activation.TANH)
                .timeConstants(TimeConstants.constant(1.2, 0.6))
                .feedback(feedback)
                .build())
        .layer(readout(0, 3).feedback(feedback).build())
        .layer(classes())
        .setInputType(InputType.convolutional(6, 6, 1))
        .build();
  }

  private static GleConvolution.Builder convolution() {
    return new GleConvolution.Builder(2, 2)
        .nOut(3)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.constant(1.2, 0.6));
  }

  private static MultiLayerNetwork initialised(MultiLayerConfiguration conf) {
    MultiLayerNetwork network = new MultiLayerNetwork(conf.clone());
    network.init();
    network.initGradientsView();
    return network;
  }

  private static DataSet data() {
    return new DataSet(gaussian(1, BATCH, 36, TIME), everyStep(oneHot(2, BATCH, 3), TIME));
  }

  /** What a layer sends down for some errors. */
  private static INDArray feedback(MultiLayerNetwork network, int l) {
    StreamingLayer layer = (StreamingLayer) network.getLayer(l);
    State<INDArray> state = layer.newState(BATCH);
    state.get("e").assign(gaussian(3, BATCH, layer.outputs()));
    INDArray below = gaussian(4, BATCH, layer.inputs()).dup('f');
    layer.reference(state).passDown(below, null, false, false);
    return state.next(LayerSteps.DOWN);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void fixedWeightsStayWhateverTheLayersOwnDo(int l) {
    MultiLayerNetwork network = initialised(network(0.1, FeedbackWeights.fixedRandom(5)));
    INDArray before = feedback(network, l);
    network.params().muli(0.5);
    assertEquals(0, difference(before, feedback(network, l)));
    MultiLayerNetwork other = initialised(network(0.1, FeedbackWeights.fixedRandom(6)));
    assertTrue(difference(before, feedback(other, l)) > 1e-2);
    MultiLayerNetwork own = initialised(network(0.1, FeedbackWeights.symmetric()));
    INDArray symmetric = feedback(own, l);
    own.params().muli(0.5);
    assertEquals(0, difference(symmetric.mul(0.5), feedback(own, l)), 1e-14);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void bothEnginesLearnTheSame(long seed) {
    MultiLayerNetwork original = initialised(network(0.1, FeedbackWeights.fixedRandom(seed)));
    for (Propagation propagation : Propagation.values()) {
      INDArray[] learned = new INDArray[2];
      for (int i = 0; i < 2; i++) {
        MultiLayerNetwork network = original.convertDataType(DataType.FLOAT);
        StreamingTrainer.builder(network)
            .fused(i == 0)
            .propagation(propagation)
            .build()
            .fit(data());
        learned[i] = network.params();
      }
      assertEquals(0, difference(learned[0], learned[1]), 1e-4);
      MultiLayerNetwork symmetric =
          initialised(network(0.1, FeedbackWeights.symmetric())).convertDataType(DataType.FLOAT);
      StreamingTrainer.builder(symmetric).propagation(propagation).build().fit(data());
      assertTrue(difference(learned[0], symmetric.params()) > 1e-3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DOUBLE", "FLOAT"})
  void aStreamAndASequenceGiveTheSameGradients(String dataType) {
    MultiLayerConfiguration conf = network(1e-4, FeedbackWeights.fixedRandom(7));
    MultiLayerNetwork original = initialised(conf);
    DataType type = DataType.valueOf(dataType);
    MultiLayerNetwork stream = original.convertDataType(type);
    MultiLayerNetwork sequence = original.convertDataType(type);
    INDArray before = stream.params().dup();
    StreamingTrainer.builder(stream).build().fit(data());
    sequence.fit(data());
    INDArray expected = sequence.params().sub(before);
    assertEquals(
        0,
        difference(expected, stream.params().sub(before)) / expected.amaxNumber().doubleValue(),
        5e-3);
  }

  @Test
  void aSavedNetworkGoesOnWithTheSameWeights() throws IOException {
    MultiLayerNetwork network = initialised(network(0.1, FeedbackWeights.fixedRandom(8)));
    StreamingTrainer.builder(network).build().fit(data());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, out, true);
    MultiLayerNetwork restored =
        ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(out.toByteArray()), true);
    assertEquals(network.getLayerWiseConfigurations(), restored.getLayerWiseConfigurations());
    StreamingTrainer.builder(network).build().fit(data());
    StreamingTrainer.builder(restored).build().fit(data());
    assertEquals(0, difference(network.params(), restored.params()));
    MultiLayerConfiguration symmetric = network(0.1, FeedbackWeights.symmetric());
    assertEquals(symmetric, MultiLayerConfiguration.fromJson(symmetric.toJson()));
    assertEquals(
        symmetric,
        MultiLayerConfiguration.fromJson(
            symmetric.toJson().replaceAll("\"feedbackWeights\"[^}]*},?", "")),
        "a configuration saved before there was a choice");
  }
}

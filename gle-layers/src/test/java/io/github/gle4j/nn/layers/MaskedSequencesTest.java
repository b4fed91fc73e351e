// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.neurons;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.TestNetworks;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.conf.Gru;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Masks in DL4J's own calls: what they hide does not matter, whatever it is. */
class MaskedSequencesTest {
  private static final int BATCH = 3;
  private static final int INPUTS = 12;
  private static final int TIME = 6;
  private static final double[] HIDDEN = {1e6, Double.NaN, Double.NEGATIVE_INFINITY};

  /** Sequences of 6, 4 and 3 steps; the last begins late. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(BATCH, TIME);
    for (int t = 0; t < TIME; t++) {
      mask.putScalar(1, t, t < 4 ? 1 : 0);
      mask.putScalar(2, t, t >= 3 ? 1 : 0);
    }
    return mask;
  }

  private static INDArray features(double hidden) {
    INDArray features = gaussian(1, BATCH, INPUTS, TIME);
    INDArray mask = mask();
    for (int b = 0; b < BATCH; b++) {
      for (int t = 0; t < TIME; t++) {
        for (int i = 0; i < INPUTS && mask.getDouble(b, t) == 0; i++) {
          features.putScalar(b, i, t, hidden);
        }
      }
    }
    return features;
  }

  private static MultiLayerNetwork network(DataType type, InputType input, List<Layer> layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(1).dataType(type).updater(new Sgd(0.05)).list();
    layers.forEach(list::layer);
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(input).build());
    network.init();
    return network;
  }

  private static Layer perStep() {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static Layer perSequence() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .build();
  }

  /** Our layers as the lowest, which sees what is hidden. */
  enum Lowest {
    DENSE,
    DROPOUT,
    WRAPPED_DENSE,
    CONVOLUTION,
    WRAPPED_CONVOLUTION,
    GRU,
    SLOW_GRU,
    BOTH_WAYS;

    private Layer layer() {
      return switch (this) {
        case DENSE -> neurons(new GleDense.Builder().nOut(4));
        case DROPOUT -> neurons(new GleDense.Builder().nOut(4).dropOut(new Dropout(0.999999999)));
        case WRAPPED_DENSE -> wrapped();
        case CONVOLUTION -> neurons(new GleConvolution.Builder(2, 2).nOut(2));
        case WRAPPED_CONVOLUTION ->
            neurons(new GleLayer.Builder(new ConvolutionLayer.Builder(2, 2).nOut(2).build()));
        case GRU -> gru(Activation.TANH);
        case SLOW_GRU -> gru(Activation.SWISH);
        case BOTH_WAYS -> new Bidirectional(gru(Activation.TANH));
      };
    }

    private static Gru gru(Activation activation) {
      return new Gru.Builder().nOut(4).activation(activation).build();
    }

    MultiLayerNetwork network(DataType type) {
      boolean takesImages = this == CONVOLUTION || this == WRAPPED_CONVOLUTION;
      InputType input =
          takesImages ? InputType.convolutional(4, 3, 1) : InputType.recurrent(INPUTS, TIME);
      return MaskedSequencesTest.network(
          type, input, List.of(layer(), neurons(new GleDense.Builder().nOut(4)), perStep()));
    }
  }

  @ParameterizedTest
  @EnumSource(Lowest.class)
  void whatAFeaturesMaskHidesDoesNotMatter(Lowest lowest) {
    boolean isByNd4j = lowest == Lowest.DROPOUT || lowest == Lowest.SLOW_GRU;
    for (DataType type :
        isByNd4j ? List.of(DataType.FLOAT) : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      MultiLayerNetwork expected = lowest.network(type);
      INDArray before = expected.params().dup();
      INDArray valid = fitted(expected, 0);
      assertNotEquals(0, difference(before, expected.params()));
      for (double hidden : HIDDEN) {
        MultiLayerNetwork actual = lowest.network(type);
        assertEquals(0, difference(valid, fitted(actual, hidden)), "outputs with " + hidden);
        assertEquals(0, difference(expected.params(), actual.params()), "with " + hidden);
        assertEquals(expected.score(), actual.score(), "score with " + hidden);
      }
    }
  }

  /** Two updates; returns the outputs of the steps that count, 0 elsewhere. */
  private static INDArray fitted(MultiLayerNetwork network, double hidden) {
    INDArray labels = everyStep(oneHot(2, BATCH, 3), TIME);
    INDArray features = features(hidden);
    INDArray untouched = features.dup();
    for (int i = 0; i < 2; i++) {
      network.fit(new DataSet(features, labels, mask(), mask()));
    }
    assertEquals(untouched.toStringFull(), features.toStringFull(), "the data stay as they are");
    INDArray output = network.output(features, false, mask(), mask()).castTo(DataType.DOUBLE);
    SequenceArrays.hideSteps(output, mask().castTo(DataType.DOUBLE));
    return output;
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"BOOL", "INT", "LONG", "BYTE", "HALF", "FLOAT", "DOUBLE"})
  void aMaskMayBeOfAnyType(DataType type) {
    for (Lowest lowest : List.of(Lowest.DENSE, Lowest.WRAPPED_CONVOLUTION, Lowest.GRU)) {
      MultiLayerNetwork network = lowest.network(DataType.FLOAT);
      INDArray features = features(Double.NaN);
      INDArray expected = network.output(features, false, mask(), null);
      INDArray actual = network.output(features, false, mask().castTo(type), null);
      assertEquals(expected, actual, lowest + ": " + type);
    }
  }

  /** What can lie above a layer under a mask. */
  private record Above(String name, boolean labelsPerStep, Supplier<List<Layer>> layers) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static List<Above> above() {
    Supplier<Layer> lstm = () -> new LSTM.Builder().nOut(4).activation(Activation.TANH).build();
    return List.of(
        new Above("RnnOutputLayer", true, () -> List.of(perStep())),
        new Above(
            "RnnLossLayer",
            true,
            () -> List.of(TestNetworks.readout(0, 3).build(), TestNetworks.classes())),
        new Above("LSTM", true, () -> List.of(lstm.get(), perStep())),
        new Above(
            "SimpleRnn", true, () -> List.of(new SimpleRnn.Builder().nOut(4).build(), perStep())),
        new Above("Gru", true, () -> List.of(new Gru.Builder().nOut(4).build(), perStep())),
        new Above("GleLayer", true, () -> List.of(wrapped(), perStep())),
        new Above(
            "Dense", true, () -> List.of(new DenseLayer.Builder().nOut(4).build(), perStep())),
        new Above("Bidirectional", true, () -> List.of(new Bidirectional(lstm.get()), perStep())),
        new Above(
            "LastTimeStep", false, () -> List.of(new LastTimeStep(lstm.get()), perSequence())),
        new Above(
            "GlobalPoolingLayer",
            false,
            () -> List.of(new GlobalPoolingLayer.Builder().build(), perSequence())),
        new Above(
            "SelfAttentionLayer",
            false,
            () ->
                List.of(
                    new SelfAttentionLayer.Builder().nOut(4).nHeads(1).projectInput(true).build(),
                    new GlobalPoolingLayer.Builder().build(),
                    perSequence())));
  }

  private static Layer wrapped() {
    return neurons(new GleLayer.Builder(new DenseLayer.Builder().nOut(4).build()));
  }

  @ParameterizedTest
  @MethodSource("above")
  void aWrappedLayerOfVectorsHandsTheMaskOnAsGleDenseDoes(Above above) {
    MultiLayerNetwork own = network(neurons(new GleDense.Builder().nOut(4)), above);
    MultiLayerNetwork wrapped = network(wrapped(), above);
    wrapped.setParams(own.params().dup());
    INDArray labels = oneHot(2, BATCH, 3);
    DataSet data =
        above.labelsPerStep()
            ? new DataSet(features(7), everyStep(labels, TIME), mask(), mask())
            : new DataSet(features(7), labels, mask(), null);
    for (int i = 0; i < 2; i++) {
      own.fit(data);
      wrapped.fit(data);
      assertEquals(own.score(), wrapped.score(), 1e-6);
    }
    assertEquals(0, difference(own.params(), wrapped.params()), 1e-6);
  }

  private static MultiLayerNetwork network(Layer lowest, Above above) {
    List<Layer> layers = new ArrayList<>(List.of(lowest));
    layers.addAll(above.layers().get());
    return network(DataType.DOUBLE, InputType.recurrent(INPUTS, TIME), layers);
  }

  @Test
  void masksAndSequencesThatCannotBeAreNamed() {
    for (Lowest lowest : Lowest.values()) {
      MultiLayerNetwork network = lowest.network(DataType.FLOAT);
      INDArray features = features(0);
      refused("features mask of shape [3, 5]: shape [3, 6] is allowed", network, Nd4j.ones(3, 5));
      refused("features mask holds 2.0: 0 (does not count) to 1 is", network, mask().mul(2));
      refused("features mask holds -1.0: 0 (does", network, mask().neg());
      refused("features mask holds NaN: 0 (does", network, mask().div(0));
      network.output(features, false, mask(), null);
    }
    for (Lowest lowest : List.of(Lowest.DENSE, Lowest.WRAPPED_DENSE, Lowest.GRU)) {
      MultiLayerNetwork network = lowest.network(DataType.FLOAT);
      String message =
          assertThrows(
                  RuntimeException.class,
                  () -> network.output(Nd4j.create(DataType.FLOAT, BATCH, INPUTS, 0)))
              .getMessage();
      assertTrue(message.contains("length 0 (shape: [3, 12, 0])"), message);
      network.output(features(0));
    }
  }

  private static void refused(String part, MultiLayerNetwork network, INDArray mask) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> network.output(features(0), false, mask, null))
            .getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }
}

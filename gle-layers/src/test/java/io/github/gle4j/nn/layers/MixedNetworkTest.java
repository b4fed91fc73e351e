// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** GLE layers between DL4J's own, trained by fit. */
class MixedNetworkTest {
  private static final int BATCH = 3;
  private static final int TIME = 8;
  private static final int INPUTS = 4;
  private static final INDArray LABELS = oneHot(3, BATCH, 3);

  private static RnnOutputLayer.Builder perStep() {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT).nOut(3).activation(Activation.SOFTMAX);
  }

  private static OutputLayer perSequence() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static LSTM lstm() {
    return new LSTM.Builder().nOut(4).activation(Activation.TANH).build();
  }

  /**
   * A network to put together.
   *
   * @param labelsPerStep whether there is a label in every step or one per sequence
   */
  private record Stack(
      String name, boolean labelsPerStep, RNNFormat format, Supplier<List<Layer>> layers) {
    @Override
    public String toString() {
      return name;
    }

    MultiLayerNetwork network(DataType dataType, WorkspaceMode mode) {
      NeuralNetConfiguration.ListBuilder list =
          new NeuralNetConfiguration.Builder()
              .seed(1)
              .dataType(dataType)
              .weightInit(WeightInit.XAVIER)
              .updater(new Adam(0.1))
              .trainingWorkspaceMode(mode)
              .inferenceWorkspaceMode(mode)
              .list();
      layers.get().forEach(list::layer);
      MultiLayerConfiguration configuration =
          list.setInputType(InputType.recurrent(INPUTS, TIME, format)).build();
      // every test also goes through the file format
      MultiLayerNetwork network =
          new MultiLayerNetwork(MultiLayerConfiguration.fromJson(configuration.toJson()));
      network.init();
      return network;
    }

    DataSet data(INDArray mask) {
      INDArray features =
          everyStep(gaussian(7, BATCH, INPUTS), TIME)
              .addi(gaussian(8, BATCH, INPUTS, TIME).mul(0.1));
      INDArray labels = labelsPerStep ? everyStep(LABELS, TIME) : LABELS.dup();
      if (format == RNNFormat.NWC) {
        features = features.permute(0, 2, 1).dup();
        labels = labelsPerStep ? labels.permute(0, 2, 1).dup() : labels;
      }
      return new DataSet(features, labels, mask, labelsPerStep ? mask : null);
    }
  }

  private static Stack stack(String name, boolean labelsPerStep, Supplier<List<Layer>> layers) {
    return new Stack(name, labelsPerStep, RNNFormat.NCW, layers);
  }

  private static Layer gle(RNNFormat format) {
    return hidden(0).dataFormat(format).build();
  }

  private static Layer gle() {
    return gle(RNNFormat.NCW);
  }

  static Stream<Stack> stacks() {
    return Stream.of(
        stack("GLE alone", true, () -> List.of(gle(), gle(), readout(0, 3).build(), classes())),
        stack("RnnOutputLayer above", true, () -> List.of(gle(), gle(), perStep().build())),
        stack(
            "dense layers below, between and above",
            true,
            () -> List.of(dense(), gle(), dense(), gle(), dense(), perStep().build())),
        stack(
            "dropout on inputs and weight noise",
            true,
            () ->
                List.of(
                    gle(),
                    hidden(0).dropOut(0.9).weightNoise(new DropConnect(0.9)).build(),
                    perStep().build())),
        stack("LSTM below", true, () -> List.of(lstm(), gle(), perStep().build())),
        stack("LSTM above", true, () -> List.of(gle(), lstm(), perStep().build())),
        stack(
            "SimpleRnn below and LSTM above",
            true,
            () ->
                List.of(new SimpleRnn.Builder().nOut(4).build(), gle(), lstm(), perStep().build())),
        stack(
            "causal convolution over time below",
            true,
            () -> List.of(convolutionOverTime(), gle(), perStep().build())),
        stack(
            "GlobalPooling above",
            false,
            () ->
                List.of(
                    gle(),
                    gle(),
                    new GlobalPoolingLayer.Builder(PoolingType.AVG).build(),
                    perSequence())),
        stack("LastTimeStep", false, () -> List.of(new LastTimeStep(gle()), perSequence())),
        stack(
            "LastTimeStep of an LSTM above",
            false,
            () -> List.of(gle(), gle(), new LastTimeStep(lstm()), perSequence())),
        stack(
            "Bidirectional, concatenated",
            true,
            () -> List.of(new Bidirectional(gle()), gle(), perStep().build())),
        stack(
            "Bidirectional, added",
            true,
            () ->
                List.of(
                    gle(), new Bidirectional(Bidirectional.Mode.ADD, gle()), perStep().build())),
        stack(
            "MaskZero", true, () -> List.of(new MaskZeroLayer(gle(), 0), gle(), perStep().build())),
        new Stack(
            "channels last",
            true,
            RNNFormat.NWC,
            () ->
                List.of(
                    gle(RNNFormat.NWC),
                    gle(RNNFormat.NWC),
                    perStep().dataFormat(RNNFormat.NWC).build())),
        new Stack(
            "channels last with an LSTM and a dense layer",
            true,
            RNNFormat.NWC,
            () ->
                List.of(
                    new LSTM.Builder().nOut(4).dataFormat(RNNFormat.NWC).build(),
                    gle(RNNFormat.NWC),
                    dense(),
                    perStep().dataFormat(RNNFormat.NWC).build())));
  }

  private static Layer dense() {
    return new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build();
  }

  private static Layer convolutionOverTime() {
    return new Convolution1DLayer.Builder()
        .kernelSize(3)
        .convolutionMode(org.deeplearning4j.nn.conf.ConvolutionMode.Causal)
        .nOut(4)
        .activation(Activation.TANH)
        .build();
  }

  /** The second sequence ends early. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
    for (int t = 6; t < TIME; t++) {
      mask.putScalar(1, t, 0);
    }
    return mask;
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void everyLayerLearns(Stack stack) {
    MultiLayerNetwork network = stack.network(DataType.DOUBLE, WorkspaceMode.ENABLED);
    DataSet data = stack.data(mask());
    double before = network.score(data);
    Map<String, INDArray> start = network.clone().paramTable();
    for (int i = 0; i < 8; i++) {
      network.fit(data);
    }
    assertTrue(network.score(data) < 0.8 * before, before + " -> " + network.score(data));
    for (Map.Entry<String, INDArray> param : network.paramTable().entrySet()) {
      boolean changed = difference(start.get(param.getKey()), param.getValue()) > 0;
      assertEquals(!param.getKey().contains("tau"), changed, param.getKey());
    }
  }

  /** Errors go down one layer per step, and the sequence ends before they arrive. */
  @Test
  void theErrorOfTheLastStepComesTooLateForLowerLayers() {
    for (boolean last : new boolean[] {true, false}) {
      Stack stack =
          stack(
              "",
              false,
              () ->
                  last
                      ? List.of(gle(), new LastTimeStep(gle()), perSequence())
                      : List.of(
                          gle(), gle(), new GlobalPoolingLayer(PoolingType.AVG), perSequence()));
      MultiLayerNetwork network = stack.network(DataType.DOUBLE, WorkspaceMode.ENABLED);
      INDArray lower = network.getParam("0_W").dup();
      INDArray upper = network.getParam("1_W").dup();
      String log =
          logOf(
              () -> {
                network.fit(stack.data(null));
                network.fit(stack.data(null));
              });
      String warning = "fit teaches the layers below layer 1 nothing: its only errors are those of";
      assertEquals(last ? 2 : 1, (log + " ").split(warning, -1).length, log); // told once
      assertEquals(last, difference(lower, network.getParam("0_W")) == 0);
      assertTrue(difference(upper, network.getParam("1_W")) > 0);
    }
  }

  @Test
  void segmentsAndLowestLayersLoseNothing() {
    Stack stack = stack("", false, () -> List.of(new LastTimeStep(gle()), perSequence()));
    MultiLayerNetwork lowest = stack.network(DataType.FLOAT, WorkspaceMode.ENABLED);
    assertFalse(logOf(() -> lowest.fit(stack.data(null))).contains("fit teaches"));
    Stack steps = stack("", true, () -> List.of(gle(), gle(), perStep().build()));
    MultiLayerNetwork segments = steps.network(DataType.FLOAT, WorkspaceMode.ENABLED);
    segments.getLayerWiseConfigurations().setBackpropType(BackpropType.TruncatedBPTT);
    segments.getLayerWiseConfigurations().setTbpttFwdLength(1);
    segments.getLayerWiseConfigurations().setTbpttBackLength(1);
    assertFalse(logOf(() -> segments.fit(steps.data(null))).contains("fit teaches"));
  }

  private static String logOf(Runnable action) {
    PrintStream console = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(console);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  /** Not for want of GLE layers: next to an LSTM they fail too. */
  @Test
  void someOfDl4jsLayersCannotStandNextToRecurrentOnes() {
    for (boolean gle : new boolean[] {true, false}) {
      for (boolean normalization : new boolean[] {true, false}) {
        Stack stack =
            stack(
                "",
                true,
                () ->
                    List.of(
                        gle ? gle() : lstm(),
                        normalization
                            ? new BatchNormalization.Builder().build()
                            : new DropoutLayer.Builder(0.9).build(),
                        gle ? gle() : lstm(),
                        perStep().build()));
        MultiLayerNetwork network = stack.network(DataType.DOUBLE, WorkspaceMode.NONE);
        assertThrows(RuntimeException.class, () -> network.fit(stack.data(mask())));
        if (!normalization) {
          stack.network(DataType.DOUBLE, WorkspaceMode.NONE).fit(stack.data(null));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void workspacesChangeNothing(Stack stack) {
    MultiLayerNetwork with = stack.network(DataType.DOUBLE, WorkspaceMode.ENABLED);
    MultiLayerNetwork without = stack.network(DataType.DOUBLE, WorkspaceMode.NONE);
    DataSet data = stack.data(mask());
    for (MultiLayerNetwork network : List.of(with, without)) {
      Nd4j.getRandom().setSeed(3);
      network.fit(data);
      network.fit(data);
    }
    assertEquals(0, difference(with.params(), without.params()), 1e-12);
    INDArray features = data.getFeatures();
    assertEquals(0, difference(with.output(features), without.output(features)), 1e-12);
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void floatFollowsDouble(Stack stack) {
    MultiLayerNetwork inDouble = stack.network(DataType.DOUBLE, WorkspaceMode.ENABLED);
    MultiLayerNetwork inFloat = stack.network(DataType.FLOAT, WorkspaceMode.ENABLED);
    inFloat.setParams(inDouble.params().castTo(DataType.FLOAT));
    DataSet data = stack.data(mask());
    INDArray features = data.getFeatures();
    double expected = inDouble.score(data);
    assertEquals(expected, inFloat.score(data), 1e-5 * expected);
    assertEquals(DataType.FLOAT, inFloat.output(features).dataType());
    for (DataType given : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      inFloat.fit(new DataSet(features.castTo(given), data.getLabels().castTo(given), null, null));
      assertTrue(Double.isFinite(inFloat.score()));
    }
  }
}

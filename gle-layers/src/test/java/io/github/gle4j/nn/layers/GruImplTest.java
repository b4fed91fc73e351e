// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.nn.conf.Gru;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.buffer.util.DataTypeUtil;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class GruImplTest {
  private static final int TIME = 4;
  private static final INDArray FEATURES = gaussian(5, 3, 2, TIME);
  private static final INDArray LABELS = everyStep(oneHot(2, 3, 3), TIME);

  /** Gradient checks want double precision as the default of the thread. */
  @BeforeAll
  static void useDoublePrecision() {
    DataTypeUtil.setDTypeForContext(DataType.DOUBLE);
  }

  @AfterAll
  static void useSinglePrecision() {
    DataTypeUtil.setDTypeForContext(DataType.FLOAT);
  }

  private static Gru.Builder gru(int inputs, int units) {
    return new Gru.Builder().nIn(inputs).nOut(units).biasInit(WeightInit.UNIFORM);
  }

  private static RnnOutputLayer.Builder readout(int inputs) {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .nIn(inputs)
        .nOut(3)
        .activation(Activation.SOFTMAX);
  }

  private static MultiLayerNetwork classifier(Gru.Builder gru) {
    return network(new Sgd(0.1), gru.build(), readout(4).build());
  }

  /** The second sample ends early, the third starts late and has a gap. */
  private static INDArray mask() {
    return Nd4j.create(new double[][] {{1, 1, 1, 1}, {1, 1, 0, 0}, {0, 1, 0, 1}});
  }

  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t));
  }

  private static INDArray steps(INDArray sequence, long from, long to) {
    return sequence.get(all(), all(), interval(from, to)).dup();
  }

  // Values

  /** The equations, number by number; r scales the recurrent product or, before it, the state. */
  private static double[][][] expected(
      Map<String, INDArray> parameters, INDArray x, INDArray mask, boolean resetAfterProduct) {
    INDArray w = parameters.get("0_W");
    INDArray u = parameters.get("0_RW");
    INDArray b = parameters.get("0_b");
    INDArray c = parameters.get("0_Rb");
    int inputs = (int) w.size(0);
    int n = (int) u.size(0);
    double[][][] outputs = new double[(int) x.size(0)][n][(int) x.size(2)];
    for (int sample = 0; sample < x.size(0); sample++) {
      double[] h = new double[n];
      for (int t = 0; t < x.size(2); t++) {
        double[] fromInput = new double[3 * n];
        double[] fromState = new double[3 * n];
        for (int j = 0; j < 3 * n; j++) {
          fromInput[j] = b.getDouble(0, j);
          for (int i = 0; i < inputs; i++) {
            fromInput[j] += x.getDouble(sample, i, t) * w.getDouble(i, j);
          }
          fromState[j] = c.getDouble(0, j);
          for (int i = 0; i < n; i++) {
            double r = 1;
            if (!resetAfterProduct && j >= 2 * n) {
              r = sigmoid(fromInput[i] + fromState[i]);
            }
            fromState[j] += r * h[i] * u.getDouble(i, j);
          }
        }
        double[] next = new double[n];
        for (int j = 0; j < n; j++) {
          double r = resetAfterProduct ? sigmoid(fromInput[j] + fromState[j]) : 1;
          double z = sigmoid(fromInput[n + j] + fromState[n + j]);
          double candidate = Math.tanh(fromInput[2 * n + j] + r * fromState[2 * n + j]);
          next[j] = (1 - z) * candidate + z * h[j];
          if (mask != null) {
            next[j] *= mask.getDouble(sample, t);
          }
          outputs[sample][j][t] = next[j];
        }
        h = next;
      }
    }
    return outputs;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double largestDifference(double[][][] expected, INDArray actual) {
    double largest = 0;
    for (int sample = 0; sample < expected.length; sample++) {
      for (int j = 0; j < expected[0].length; j++) {
        for (int t = 0; t < expected[0][0].length; t++) {
          double value = actual.getDouble(sample, j, t);
          largest = Math.max(largest, Math.abs(expected[sample][j][t] - value));
        }
      }
    }
    return largest;
  }

  @ParameterizedTest
  @CsvSource({
    "DOUBLE,3,2,4,6,ENABLED",
    "DOUBLE,1,1,1,1,NONE",
    "DOUBLE,1,3,5,7,ENABLED",
    "DOUBLE,4,1,1,9,NONE",
    "DOUBLE,2,3,1,1,ENABLED",
    "FLOAT,3,2,4,6,NONE",
    "FLOAT,101,17,53,3,ENABLED"
  })
  void outputsAreThoseOfTheEquations(
      DataType type, int batch, int inputs, int units, int time, WorkspaceMode mode) {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .dataType(type)
            .weightInit(WeightInit.XAVIER)
            .inferenceWorkspaceMode(mode)
            .list()
            .layer(gru(inputs, units).build())
            .layer(readout(units).build())
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(conf);
    network.init();
    INDArray x = gaussian(1, batch, inputs, time);
    double tolerance = type == DataType.DOUBLE ? 1e-13 : 2e-6;
    INDArray outputs = network.feedForward(x.castTo(type)).get(1);
    assertEquals(type, outputs.dataType());
    Map<String, INDArray> parameters = network.paramTable();
    assertEquals(0, largestDifference(expected(parameters, x, null, true), outputs), tolerance);
    if (time > 1) {
      double[][][] resetBefore = expected(parameters, x, null, false);
      assertNotEquals(0, largestDifference(resetBefore, outputs), 1e-4, "the variants differ");
    }
  }

  @Test
  void whereTheMaskIsZeroOutputAndStateAreZero() {
    MultiLayerNetwork network = classifier(gru(2, 4));
    network.setLayerMaskArrays(mask(), null);
    INDArray outputs = network.feedForward(FEATURES).get(1);
    double[][][] expected = expected(network.paramTable(), FEATURES, mask(), true);
    assertEquals(0, largestDifference(expected, outputs), 1e-13);
    assertTrue(outputs.getDouble(1, 2, 3) == 0);
    network.clearLayerMaskArrays();
    INDArray without = network.feedForward(FEATURES).get(1);
    assertNotEquals(0, largestDifference(expected, without), 1e-4);
  }

  @Test
  void aBidirectionalLayerReadsPaddedSequencesFromTheirEnds() {
    MultiLayerNetwork network =
        network(new Sgd(0.1), new Bidirectional(gru(2, 2).build()), readout(4).build());
    INDArray padded = FEATURES.get(interval(1, 2), all(), all()).dup();
    INDArray shortened = steps(padded, 0, 2);
    INDArray expected = network.feedForward(shortened).get(1).dup();
    network.setLayerMaskArrays(mask().getRow(1, true), null);
    INDArray outputs = network.feedForward(padded).get(1);
    assertEquals(0, difference(expected, steps(outputs, 0, 2)), 1e-13);
    assertEquals(0, steps(outputs, 2, 4).amaxNumber().doubleValue());
  }

  @ParameterizedTest
  @EnumSource(Bidirectional.Mode.class)
  void bothDataFormatsGiveTheSameNumbers(Bidirectional.Mode mode) {
    MultiLayerNetwork first = bidirectional(mode, RNNFormat.NCW);
    MultiLayerNetwork last = bidirectional(mode, RNNFormat.NWC);
    INDArray permuted = FEATURES.permute(0, 2, 1).dup();
    assertEquals(
        0, difference(first.output(FEATURES), last.output(permuted).permute(0, 2, 1)), 1e-13);
    first.fit(new DataSet(FEATURES, LABELS));
    last.fit(new DataSet(permuted, LABELS.permute(0, 2, 1).dup()));
    assertEquals(0, difference(first.params(), last.params()), 1e-13);
  }

  private static MultiLayerNetwork bidirectional(Bidirectional.Mode mode, RNNFormat format) {
    int units = mode == Bidirectional.Mode.CONCAT ? 2 : 4;
    return network(
        new Sgd(0.1),
        new Bidirectional(mode, gru(2, units).dataFormat(format).build()),
        gru(4, 4).dataFormat(format).build(),
        readout(4).dataFormat(format).build());
  }

  // Gradients

  private static void assertGradients(
      MultiLayerNetwork network, INDArray labels, INDArray mask, INDArray labelMask) {
    GradientCheckUtil.MLNConfig check =
        new GradientCheckUtil.MLNConfig()
            .net(network)
            .input(FEATURES)
            .labels(labels)
            .inputMask(mask)
            .labelMask(labelMask)
            .maxRelError(1e-5)
            .minAbsoluteError(1e-8)
            .subset(true)
            .maxPerParam(3)
            .callEachIter(
                net -> {
                  Nd4j.getRandom().setSeed(3); // the same dropout each time
                });
    assertTrue(GradientCheckUtil.checkGradients(check));
  }

  private static MultiLayerNetwork checked(Layer... layers) {
    return network(new NoOp(), layers);
  }

  @Test
  void gradientsAreThoseOfFiniteDifferences() {
    assertGradients(checked(gru(2, 4).build(), readout(4).build()), LABELS, null, null);
    assertGradients(
        checked(
            gru(2, 3).activation(Activation.SOFTSIGN).l1(0.01).l2(0.02).l2Bias(0.03).build(),
            gru(3, 4).gateActivationFunction(Activation.SOFTPLUS).build(),
            readout(4).build()),
        LABELS,
        null,
        null);
  }

  @Test
  void gradientsAreRightWhereMasked() {
    MultiLayerNetwork network = checked(gru(2, 3).build(), gru(3, 4).build(), readout(4).build());
    assertGradients(network, LABELS, mask(), mask());
    assertGradients(network, LABELS, mask(), null);
    assertGradients(network, LABELS, null, mask());
  }

  @ParameterizedTest
  @EnumSource(Bidirectional.Mode.class)
  void gradientsAreRightInBidirectional(Bidirectional.Mode mode) {
    int units = mode == Bidirectional.Mode.CONCAT ? 2 : 4;
    MultiLayerNetwork network =
        checked(
            gru(2, 3).build(), new Bidirectional(mode, gru(3, units).build()), readout(4).build());
    assertGradients(network, LABELS, mask(), mask());
  }

  @Test
  void gradientsAreRightWithTimeLast() {
    MultiLayerNetwork network =
        checked(
            gru(TIME, 3).dataFormat(RNNFormat.NWC).build(),
            new Bidirectional(gru(3, 2).dataFormat(RNNFormat.NWC).build()),
            readout(4).dataFormat(RNNFormat.NWC).build());
    INDArray labels = everyStep(oneHot(2, 3, 3), 2).permute(0, 2, 1).dup();
    assertGradients(network, labels, null, null);
    INDArray mask = Nd4j.create(new double[][] {{1, 1}, {1, 0}, {0, 1}});
    assertGradients(network, labels, mask, mask);
  }

  @Test
  void gradientsAreRightBetweenOtherLayers() {
    assertGradients(
        checked(
            new LSTM.Builder().nIn(2).nOut(3).activation(Activation.TANH).build(),
            gru(3, 3).build(),
            new LSTM.Builder().nIn(3).nOut(4).activation(Activation.TANH).build(),
            readout(4).build()),
        LABELS,
        null,
        null);
    for (Layer top :
        List.of(new LastTimeStep(gru(3, 4).build()), new GlobalPoolingLayer.Builder().build())) {
      MultiLayerNetwork network =
          checked(
              gru(2, 3).build(),
              gru(3, 3).build(),
              top,
              output(top instanceof LastTimeStep ? 4 : 3));
      assertGradients(network, oneHot(2, 3, 3), mask(), null);
    }
  }

  private static OutputLayer output(int inputs) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(inputs)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .build();
  }

  @Test
  void gradientsAreRightWithDropout() {
    assertGradients(
        checked(gru(2, 3).dropOut(0.6).build(), gru(3, 4).dropOut(0.7).build(), readout(4).build()),
        LABELS,
        null,
        null);
  }

  /** Noise that is known: weights count twice, biases once. */
  private static final class Doubling implements IWeightNoise {
    @Override
    public INDArray getParameter(
        org.deeplearning4j.nn.api.Layer layer,
        String key,
        int iteration,
        int epoch,
        boolean train,
        LayerWorkspaceMgr workspaceMgr) {
      return layer.getParam(key).mul(train && key.endsWith("W") ? 2 : 1);
    }

    @Override
    public IWeightNoise clone() {
      return new Doubling();
    }
  }

  @Test
  void weightNoiseActsForwardAndBackward() {
    MultiLayerNetwork noisy =
        network(
            new Sgd(0.1),
            gru(2, 3).weightNoise(new Doubling()).build(),
            gru(3, 4).weightNoise(new Doubling()).build(),
            readout(4).build());
    MultiLayerNetwork doubled =
        network(new Sgd(0.1), gru(2, 3).build(), gru(3, 4).build(), readout(4).build());
    doubled.setParams(noisy.params().dup());
    for (String key : List.of("0_W", "0_RW", "1_W", "1_RW")) {
      doubled.getParam(key).muli(2);
    }
    INDArray before = noisy.params().dup();
    INDArray beforeDoubled = doubled.params().dup();
    noisy.fit(new DataSet(FEATURES, LABELS));
    doubled.fit(new DataSet(FEATURES, LABELS));
    assertNotEquals(0, difference(before, noisy.params()));
    assertEquals(
        0, difference(noisy.params().sub(before), doubled.params().sub(beforeDoubled)), 1e-14);
  }

  @Test
  void aFrozenLayerPassesGradientsDown() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1),
            gru(2, 3).build(),
            new FrozenLayerWithBackprop(gru(3, 4).build()),
            readout(4).build());
    MultiLayerNetwork learning =
        network(new Sgd(0.1), gru(2, 3).build(), gru(3, 4).build(), readout(4).build());
    learning.setParams(network.params().dup());
    INDArray frozen = network.getParam("1_RW").dup();
    network.fit(new DataSet(FEATURES, LABELS));
    learning.fit(new DataSet(FEATURES, LABELS));
    assertEquals(0, difference(frozen, network.getParam("1_RW")));
    assertNotEquals(0, difference(frozen, learning.getParam("1_RW")));
    assertEquals(0, difference(learning.getParam("0_W"), network.getParam("0_W")), 1e-14);
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void trainingIsTheSameWithAndWithoutWorkspaces(WorkspaceMode mode) {
    MultiLayerNetwork reference = deep(WorkspaceMode.NONE, DataType.DOUBLE);
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
      MultiLayerNetwork network = deep(mode, type);
      network.setParams(deep(WorkspaceMode.NONE, DataType.DOUBLE).params().castTo(type));
      reference.setParams(deep(WorkspaceMode.NONE, DataType.DOUBLE).params());
      for (int k = 0; k < 3; k++) {
        DataSet data = new DataSet(gaussian(k, 3, 2, TIME), LABELS, mask(), mask());
        reference.fit(data);
        network.fit(
            new DataSet(data.getFeatures().castTo(type), LABELS.castTo(type), mask(), mask()));
      }
      assertEquals(
          0,
          difference(reference.params(), network.params().castTo(DataType.DOUBLE)),
          type == DataType.DOUBLE ? 1e-14 : 1e-5);
    }
  }

  private static MultiLayerNetwork deep(WorkspaceMode mode, DataType type) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(2)
                .dataType(type)
                .updater(new Sgd(0.1))
                .trainingWorkspaceMode(mode)
                .inferenceWorkspaceMode(mode)
                .list()
                .layer(gru(2, 3).build())
                .layer(new Bidirectional(gru(3, 2).build()))
                .layer(gru(4, 4).build())
                .layer(readout(4).build())
                .build());
    network.init();
    return network;
  }

  // States

  @Test
  void timeStepsCarryTheState() {
    MultiLayerNetwork network = classifier(gru(2, 4));
    INDArray outputs = network.output(FEATURES);
    for (int t = 0; t < 2; t++) {
      assertEquals(
          0, difference(network.rnnTimeStep(at(FEATURES, t).dup()), at(outputs, t)), 1e-14);
    }
    Map<String, INDArray> state = network.rnnGetPreviousState(0);
    INDArray rest = network.rnnTimeStep(steps(FEATURES, 2, TIME));
    assertEquals(0, difference(rest, steps(outputs, 2, TIME)), 1e-14);

    network.rnnSetPreviousState(0, state);
    assertEquals(0, difference(network.rnnTimeStep(at(FEATURES, 2).dup()), at(outputs, 2)), 1e-14);
    network.rnnClearPreviousState();
    assertEquals(0, difference(network.rnnTimeStep(at(FEATURES, 0).dup()), at(outputs, 0)), 1e-14);
  }

  @Test
  void aStateOfAnotherBatchSizeIsRefused() {
    MultiLayerNetwork network = classifier(gru(2, 4));
    network.rnnTimeStep(gaussian(1, 3, 2));
    String message =
        assertThrows(DL4JInvalidInputException.class, () -> network.rnnTimeStep(gaussian(1, 5, 2)))
            .getMessage();
    assertTrue(
        message.startsWith("the stored state has shape [3, 4] but [batch, nOut] = [5, 4]"),
        message);
    network.rnnClearPreviousState();
    network.rnnTimeStep(gaussian(1, 5, 2));
  }

  @Test
  void inputOfAnotherSizeIsRefused() {
    MultiLayerNetwork network = classifier(gru(2, 4));
    network.output(gaussian(1, 3, 2, 4));
    String message =
        assertThrows(DL4JInvalidInputException.class, () -> network.output(gaussian(1, 3, 5, 4)))
            .getMessage();
    assertTrue(message.startsWith("the input has 5 values per time step"), message);
    message =
        assertThrows(DL4JInvalidInputException.class, () -> network.output(gaussian(1, 3, 2)))
            .getMessage();
    assertTrue(
        message.startsWith("Gru expects input of rank 3, NCW, but got shape [3, 2]"), message);
  }

  @Test
  void aTruncatedSegmentIsDifferentiatedFromItsStoredState() {
    MultiLayerNetwork network = truncated(TIME / 2, new Sgd(0));
    List<Map<String, INDArray>> gradients = new ArrayList<>();
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            Map<String, INDArray> copies = new HashMap<>();
            model.gradient().gradientForVariable().forEach((k, v) -> copies.put(k, v.dup()));
            gradients.add(copies);
          }
        });
    network.fit(new DataSet(FEATURES, LABELS));
    assertEquals(2, gradients.size());

    INDArray second = steps(FEATURES, TIME / 2, TIME);
    INDArray labels = steps(LABELS, TIME / 2, TIME);
    network.rnnClearPreviousState();
    network.rnnTimeStep(steps(FEATURES, 0, TIME / 2));
    Map<String, INDArray> state = network.rnnGetPreviousState(0);
    double step = 1e-6;
    for (String key : List.of("0_W", "0_RW", "0_b", "0_Rb")) {
      INDArray parameter = network.getParam(key);
      INDArray gradient = gradients.get(1).get(key);
      for (long j = 0; j < parameter.size(1); j++) {
        long i = j % parameter.size(0);
        double value = parameter.getDouble(i, j);
        parameter.putScalar(i, j, value + step);
        double above = loss(network, state, second, labels);
        parameter.putScalar(i, j, value - step);
        double below = loss(network, state, second, labels);
        parameter.putScalar(i, j, value);
        assertEquals((above - below) / (2 * step), gradient.getDouble(i, j), 1e-8, key + " " + j);
      }
    }
  }

  private static double loss(
      MultiLayerNetwork network, Map<String, INDArray> state, INDArray x, INDArray labels) {
    network.rnnSetPreviousState(0, state);
    INDArray probabilities = network.rnnTimeStep(x);
    double loss = 0;
    for (int i = 0; i < labels.size(0); i++) {
      for (int c = 0; c < labels.size(1); c++) {
        for (int t = 0; t < labels.size(2); t++) {
          loss -= labels.getDouble(i, c, t) * Math.log(probabilities.getDouble(i, c, t));
        }
      }
    }
    return loss;
  }

  @Test
  void recurrentWeightsLearnInSegmentsOfOneStep() {
    MultiLayerNetwork network = truncated(1, new Sgd(0.1));
    INDArray before = network.getParam("0_RW").dup();
    network.fit(new DataSet(FEATURES, LABELS));
    assertEquals(TIME, network.getIterationCount());
    assertTrue(difference(before, network.getParam("0_RW")) > 1e-3);
  }

  private static MultiLayerNetwork truncated(int length, Sgd updater) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(2)
                .dataType(DataType.DOUBLE)
                .updater(updater)
                .list()
                .layer(gru(2, 4).build())
                .layer(readout(4).build())
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(length)
                .build());
    network.init();
    return network;
  }

  @Test
  void theBackwardPassCanStopEarly() {
    MultiLayerNetwork network = classifier(gru(2, 4));
    network.initGradientsView();
    GruImpl layer = (GruImpl) network.getLayer(0);
    LayerWorkspaceMgr none = LayerWorkspaceMgr.noWorkspaces();
    layer.activate(FEATURES, true, none);
    INDArray eps = gaussian(3, 3, 4, TIME);
    INDArray all = layer.backpropGradient(eps, none).getSecond();
    INDArray two = layer.tbpttBackpropGradient(eps, 2, none).getSecond();
    assertEquals(0, difference(steps(all, 2, 4), steps(two, 2, 4)), 1e-14);
    assertEquals(0, steps(two, 0, 2).amaxNumber().doubleValue());
    layer.clear();
    String message =
        assertThrows(IllegalStateException.class, () -> layer.backpropGradient(eps, none))
            .getMessage();
    assertTrue(message.startsWith("backpropGradient without a forward pass"), message);
  }

  // Graphs

  @Test
  void worksInAGraph() {
    ComputationGraphConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .dataType(DataType.DOUBLE)
            .updater(new NoOp())
            .graphBuilder()
            .addInputs("in")
            .addLayer("below", gru(2, 2).build(), "in")
            .addLayer("both", new Bidirectional(gru(2, 1).build()), "in")
            .addVertex("merge", new MergeVertex(), "below", "both")
            .addLayer("above", gru(4, 2).build(), "merge")
            .addVertex("last", new LastTimeStepVertex("in"), "above")
            .addLayer("out", output(2), "last")
            .setOutputs("out")
            .build();
    ComputationGraph graph = new ComputationGraph(conf);
    graph.init();
    GradientCheckUtil.GraphConfig check =
        new GradientCheckUtil.GraphConfig()
            .net(graph)
            .inputs(new INDArray[] {FEATURES})
            .labels(new INDArray[] {oneHot(2, 3, 3)})
            .inputMask(new INDArray[] {mask()})
            .maxRelError(1e-5)
            .minAbsoluteError(1e-8)
            .subset(true)
            .maxPerParam(2);
    assertTrue(GradientCheckUtil.checkGradients(check));
    assertEquals(conf, ComputationGraphConfiguration.fromJson(conf.toJson()));
  }

  /** The published GRU baseline: six units each way, one linear readout of all time steps. */
  @Test
  void theStepsOfABidirectionalLayerAreReadOutAtOnce() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(new Adam(0.05))
                .graphBuilder()
                .addInputs("in")
                .addLayer("gru", new Bidirectional(gru(1, 6).build()), "in")
                .addVertex("flat", new ReshapeVertex(-1, 12 * 40), "gru")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(12 * 40)
                        .nOut(10)
                        .activation(Activation.SOFTMAX)
                        .build(),
                    "flat")
                .setOutputs("out")
                .build());
    graph.init();
    assertEquals(2 * 3 * 6 * (1 + 6 + 2), graph.getLayer("gru").numParams());
    assertEquals(5134, graph.numParams());
    INDArray x = gaussian(1, 10, 1, 40).castTo(DataType.FLOAT);
    INDArray labels = oneHot(4, 10, 10).castTo(DataType.FLOAT);
    MultiDataSet data = new MultiDataSet(x, labels);
    double before = graph.score(data);
    for (int k = 0; k < 20; k++) {
      graph.fit(data);
    }
    assertTrue(graph.score(data) < before / 5, before + " -> " + graph.score(data));
    assertEquals(
        0, difference(graph.outputSingle(x).argMax(1), labels.argMax(1)), "every class is right");
  }
}

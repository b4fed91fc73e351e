// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.frozenClassifier;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.train.StreamingTrainer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Whole sequences give the numbers of single steps. */
class SequenceTest {
  private static final int TIME = 25;
  private static final INDArray FEATURES = gaussian(5, 3, 2, TIME);

  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t));
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void theOutputOfASequenceIsThatOfTheStreamWithoutLearning(WorkspaceMode mode) {
    MultiLayerNetwork network = frozenClassifier();
    network.getLayerWiseConfigurations().setInferenceWorkspaceMode(mode);
    INDArray outputs = network.output(FEATURES);
    INDArray labels = oneHot(2, 3, 3);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int t = 0; t < TIME; t++) {
      INDArray logits = trainer.step(at(FEATURES, t), labels);
      INDArray probabilities = Nd4j.exec(new SoftMax(logits))[0];
      assertEquals(0, difference(probabilities, at(outputs, t)), 1e-10, "step " + t);
    }
  }

  @Test
  void theOutputLagsTheInputByOneStepPerLayer() {
    MultiLayerNetwork network = frozenClassifier();
    INDArray changed = FEATURES.dup();
    at(changed, 10).addi(1);
    INDArray difference = network.output(FEATURES).sub(network.output(changed));
    INDArray before = difference.get(all(), all(), interval(0, 13));
    assertEquals(0, before.amaxNumber().doubleValue());
    assertNotEquals(0, at(difference, 13).amaxNumber().doubleValue());
  }

  @Test
  void timeStepsCarryTheState() {
    MultiLayerNetwork network = frozenClassifier();
    INDArray outputs = network.output(FEATURES);
    for (int t = 0; t < 10; t++) {
      assertEquals(
          0, difference(network.rnnTimeStep(at(FEATURES, t).dup()), at(outputs, t)), 1e-12);
    }
    INDArray rest = network.rnnTimeStep(FEATURES.get(all(), all(), interval(10, TIME)).dup());
    assertEquals(0, difference(rest, outputs.get(all(), all(), interval(10, TIME)).dup()), 1e-12);
    String message =
        assertThrows(DL4JInvalidInputException.class, () -> network.rnnTimeStep(gaussian(1, 5, 2)))
            .getMessage();
    assertTrue(message.startsWith("the stored state has 3 samples but the input 5: call"), message);
    network.rnnClearPreviousState();
    network.rnnTimeStep(gaussian(1, 5, 2));
  }

  @Test
  void stateOfAnotherLayerIsRefused() {
    MultiLayerNetwork network = frozenClassifier();
    network.rnnTimeStep(at(FEATURES, 0).dup());
    Map<String, INDArray> state = network.rnnGetPreviousState(0);
    assertStateRefused("the stored state has u of shape [3, 5]: [batch, 4] is", state, 3, 5);
    assertStateRefused("the stored state has u of shape [3, 4, 1]: [batch, 4]", state, 3, 4, 1);
    assertStateRefused("the stored state has 2 samples but the input 3", state, 2, 4);
    Map<String, INDArray> incomplete = new HashMap<>(state);
    incomplete.remove("d");
    network.rnnSetPreviousState(0, incomplete);
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> network.rnnTimeStep(at(FEATURES, 1).dup()))
            .getMessage();
    assertEquals("saved neuron state has no array \"d\": it needs u, v, r, d and f", message);
    INDArray outputs = network.output(FEATURES);
    state.replaceAll((name, array) -> array.castTo(DataType.FLOAT)); // as a float network's
    network.rnnSetPreviousState(0, state);
    for (int l = 1; l < 3; l++) {
      network.rnnSetPreviousState(l, new HashMap<>());
    }
    INDArray first = network.rnnTimeStep(at(FEATURES, 1).dup());
    assertEquals(0, difference(first, at(outputs, 0)), 1e-12, "the layers above start from rest");
  }

  private static void assertStateRefused(
      String message, Map<String, INDArray> state, long... shapeOfU) {
    MultiLayerNetwork network = frozenClassifier();
    Map<String, INDArray> changed = new HashMap<>(state);
    changed.put("u", gaussian(1, shapeOfU));
    network.rnnSetPreviousState(0, changed);
    String actual =
        assertThrows(
                DL4JInvalidInputException.class, () -> network.rnnTimeStep(at(FEATURES, 1).dup()))
            .getMessage();
    assertTrue(actual.startsWith(message), actual);
  }

  @Test
  void aStreamsStateGoesOnInTheNetwork() {
    MultiLayerNetwork network = frozenClassifier();
    INDArray outputs = network.output(FEATURES);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int t = 0; t < 10; t++) {
      trainer.step(at(FEATURES, t), null);
    }
    for (int l = 0; l < 3; l++) {
      network.rnnSetPreviousState(l, trainer.saveState().get(l));
    }
    assertEquals(
        0, difference(network.rnnTimeStep(at(FEATURES, 10).dup()), at(outputs, 10)), 1e-12);
  }

  @Test
  void theGradientOfASequenceIsTheSumOfTheStreamsGradients() {
    INDArray labels = oneHot(3, 3, 3);
    for (boolean masked : new boolean[] {false, true}) {
      for (boolean prospective : new boolean[] {true, false}) {
        MultiLayerNetwork streamed = learning(prospective, RNNFormat.NCW);
        MultiLayerNetwork whole = learning(prospective, RNNFormat.NCW);
        INDArray mask = masked ? mask() : null;
        StreamingTrainer.builder(streamed)
            .updateInterval(TIME)
            .build()
            .fit(new DataSet(FEATURES, labels, mask, null));
        whole.fit(new DataSet(FEATURES, everyStep(labels, TIME), mask, mask));
        assertNotEquals(0, difference(streamed.params(), learning(true, RNNFormat.NCW).params()));
        assertEquals(0, difference(streamed.params(), whole.params()), 1e-12);
      }
    }
  }

  @Test
  void bothDataFormatsGiveTheSameNumbers() {
    INDArray labels = oneHot(3, 3, 3);
    MultiLayerNetwork channelsFirst = learning(true, RNNFormat.NCW);
    MultiLayerNetwork channelsLast = learning(true, RNNFormat.NWC);
    INDArray permuted = FEATURES.permute(0, 2, 1).dup();
    assertEquals(
        0,
        difference(channelsFirst.output(FEATURES), channelsLast.output(permuted).permute(0, 2, 1)),
        1e-12);
    StreamingTrainer.builder(channelsFirst).build().fit(new DataSet(FEATURES, labels));
    StreamingTrainer.builder(channelsLast).build().fit(new DataSet(permuted, labels));
    assertEquals(0, difference(channelsFirst.params(), channelsLast.params()), 1e-12);
  }

  private static MultiLayerNetwork learning(boolean prospective, RNNFormat format) {
    org.deeplearning4j.nn.conf.layers.RnnLossLayer top = classes();
    top.setRnnDataFormat(format);
    return network(
        new Sgd(0.1),
        hidden(2)
            .dataFormat(format)
            .prospectiveErrors(prospective)
            .learnTimeConstants(LearnedTimeConstants.BOTH)
            .build(),
        hidden(4).dataFormat(format).prospectiveErrors(prospective).build(),
        readout(4, 3).dataFormat(format).build(),
        top);
  }

  /** The second sample ends early, the third starts late. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(FEATURES.dataType(), 3, TIME);
    for (int t = 0; t < TIME; t++) {
      mask.putScalar(1, t, t < 15 ? 1 : 0);
      mask.putScalar(2, t, t < 4 ? 0 : 1);
    }
    return mask;
  }

  @Test
  void aMaskedSampleStandsStill() {
    MultiLayerNetwork network = frozenClassifier();
    INDArray mask = mask();
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(new DataSet(FEATURES, oneHot(1, 3, 3), mask, null));
    StreamingTrainer alone = StreamingTrainer.builder(network).build();
    INDArray shortened = FEATURES.get(interval(1, 2), all(), interval(0, 15)).dup();
    alone.fit(new DataSet(shortened, oneHot(1, 3, 3).getRow(1, true).dup()));
    for (int l = 0; l < 3; l++) {
      for (String name : new String[] {"u", "v", "r", "d", "f"}) {
        INDArray row = trainer.saveState().get(l).get(name).getRow(1, true);
        assertEquals(0, difference(row.dup(), alone.saveState().get(l).get(name)), 1e-12, name);
      }
    }
  }

  @Test
  void aFrozenLayerPassesErrorsDown() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1),
            hidden(2).build(),
            new FrozenLayerWithBackprop(hidden(4).build()),
            readout(4, 3).build(),
            classes());
    INDArray below = network.getParam("0_W").dup();
    INDArray frozen = network.getParam("1_W").dup();
    network.fit(new DataSet(FEATURES, everyStep(oneHot(3, 3, 3), TIME)));
    assertEquals(0, difference(frozen, network.getParam("1_W")));
    assertNotEquals(0, difference(below, network.getParam("0_W")));
  }

  @Test
  void inputOfAnotherSizeIsRefused() {
    MultiLayerNetwork network = frozenClassifier();
    network.output(gaussian(1, 3, 2, 4));
    String message =
        assertThrows(Exception.class, () -> network.output(gaussian(1, 3, 5, 4))).getMessage();
    assertTrue(message.contains("the input has 5 values per time step"), message);
  }

  @Test
  void everyElementwiseActivationWorksInBothForms() {
    for (Activation activation : Activation.values()) {
      if (Arrays.asList(Activation.SOFTMAX, Activation.RRELU).contains(activation)) {
        continue;
      }
      MultiLayerNetwork streamed = withActivation(activation);
      MultiLayerNetwork whole = withActivation(activation);
      INDArray labels = oneHot(3, 3, 3);
      StreamingTrainer.builder(streamed)
          .updateInterval(TIME)
          .build()
          .fit(new DataSet(FEATURES, labels));
      whole.fit(new DataSet(FEATURES, everyStep(labels, TIME)));
      assertEquals(0, difference(streamed.params(), whole.params()), 1e-10, activation.toString());
    }
  }

  private static MultiLayerNetwork withActivation(Activation activation) {
    return network(
        new Sgd(0.01), hidden(2).activation(activation).build(), readout(4, 3).build(), classes());
  }
}

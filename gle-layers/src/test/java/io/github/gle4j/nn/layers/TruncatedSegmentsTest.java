// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
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

import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.train.StreamingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** Truncated segments carry the state of neurons and errors; segments of one step are streaming. */
class TruncatedSegmentsTest {
  private static final int TIME = 13;
  private static final INDArray FEATURES = gaussian(5, 3, 2, TIME);
  private static final INDArray LABELS = oneHot(3, 3, 3);

  private static GleDense.Builder learning(int inputs, double gamma) {
    return hidden(inputs).gamma(gamma).learnTimeConstants(LearnedTimeConstants.BOTH);
  }

  private static MultiLayerNetwork classifier(IUpdater updater, double gamma) {
    return network(
        updater,
        learning(2, gamma).build(),
        learning(4, gamma).build(),
        readout(4, 3).gamma(gamma).build(),
        classes());
  }

  private static MultiLayerNetwork inSegments(MultiLayerNetwork network, int length) {
    network.getLayerWiseConfigurations().setBackpropType(BackpropType.TruncatedBPTT);
    network.getLayerWiseConfigurations().setTbpttFwdLength(length);
    network.getLayerWiseConfigurations().setTbpttBackLength(length);
    return network;
  }

  /** The second sample ends early, the third starts late. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(FEATURES.dataType(), 3, TIME);
    for (int t = 0; t < TIME; t++) {
      mask.putScalar(1, t, t < 8 ? 1 : 0);
      mask.putScalar(2, t, t < 4 ? 0 : 1);
    }
    return mask;
  }

  @ParameterizedTest
  @CsvSource({
    "0, false, ENABLED",
    "0, true, NONE",
    "0.3, false, ENABLED",
    "0.3, false, NONE",
    "0.3, true, ENABLED"
  })
  void segmentsOfOneStepLearnAsTheStreamDoes(double gamma, boolean masked, WorkspaceMode mode) {
    for (IUpdater updater : new IUpdater[] {new Sgd(0.1), new Adam(0.01)}) {
      MultiLayerNetwork streamed = classifier(updater, gamma);
      MultiLayerNetwork segments = inSegments(classifier(updater, gamma), 1);
      segments.getLayerWiseConfigurations().setTrainingWorkspaceMode(mode);
      INDArray mask = masked ? mask() : null;
      StreamingTrainer trainer = StreamingTrainer.builder(streamed).build();
      for (int repetition = 0; repetition < 2; repetition++) {
        trainer.fit(new DataSet(FEATURES, LABELS, mask, null));
        trainer.resetState(); // as MultiLayerNetwork does before and after every batch
        segments.fit(new DataSet(FEATURES, everyStep(LABELS, TIME), mask, mask));
      }
      assertEquals(2 * TIME, segments.getIterationCount());
      assertNotEquals(0, difference(streamed.params(), classifier(updater, gamma).params()));
      assertEquals(0, difference(streamed.params(), segments.params()), 1e-12);
      assertEquals(streamed.score(), segments.score(), 1e-12);
    }
  }

  @Test
  void errorsThatActOnTheMembranesChangeWhatIsLearned() {
    MultiLayerNetwork with = inSegments(classifier(new Sgd(0.1), 0.3), 1);
    MultiLayerNetwork without = inSegments(classifier(new Sgd(0.1), 0), 1);
    with.fit(new DataSet(FEATURES, everyStep(LABELS, TIME)));
    without.fit(new DataSet(FEATURES, everyStep(LABELS, TIME)));
    assertTrue(difference(with.params(), without.params()) > 1e-3);
  }

  @Test
  void aGraphInSegmentsOfOneStepLearnsAsTheStreamDoes() {
    for (double gamma : new double[] {0, 0.3}) {
      MultiLayerNetwork streamed = classifier(new Sgd(0.1), gamma);
      ComputationGraph graph = classifier(new Sgd(0.1), gamma).toComputationGraph();
      graph.getConfiguration().setBackpropType(BackpropType.TruncatedBPTT);
      graph.getConfiguration().setTbpttFwdLength(1);
      graph.getConfiguration().setTbpttBackLength(1);
      StreamingTrainer.builder(streamed).build().fit(new DataSet(FEATURES, LABELS));
      graph.fit(new DataSet(FEATURES, everyStep(LABELS, TIME)));
      assertEquals(0, difference(streamed.params(), graph.params()), 1e-12);
    }
  }

  /** DL4J cuts along the last dimension, finds inputs where time should be, warns and returns. */
  @Test
  void segmentsNeedTimeInTheLastDimension() {
    for (RNNFormat format : RNNFormat.values()) {
      RnnLossLayer top = classes();
      top.setRnnDataFormat(format);
      MultiLayerNetwork network =
          inSegments(network(new Sgd(0.1), readout(2, 3).dataFormat(format).build(), top), 5);
      int[] order = format == RNNFormat.NCW ? new int[] {0, 1, 2} : new int[] {0, 2, 1};
      INDArray labels = everyStep(LABELS, TIME).permute(order).dup();
      network.fit(new DataSet(FEATURES.permute(order).dup(), labels));
      assertEquals(format == RNNFormat.NCW ? 3 : 0, network.getIterationCount());
    }
  }

  /** The last of the segments is shorter than the others. */
  @Test
  void theGradientsOfSegmentsAddUpToThatOfTheSequence() {
    for (INDArray mask : new INDArray[] {null, mask()}) {
      DataSet data = new DataSet(FEATURES, everyStep(LABELS, TIME), mask, mask);
      INDArray whole = sumOfGradients(classifier(new Sgd(0), 0), data);
      INDArray segments = sumOfGradients(inSegments(classifier(new Sgd(0), 0), 7), data);
      assertTrue(whole.amaxNumber().doubleValue() > 0.1);
      assertEquals(0, difference(whole, segments), 1e-10);
    }
  }

  private static INDArray sumOfGradients(MultiLayerNetwork network, DataSet data) {
    INDArray sum = Nd4j.create(network.params().dataType(), 1, network.numParams());
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            sum.addi(network.getFlattenedGradients().reshape(sum.shape()));
          }
        });
    network.fit(data);
    return sum;
  }

  @Test
  void aFrozenLayerKeepsItsStateBetweenSegments() {
    Layer[] layers = {
      hidden(2).build(),
      new FrozenLayerWithBackprop(hidden(4).build()),
      readout(4, 3).build(),
      classes()
    };
    DataSet data = new DataSet(FEATURES, everyStep(LABELS, TIME));
    INDArray whole = sumOfGradients(network(new Sgd(0), layers), data);
    INDArray segments = sumOfGradients(inSegments(network(new Sgd(0), layers), 7), data);
    assertTrue(whole.amaxNumber().doubleValue() > 0.1);
    assertEquals(0, difference(whole, segments), 1e-10);
  }

  @Test
  void everyBatchStartsFromRest() {
    MultiLayerNetwork network = inSegments(classifier(new Sgd(0), 0), 7);
    DataSet data = new DataSet(FEATURES, everyStep(LABELS, TIME));
    network.fit(data);
    double score = network.score();
    network.fit(data);
    assertEquals(score, network.score());
    assertTrue(network.rnnGetPreviousState(0).isEmpty());
  }

  /** In this mode DL4J evaluates segment by segment. */
  @Test
  void evaluationDoesNotDependOnTheSegments() {
    DataSet data = new DataSet(FEATURES, everyStep(LABELS, TIME), mask(), mask());
    MultiLayerNetwork network = classifier(new Sgd(0), 0);
    String whole = network.evaluate(new SingletonDataSetIterator(data)).stats();
    inSegments(network, 5);
    assertEquals(whole, network.evaluate(new SingletonDataSetIterator(data)).stats());
  }

  @Test
  void storedStateOfSegmentsIsAvailable() {
    MultiLayerNetwork network = inSegments(classifier(new Sgd(0), 0), 7);
    INDArray outputs = network.output(FEATURES);
    INDArray first = FEATURES.get(all(), all(), interval(0, 10)).dup();
    INDArray rest = FEATURES.get(all(), all(), interval(10, TIME)).dup();
    network.rnnActivateUsingStoredState(first, false, true);
    INDArray last = network.rnnActivateUsingStoredState(rest, false, true).get(4);
    assertEquals(0, difference(last, outputs.get(all(), all(), interval(10, TIME)).dup()), 1e-12);
  }

  @Test
  void fitRefusesErrorsThatActOnTheMembranesOverSeveralSteps() {
    MultiLayerNetwork network = classifier(new Sgd(0.1), 0.3);
    INDArray before = network.params().dup();
    DataSet data = new DataSet(FEATURES, everyStep(LABELS, TIME));
    String message =
        assertThrows(IllegalStateException.class, () -> network.fit(data)).getMessage();
    assertTrue(
        message.startsWith(
            "gamma = 0.3 lets errors act on the membranes within a sequence, which fit() cannot"
                + " follow over 13 steps: train with StreamingTrainer or tBPTTLength(1), or set"
                + " gamma = 0 (layer name:"),
        message);
    inSegments(network, 2);
    assertThrows(IllegalStateException.class, () -> network.fit(data));
    assertEquals(before, network.params());
    inSegments(network, 1).fit(data);
    assertNotEquals(before, network.params());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.InvocationType;
import org.deeplearning4j.optimize.listeners.EvaluativeListener;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Labels per sequence for what DL4J does with an output over time. */
class LabelsInEveryStepTest {
  private static final int TIME = 5;

  private final INDArray features = gaussian(1, 3, 2, TIME);
  private final INDArray labels = oneHot(2, 3, 3);
  private final INDArray padding =
      Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}, {0, 0, 1, 1, 1}});

  private static MultiLayerNetwork learner() {
    return network(new Sgd(0.1), hidden(2).build(), readout(4, 3).build(), classes());
  }

  private static DataSetIterator iterator(DataSet data) {
    return new ListDataSetIterator<>(new ArrayList<>(List.of(data)), 3);
  }

  private static DataSet inEveryStep(DataSet data) {
    new LabelsInEveryStep().preProcess(data);
    return data;
  }

  @Test
  void networksLearnFromLabelsPerSequence() {
    MultiLayerNetwork byHand = learner();
    byHand.fit(new DataSet(features, everyStep(labels, TIME), padding, padding));
    MultiLayerNetwork adapted = learner();
    DataSetIterator iterator = iterator(new DataSet(features, labels, padding, null));
    iterator.setPreProcessor(new LabelsInEveryStep());
    adapted.fit(iterator);
    assertEquals(byHand.params(), adapted.params());
    adapted.fit(iterator, 2); // the iterator keeps the arrays: they are not repeated twice
  }

  @Test
  void networksAreEvaluatedInEveryStepThatCounts() {
    MultiLayerNetwork network = learner();
    DataSetIterator iterator = iterator(new DataSet(features, labels, padding, null));
    iterator.setPreProcessor(new LabelsInEveryStep());
    assertEquals(TIME + 3 + 3, network.<Evaluation>evaluate(iterator).getNumRowCounter());
  }

  @Test
  void listenersEvaluateWhileAStreamIsLearned() {
    MultiLayerNetwork network = learner();
    DataSetIterator iterator = iterator(new DataSet(features, labels));
    iterator.setPreProcessor(new LabelsInEveryStep());
    EvaluativeListener listener = new EvaluativeListener(iterator, 1, InvocationType.EPOCH_END);
    network.setListeners(listener);
    StreamingTrainer.builder(network).build().fit(iterator(new DataSet(features, labels)), 1);
    assertEquals(3 * TIME, ((Evaluation) listener.getEvaluations()[0]).getNumRowCounter());
  }

  @Test
  void labelsAreRepeatedWithTheirMask() {
    DataSet plain = inEveryStep(new DataSet(features, labels));
    assertEquals(everyStep(labels, TIME), plain.getLabels());
    assertNull(plain.getLabelsMaskArray());
    assertSame(features, plain.getFeatures());

    DataSet padded = inEveryStep(new DataSet(features, labels, padding, null));
    assertEquals(padding, padded.getLabelsMaskArray());

    INDArray perSequence = Nd4j.createFromArray(new double[][] {{1}, {0}, {0.5}});
    INDArray perStep = Nd4j.createFromArray(new double[] {1, 0, 0.5}).reshape(3, 1).repeat(1, TIME);
    DataSet weighted = inEveryStep(new DataSet(features, labels, null, perSequence));
    assertEquals(perStep, weighted.getLabelsMaskArray());

    INDArray perOutput = Nd4j.createFromArray(new double[][] {{1, 0, 1}, {0, 1, 1}, {1, 1, 1}});
    DataSet outputs = inEveryStep(new DataSet(features, labels, null, perOutput));
    assertEquals(everyStep(perOutput, TIME), outputs.getLabelsMaskArray());
  }

  @Test
  void labelsPerStepStayAsTheyAre() {
    INDArray perStep = gaussian(3, 3, 3, TIME);
    DataSet data = inEveryStep(new DataSet(features, perStep.dup(), padding, padding.dup()));
    assertEquals(padding, data.getLabelsMaskArray());
    for (int b = 0; b < 3; b++) {
      for (int t = 0; t < TIME; t++) {
        double expected = padding.getDouble(b, t) == 0 ? 0 : perStep.getDouble(b, 1, t);
        assertEquals(expected, data.getLabels().getDouble(b, 1, t));
      }
    }
  }

  @Test
  void timeMayComeFirst() {
    DataSet data = new DataSet(features.permute(0, 2, 1), labels, padding, null);
    new LabelsInEveryStep(RNNFormat.NWC).preProcess(data);
    assertEquals(
        inEveryStep(new DataSet(features, labels, padding, null)).getLabels(),
        data.getLabels().permute(0, 2, 1));
    assertEquals(padding, data.getLabelsMaskArray());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertRefused(
        "features of shape [3, 2]: shape [batch, inputs, time] is allowed",
        new DataSet(gaussian(1, 3, 2), labels));
    assertRefused(
        "labels of shape [2, 3]: shape [3, 3] or [3, 3, 5] is allowed",
        new DataSet(features, oneHot(1, 2, 3)));
    assertNull(inEveryStep(new DataSet(features, null)).getLabels());
  }

  private static void assertRefused(String message, DataSet data) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> inEveryStep(data)).getMessage());
  }
}

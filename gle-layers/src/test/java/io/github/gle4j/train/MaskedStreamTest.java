// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Features, labels and masks of a stream. */
class MaskedStreamTest {
  private static final int BATCH = 4;
  private static final int TIME = 6;
  private static final int HIDDEN = 9;

  private static INDArray mask(int seed) {
    INDArray mask = Nd4j.ones(BATCH, TIME);
    for (int i = 0; i < HIDDEN; i++) {
      mask.putScalar(i % BATCH, (i + seed) % TIME, 0);
    }
    return mask;
  }

  private static INDArray covered(INDArray values, INDArray mask, double value) {
    INDArray result = values.dup();
    for (int b = 0; b < BATCH; b++) {
      for (int t = 0; t < TIME; t++) {
        for (int i = 0; i < values.size(1) && mask.getDouble(b, t) == 0; i++) {
          result.putScalar(b, i, t, value);
        }
      }
    }
    return result;
  }

  private static DataSetIterator batches(double label, double feature, boolean ofFeatures) {
    DataSet[] batches = new DataSet[2];
    for (int i = 0; i < 2; i++) {
      INDArray mask = mask(i);
      INDArray labels = covered(everyStep(oneHot(i, BATCH, 3), TIME), mask, label);
      INDArray features = gaussian(i, BATCH, 2, TIME);
      batches[i] =
          ofFeatures
              ? new DataSet(covered(features, mask, feature), labels, mask, null)
              : new DataSet(features, labels, null, mask);
    }
    return iterator(batches);
  }

  private static DataSetIterator iterator(DataSet... batches) {
    return new ExistingDataSetIterator(List.of(batches));
  }

  private static StreamingTrainer trainer(boolean isFused) {
    MultiLayerNetwork network = classifier(new Sgd(0.1)).convertDataType(DataType.FLOAT);
    return StreamingTrainer.builder(network).fused(isFused).build();
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void whatAMaskHidesNeverMatters(boolean isFused, boolean ofFeatures) {
    StreamingTrainer expected = trainer(isFused);
    StreamingResult fitted = expected.fit(batches(0, 0, ofFeatures), 1);
    long rows = 2 * BATCH * TIME - 2 * HIDDEN;
    assertEquals(rows, fitted.evaluation().getNumRowCounter());
    for (double value : new double[] {-1, 0.3, 7, 1e6, Double.NaN, Double.POSITIVE_INFINITY}) {
      StreamingTrainer actual = trainer(isFused);
      StreamingResult result = actual.fit(batches(value, value, ofFeatures), 1);
      assertEquals(rows, result.evaluation().getNumRowCounter(), "with " + value);
      assertEquals(fitted.loss(), result.loss(), "with " + value);
      assertEquals(0, result.unclassified());
      assertEquals(0, difference(expected.network().params(), actual.network().params()));
      StreamingResult evaluated = actual.evaluate(batches(value, value, ofFeatures));
      assertEquals(rows, evaluated.evaluation().getNumRowCounter());
      assertEquals(expected.evaluate(batches(0, 0, ofFeatures)).loss(), evaluated.loss());
    }
  }

  @Test
  void whatIsNotCountedSaysSo() {
    StreamingTrainer trainer =
        StreamingTrainer.builder(
                network(new Sgd(0), hidden(2).build(), readout(4, 3).build(), squares()))
            .build();
    DataSet signal = new DataSet(gaussian(1, BATCH, 2, TIME), gaussian(2, BATCH, 3, TIME));
    DataSet classes =
        new DataSet(gaussian(1, BATCH, 2, TIME), everyStep(oneHot(1, BATCH, 3), TIME));
    StreamingResult regression = trainer.evaluate(iterator(signal));
    assertTrue(Double.isNaN(regression.accuracy()));
    assertEquals(BATCH * TIME, regression.unclassified());
    StreamingResult mixed = trainer.fit(iterator(classes, signal), 1);
    assertTrue(Double.isNaN(mixed.accuracy()), "no accuracy of a half");
    assertEquals(2 * BATCH * TIME, mixed.unclassified());
    StreamingResult all = trainer.fit(iterator(classes, classes), 1);
    assertEquals(2 * BATCH * TIME, all.evaluation().getNumRowCounter());
    assertEquals(0, all.unclassified());
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"BOOL", "INT", "LONG", "BYTE", "HALF", "FLOAT", "DOUBLE"})
  void masksAndLabelsMayBeOfAnyType(DataType type) {
    INDArray features = gaussian(1, BATCH, 2, TIME);
    INDArray labels = oneHot(1, BATCH, 3);
    StreamingTrainer expected = trainer(true);
    expected.fit(new DataSet(features, labels, mask(1), mask(2)));
    StreamingTrainer actual = trainer(true);
    actual.fit(
        new DataSet(features, labels.castTo(type), mask(1).castTo(type), mask(2).castTo(type)));
    assertEquals(expected.network().params(), actual.network().params());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMaskOfOneSampleIsThatOfABatch(boolean isFused) {
    INDArray features = gaussian(1, 1, 2, TIME);
    INDArray labels = oneHot(1, 1, 3);
    INDArray mask = mask(1).getRow(0, true).dup();
    StreamingTrainer one = trainer(isFused);
    one.fit(new DataSet(features, labels, null, mask));
    StreamingTrainer two = trainer(isFused);
    two.fit(
        new DataSet(
            Nd4j.concat(0, features, features),
            Nd4j.concat(0, labels, labels),
            null,
            Nd4j.concat(0, mask, mask)));
    assertEquals(0, difference(one.network().params(), two.network().params()), 1e-6);
  }

  @Test
  void aMaskPerSequenceMayBeMergedByDl4j() {
    StreamingTrainer actual = trainer(true);
    StreamingResult result = actual.fit(merged(TIME));
    assertEquals(2, result.evaluation().getNumRowCounter());
    StreamingTrainer expected = trainer(true);
    DataSet plain = merged(TIME);
    plain.setLabelsMaskArray(Nd4j.createFromArray(new double[][] {{1}, {0}, {1}}));
    expected.fit(plain);
    assertEquals(expected.network().params(), actual.network().params());
    String message = "labels mask of shape [3, 3] hides its first column alone, as DL4J leaves";
    refused(message, () -> trainer(true).fit(merged(3))); // as many steps as outputs
    refused(message, () -> regression().fit(merged(TIME)));
  }

  private static DataSet merged(int time) {
    DataSet[] single = new DataSet[3];
    for (int i = 0; i < 3; i++) {
      INDArray mask = i == 1 ? Nd4j.zeros(1, 1) : Nd4j.ones(1, 1);
      single[i] = new DataSet(gaussian(i, 1, 2, time), oneHot(i, 1, 3), null, mask);
    }
    return DataSet.merge(List.of(single));
  }

  @Test
  void aMaskMayDifferBetweenOutputs() {
    INDArray mask = Nd4j.createFromArray(new double[][] {{1, 0, 1}, {1, 1, 1}});
    INDArray features = gaussian(1, 2, 2, TIME);
    INDArray labels = gaussian(2, 2, 3);
    StreamingTrainer expected = regression();
    expected.fit(new DataSet(features, labels, null, mask));
    for (double value : new double[] {7, Double.NaN}) {
      StreamingTrainer actual = regression();
      INDArray other = labels.dup().putScalar(0, 1, value);
      actual.fit(new DataSet(features, other, null, mask));
      assertEquals(expected.network().params(), actual.network().params());
    }
    refused(
        "labels mask that differs between the outputs of a softmax: one per sample is allowed",
        () -> trainer(true).fit(new DataSet(features, oneHot(1, 2, 3), null, mask)));
    INDArray short3 = gaussian(1, 2, 2, 3);
    refused(
        "labels mask of shape [2, 3] is ambiguous, as there are 3 outputs and 3 steps",
        () -> regression().fit(new DataSet(short3, labels, null, mask)));
    trainer(true).fit(new DataSet(short3, oneHot(1, 2, 3), null, mask)); // steps, surely
  }

  private static StreamingTrainer regression() {
    return StreamingTrainer.builder(
            network(new Sgd(0.1), hidden(2).build(), readout(4, 3).build(), squares()))
        .build();
  }

  @Test
  void whatHoldsNothingOrNoNumbersIsNamed() {
    StreamingTrainer trainer = trainer(true);
    trainer.fit(new DataSet(gaussian(1, 3, 2, TIME), oneHot(1, 3, 3)));
    INDArray before = trainer.network().params().dup();
    INDArray noSteps = Nd4j.create(DataType.FLOAT, 3, 2, 0);
    refused(
        "features of shape [3, 2, 0] hold nothing: at least one sample and one time step",
        () -> trainer.fit(new DataSet(noSteps, oneHot(1, 3, 3))));
    refused("features of shape [3, 2, 0] hold nothing", () -> trainer.predict(noSteps));
    refused(
        "features of shape [0, 2, 4] hold nothing",
        () -> trainer.predict(Nd4j.create(DataType.FLOAT, 0, 2, 4)));
    refused(
        "features of shape [0, 2] hold nothing",
        () -> trainer.step(Nd4j.create(DataType.FLOAT, 0, 2), null));
    refused("the iterator has no data to fit", () -> trainer.fit(iterator(), 1));
    refused("the iterator has no data to evaluate", () -> trainer.evaluate(iterator()));
    assertEquals(0, difference(before, trainer.network().params()), "nothing is lost");
    trainer.fit(new DataSet(gaussian(1, 3, 2, TIME), oneHot(1, 3, 3)));
    assertNotEquals(0, difference(before, trainer.network().params()));
  }

  @Test
  void labelsThatCannotBeAreNamed() {
    StreamingTrainer trainer = trainer(true);
    INDArray features = gaussian(1, 3, 2, TIME);
    INDArray labels = oneHot(1, 3, 3);
    refused(
        "labels of sample 0, output 0, step 0 = 7.0: probabilities, 0 to 1, are allowed with",
        () -> trainer.fit(new DataSet(features, labels.dup().putScalar(0, 0, 7))));
    refused(
        "labels mask holds -1.0: 0 (does not count) to any finite weight is allowed",
        () -> trainer.fit(new DataSet(features, labels, null, Nd4j.ones(3, TIME).neg())));
    trainer.fit(new DataSet(features, labels, null, Nd4j.ones(3, TIME).mul(2))); // a weight
    trainer.fit(new DataSet(features, labels.mul(0.9).add(0.1 / 3))); // smoothed
    regression().fit(new DataSet(features, labels.mul(7)));
    refused(
        "labels are null: evaluation needs a label for every sequence",
        () -> trainer.evaluate(iterator(new DataSet(features, null))));
    refused(
        "labels are null: evaluation needs",
        () ->
            trainer.doEvaluation(
                iterator(new DataSet(features, null)), new RegressionEvaluation()));
    DataSet nothing = new DataSet(features, labels, null, Nd4j.zeros(3, TIME));
    refused(
        "no label counts, as masks hide all of them", () -> trainer.evaluate(iterator(nothing)));
    assertTrue(Double.isNaN(trainer.fit(nothing).loss()), "the states go on");
    StreamingTrainer onPlateau =
        StreamingTrainer.builder(classifier(new Sgd(0.1)))
            .reduceOnPlateau(new ReduceOnPlateau(0.5, 0), iterator(new DataSet(features, null)))
            .build();
    refused(
        "labels are null: the validation of the plateau needs",
        () -> onPlateau.fit(iterator(new DataSet(features, labels)), 1));
    assertEquals(0, onPlateau.network().getIterationCount(), "before an epoch is spent");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void labelsOfNoClassAreNamed(boolean isFused) {
    StreamingTrainer trainer = trainer(isFused);
    INDArray features = gaussian(1, 3, 2, TIME);
    INDArray labels = oneHot(1, 3, 3);
    labels.getRow(1).assign(0);
    INDArray perStep = everyStep(oneHot(1, 3, 3), TIME);
    perStep.get(point(2), all(), point(4)).assign(0);
    String allowed = " are 0 for all outputs: a class, or a labels mask of 0 where there is none,";
    refused(
        "labels of sample 1, step 0" + allowed, () -> trainer.fit(new DataSet(features, labels)));
    refused(
        "labels of sample 1, step 0" + allowed,
        () -> trainer.step(features.slice(0, 2), labels, false));
    refused(
        "labels of sample 2, step 4" + allowed,
        () -> trainer.evaluate(iterator(new DataSet(features, perStep))));
    INDArray other = Nd4j.ones(3, TIME).putScalar(0, 4, 0);
    refused(
        "labels of sample 2, step 4" + allowed,
        () -> trainer.fit(new DataSet(features, perStep, null, other)));

    trainer.step(features.slice(0, 2), null);
    INDArray hidesTheSample = Nd4j.createFromArray(1.0, 0, 1).reshape(3, 1);
    trainer.fit(new DataSet(features, labels, null, hidesTheSample));
    trainer.fit(new DataSet(features, everyStep(labels, TIME), null, hidesTheSample));
    INDArray hidesTheStep = Nd4j.ones(3, TIME).putScalar(2, 4, 0);
    trainer.fit(new DataSet(features, perStep, null, hidesTheStep));
    trainer.fit(new DataSet(features, perStep, hidesTheStep, null));
    regression().fit(new DataSet(features, labels));
  }

  @Test
  void lossesAndRatesThatCannotBeAreNamed() {
    refused(
        "the loss function is SPARSE_MCXENT, whose labels are numbers of classes: MCXENT with",
        () ->
            StreamingTrainer.builder(
                    network(
                        new Sgd(0.1),
                        hidden(2).build(),
                        readout(4, 3).build(),
                        new RnnLossLayer.Builder(LossFunction.SPARSE_MCXENT)
                            .activation(Activation.SOFTMAX)
                            .build()))
                .build());
    refused(
        "learning rate of Sgd = -1.0: 0 or a positive, finite number is allowed",
        () -> StreamingTrainer.builder(classifier(new Sgd(-1))).build());
    StreamingTrainer trainer = StreamingTrainer.builder(classifier(new Adam(1e-3))).build();
    trainer.network().setLearningRate(-2);
    refused(
        "learning rate of Adam = -2.0: 0 or a positive",
        () -> trainer.step(gaussian(1, 3, 2), oneHot(1, 3, 3)));
    trainer.network().setLearningRate(1e-3);
    refused(
        "factor = 1.0E-40 of the learning rate 0.001", () -> trainer.multiplyLearningRate(1e-40));
    refused(
        "factor = 1.0E300 of the learning rate 0.001", () -> trainer.multiplyLearningRate(1e300));
    for (int i = 0; i < 200; i++) {
      trainer.reduceLearningRate(0.5);
    }
    double lowest = trainer.learningRate();
    assertTrue(lowest >= 1e-12 && lowest < 2e-12, "stays at " + lowest);
    refused("factor = -1.0 of the learning rate", () -> trainer.reduceLearningRate(-1));
  }

  private static void refused(String start, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith(start), message);
    assertEquals(1, message.lines().count());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.frozenClassifier;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.evaluation.classification.ROCMultiClass;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

class StreamingTrainerTest {
  private static final int TIME = 12;
  private static final DataSet DATA = new DataSet(gaussian(1, 4, 2, TIME), oneHot(2, 4, 3));

  private static DataSetIterator iterator(DataSet... batches) {
    return new ExistingDataSetIterator(List.of(batches));
  }

  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t)).dup();
  }

  @Test
  void fittingASequenceIsSteppingThroughIt() {
    MultiLayerNetwork fitted = classifier(new Adam(0.01));
    MultiLayerNetwork stepped = classifier(new Adam(0.01));
    StreamingTrainer.builder(fitted).build().fit(DATA);
    StreamingTrainer trainer = StreamingTrainer.builder(stepped).build();
    for (int t = 0; t < TIME; t++) {
      trainer.step(at(DATA.getFeatures(), t), DATA.getLabels());
    }
    assertEquals(0, difference(fitted.params(), stepped.params()));
    assertEquals(TIME, stepped.getIterationCount());
  }

  @Test
  void aLabelPerSequenceIsTheSameLabelInEveryStep() {
    MultiLayerNetwork perSequence = classifier(new Sgd(0.1));
    MultiLayerNetwork perStep = classifier(new Sgd(0.1));
    StreamingTrainer.builder(perSequence).build().fit(DATA);
    StreamingTrainer.builder(perStep)
        .build()
        .fit(new DataSet(DATA.getFeatures(), everyStep(DATA.getLabels(), TIME)));
    assertEquals(0, difference(perSequence.params(), perStep.params()));
  }

  @Test
  void labelsChangeOverTimeWhereTheyAreGivenPerStep() {
    INDArray labels = everyStep(DATA.getLabels(), TIME);
    INDArray other = oneHot(77, 4, 3);
    assertNotEquals(other, DATA.getLabels());
    labels.get(all(), all(), point(5)).assign(other);
    MultiLayerNetwork fitted = classifier(new Sgd(0.1));
    StreamingTrainer.builder(fitted).build().fit(new DataSet(DATA.getFeatures(), labels));
    MultiLayerNetwork stepped = classifier(new Sgd(0.1));
    StreamingTrainer trainer = StreamingTrainer.builder(stepped).build();
    for (int t = 0; t < TIME; t++) {
      trainer.step(at(DATA.getFeatures(), t), t == 5 ? other : DATA.getLabels());
    }
    assertEquals(0, difference(fitted.params(), stepped.params()));
  }

  @Test
  void betaScalesTheErrors() {
    StreamingTrainer full = StreamingTrainer.builder(frozenClassifier()).build();
    StreamingTrainer half = StreamingTrainer.builder(frozenClassifier()).beta(0.5).build();
    full.fit(DATA);
    half.fit(DATA);
    for (int l = 0; l < 3; l++) {
      assertNotEquals(0, full.state(l).get("e").norm2Number().doubleValue());
      assertEquals(0, difference(full.state(l).get("e").mul(0.5), half.state(l).get("e")), 1e-12);
    }
  }

  @Test
  void anUpdateIntervalSumsTheGradientsOfItsSteps() {
    INDArray[] sums = new INDArray[2];
    int[] updates = new int[2];
    int[] intervals = {1, 4};
    for (int i = 0; i < 2; i++) {
      int run = i;
      MultiLayerNetwork network = frozenClassifier();
      sums[run] = Nd4j.zerosLike(network.params());
      network.setListeners(
          new BaseTrainingListener() {
            @Override
            public void onGradientCalculation(Model model) {
              updates[run]++;
              sums[run].addi(model.gradient().gradient().reshape(sums[run].shape()));
            }
          });
      StreamingTrainer.builder(network).updateInterval(intervals[i]).build().fit(DATA);
    }
    assertArrayEquals(new int[] {TIME, TIME / 4}, updates);
    assertEquals(0, difference(sums[0], sums[1]), 1e-12);
  }

  @Test
  void aPendingUpdateIsAppliedBeforeTheBatchSizeChanges() {
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    StreamingTrainer trainer = StreamingTrainer.builder(network).updateInterval(100).build();
    for (int k = 0; k < 6; k++) {
      trainer.step(gaussian(k, 2, 2), oneHot(k, 2, 3));
    }
    INDArray before = network.params().dup();
    assertEquals(0, network.getIterationCount());
    trainer.step(gaussian(9, 5, 2), oneHot(9, 5, 3));
    assertEquals(1, network.getIterationCount());
    assertNotEquals(0, difference(before, network.params()));
    assertEquals(5, trainer.state(0).batch());
  }

  @Test
  void statesAreCarriedUnlessTheyAreReset() {
    for (boolean carry : new boolean[] {true, false}) {
      StreamingTrainer trainer =
          StreamingTrainer.builder(frozenClassifier()).carryState(carry).build();
      trainer.fit(DATA);
      INDArray first = trainer.state(1).get("u").dup();
      trainer.fit(DATA);
      assertEquals(carry, difference(first, trainer.state(1).get("u")) > 1e-6);
      trainer.resetState();
      trainer.fit(DATA);
      assertEquals(0, difference(first, trainer.state(1).get("u")));
    }
  }

  @Test
  void evaluatingAndPredictingChangeNothing() {
    MultiLayerNetwork network = classifier(new Adam(0.01));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(DATA);
    INDArray parameters = network.params().dup();
    INDArray updaterState = network.getUpdater().getStateViewArray().dup();
    INDArray u = trainer.state(0).get("u").dup();
    INDArray v = trainer.state(1).get("v").dup();
    trainer.evaluate(iterator(DATA));
    trainer.predict(DATA.getFeatures());
    assertEquals(0, difference(parameters, network.params()));
    assertEquals(0, difference(updaterState, network.getUpdater().getStateViewArray()));
    assertEquals(0, difference(u, trainer.state(0).get("u")));
    assertEquals(0, difference(v, trainer.state(1).get("v")));
    assertEquals(TIME, network.getIterationCount());
  }

  @Test
  void evaluationIsThatOfTheOutputsSummedOverTime() {
    MultiLayerNetwork network = frozenClassifier();
    StreamingTrainer trainer = StreamingTrainer.builder(network).carryState(false).build();
    StreamingResult result = trainer.evaluate(iterator(DATA));
    INDArray sum = Nd4j.create(DataType.DOUBLE, 4, 3);
    double loss = 0;
    for (int t = 0; t < TIME; t++) {
      INDArray logits = trainer.step(at(DATA.getFeatures(), t), null, false);
      sum.addi(logits);
      INDArray logProbabilities = Transforms.log(Transforms.softmax(logits));
      loss -= logProbabilities.mul(DATA.getLabels()).sumNumber().doubleValue();
    }
    assertEquals(loss / (4 * TIME), result.loss(), 1e-9);
    assertEquals(0, difference(sum, trainer.summedOutput(DATA.getFeatures(), null)), 1e-12);
    int[] predicted = sum.argMax(1).toIntVector();
    assertArrayEquals(predicted, trainer.predict(DATA.getFeatures()));
    int[] right = DATA.getLabels().argMax(1).toIntVector();
    int hits = 0;
    for (int i = 0; i < 4; i++) {
      hits += predicted[i] == right[i] ? 1 : 0;
    }
    assertEquals(hits / 4.0, result.accuracy());
    assertEquals(4, result.evaluation().getNumRowCounter());
    StreamingResult fitted = trainer.fit(DATA);
    assertEquals(result.loss(), fitted.loss(), 1e-9, "nothing is learned at rate 0");
    assertEquals(result.accuracy(), fitted.accuracy());
  }

  @Test
  void targetsThatAreNoClassesHaveALossOnly() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.01),
            hidden(2).build(),
            readout(4, 1).build(),
            new RnnLossLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).build());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    DataSet signal = new DataSet(DATA.getFeatures(), gaussian(9, 4, 1, TIME));
    StreamingResult fitted = trainer.fit(signal);
    assertTrue(fitted.loss() > 0);
    assertEquals(0, fitted.evaluation().getNumRowCounter());
    assertEquals(Double.NaN, trainer.evaluate(iterator(signal)).accuracy());
    DataSet yesOrNo =
        new DataSet(DATA.getFeatures(), gaussian(9, 4, 1).gt(0).castTo(DataType.DOUBLE));
    assertEquals(4, trainer.fit(yesOrNo).evaluation().getNumRowCounter());
  }

  @Test
  void evaluationStartsFromTheCarriedState() {
    StreamingTrainer trainer = StreamingTrainer.builder(frozenClassifier()).build();
    StreamingResult fresh = trainer.evaluate(iterator(DATA));
    trainer.fit(DATA);
    assertNotEquals(fresh.loss(), trainer.evaluate(iterator(DATA)).loss());
    assertEquals(trainer.evaluate(iterator(DATA)).loss(), trainer.evaluate(iterator(DATA)).loss());
  }

  @Test
  void labelsPerStepAreEvaluatedPerStepAndMasksCount() {
    INDArray labels = everyStep(DATA.getLabels(), TIME);
    INDArray mask = Nd4j.zeros(DataType.DOUBLE, 4, TIME);
    mask.getColumn(TIME - 1).assign(1);
    mask.getColumn(TIME - 2).assign(1);
    StreamingTrainer trainer =
        StreamingTrainer.builder(frozenClassifier()).carryState(false).build();
    DataSet masked = new DataSet(DATA.getFeatures(), labels, null, mask);
    StreamingResult result = trainer.evaluate(iterator(masked));
    assertEquals(2 * 4, result.evaluation().getNumRowCounter());
    double loss = 0;
    for (int t = 0; t < TIME; t++) {
      INDArray logits = trainer.step(at(DATA.getFeatures(), t), null, false);
      if (t >= TIME - 2) {
        INDArray logProbabilities = Transforms.log(Transforms.softmax(logits));
        loss -= logProbabilities.mul(DATA.getLabels()).sumNumber().doubleValue();
      }
    }
    assertEquals(loss / 8, result.loss(), 1e-9);
    ROCMultiClass roc = new ROCMultiClass();
    assertEquals(result.loss(), trainer.doEvaluation(iterator(masked), roc), 1e-12);
    assertTrue(roc.calculateAverageAUC() >= 0);
  }

  @Test
  void aMaskedLabelTeachesNothing() {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 4, 1);
    mask.putScalar(2, 0, 0);
    INDArray changed = DATA.getLabels().dup();
    INDArray row = changed.getRow(2);
    row.assign(Nd4j.createFromArray(1.0, 1.0, 1.0).subi(row).divi(2));
    MultiLayerNetwork[] networks = {classifier(new Sgd(0.1)), classifier(new Sgd(0.1))};
    StreamingTrainer.builder(networks[0])
        .build()
        .fit(new DataSet(DATA.getFeatures(), DATA.getLabels(), null, mask));
    StreamingTrainer.builder(networks[1])
        .build()
        .fit(new DataSet(DATA.getFeatures(), changed, null, mask));
    assertEquals(0, difference(networks[0].params(), networks[1].params()));
    MultiLayerNetwork unmasked = classifier(new Sgd(0.1));
    StreamingTrainer.builder(unmasked).build().fit(DATA);
    assertNotEquals(0, difference(networks[0].params(), unmasked.params()));
  }

  @Test
  void listenersAreCalledAsByDl4j() {
    List<String> calls = new ArrayList<>();
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            calls.add("iteration " + iteration + " of epoch " + epoch);
            assertTrue(model.score() > 0);
            assertEquals(4, model.input().size(0));
          }

          @Override
          public void onEpochStart(Model model) {
            calls.add("start");
          }

          @Override
          public void onEpochEnd(Model model) {
            calls.add("end");
          }

          @Override
          public void onGradientCalculation(Model model) {
            assertTrue(model.gradient().gradientForVariable().containsKey("0_tauM"));
          }
        });
    StreamingTrainer.builder(network).updateInterval(6).build().fit(iterator(DATA), 2);
    assertEquals(
        List.of(
            "start",
            "iteration 0 of epoch 0",
            "iteration 1 of epoch 0",
            "end",
            "start",
            "iteration 2 of epoch 1",
            "iteration 3 of epoch 1",
            "end"),
        calls);
    assertEquals(2, network.getEpochCount());
  }

  @Test
  void schedulesCountUpdates() {
    MultiLayerNetwork network =
        classifier(new Sgd(new StepSchedule(ScheduleType.ITERATION, 0.1, 0, 3)));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int k = 0; k < 6; k++) {
      assertEquals(k < 3 ? 0.1 : 0, trainer.learningRate());
      INDArray before = network.params().dup();
      trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
      if (k >= 1) {
        assertEquals(k < 3, difference(before, network.params()) > 0, "step " + k);
      }
    }
    String message =
        assertThrows(IllegalStateException.class, () -> trainer.multiplyLearningRate(0.5))
            .getMessage();
    assertTrue(message.contains("has a learning-rate schedule"), message);
    StreamingTrainer.Builder onPlateau =
        StreamingTrainer.builder(network)
            .reduceOnPlateau(new ReduceOnPlateau(0.5, 1), iterator(DATA));
    assertThrows(IllegalStateException.class, onPlateau::build);
  }

  @Test
  void theLearningRateFallsOnAPlateau() {
    MultiLayerNetwork network = classifier(new Adam(1e-9));
    StreamingTrainer trainer =
        StreamingTrainer.builder(network)
            .carryState(false)
            .reduceOnPlateau(new ReduceOnPlateau(0.5, 1), iterator(DATA))
            .build();
    trainer.fit(iterator(DATA), 3);
    assertEquals(0.5e-9, trainer.learningRate(), 1e-20);
    trainer.multiplyLearningRate(4);
    assertEquals(2e-9, trainer.learningRate(), 1e-20);
    INDArray before = network.params().dup();
    trainer.fit(iterator(DATA), 1);
    assertEquals(TIME * 2e-9, difference(before, network.params()), TIME * 1e-9);
  }

  @Test
  void gradientNormalisationRegularisationAndMinibatchSettingApply() {
    MultiLayerNetwork clipped =
        network(
            new Sgd(1),
            hidden(2)
                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                .gradientNormalizationThreshold(1e-4)
                .build(),
            readout(4, 3).build(),
            classes());
    StreamingTrainer trainer = StreamingTrainer.builder(clipped).build();
    trainer.step(gaussian(1, 4, 2), oneHot(1, 4, 3));
    INDArray before = clipped.getParam("0_W").dup();
    for (int k = 0; k < 5; k++) {
      trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
    }
    double moved = difference(before, clipped.getParam("0_W"));
    assertTrue(moved > 0 && moved <= 5.001e-4, "moved " + moved);

    MultiLayerNetwork decayed =
        network(new Sgd(0.1), hidden(2).l2(1).build(), readout(4, 3).build(), classes());
    INDArray weights = decayed.getParam("0_W").dup();
    INDArray tauM = decayed.getParam("0_tauM").dup();
    StreamingTrainer.builder(decayed).build().step(gaussian(1, 4, 2), null);
    assertEquals(0, difference(weights.mul(0.9), decayed.getParam("0_W")), 1e-12);
    assertEquals(0, difference(tauM, decayed.getParam("0_tauM")));

    MultiLayerConfiguration summed =
        classifier(new Sgd(0.025)).getLayerWiseConfigurations().clone();
    summed.getConfs().forEach(conf -> conf.setMiniBatch(false));
    MultiLayerNetwork sum = new MultiLayerNetwork(summed);
    sum.init();
    MultiLayerNetwork mean = classifier(new Sgd(0.1));
    sum.setParams(mean.params().dup());
    StreamingTrainer.builder(sum).build().fit(DATA);
    StreamingTrainer.builder(mean).build().fit(DATA);
    assertEquals(0, difference(sum.params(), mean.params()), 1e-12, "0.025 x 4 samples = 0.1");
  }

  @Test
  void twoTrainersMayTakeTurnsOnOneNetwork() {
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    MultiLayerNetwork twin = classifier(new Sgd(0.1));
    StreamingTrainer.builder(network).build().fit(DATA);
    StreamingTrainer.builder(network).build().fit(DATA);
    StreamingTrainer trainer = StreamingTrainer.builder(twin).build();
    trainer.fit(DATA);
    trainer.resetState();
    trainer.fit(DATA);
    assertEquals(0, difference(network.params(), twin.params()));
  }

  @Test
  void trainingEndsWhenAsked() {
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    AtomicInteger asked = new AtomicInteger();
    StreamingTrainer.builder(network)
        .stopWhen(() -> asked.incrementAndGet() > 5)
        .build()
        .fit(iterator(DATA), 3);
    assertTrue(network.getIterationCount() > 0 && network.getIterationCount() < TIME);
    assertEquals(0, network.getEpochCount(), "the epoch is not complete");
    StreamingResult nothing =
        StreamingTrainer.builder(network).stopWhen(() -> true).build().fit(iterator(DATA), 1);
    assertTrue(Double.isNaN(nothing.loss()) && Double.isNaN(nothing.accuracy()));
  }

  @Test
  void whatIsNotFiniteStopsTheTrainingAndLeavesTheParameters() {
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int k = 0; k < 6; k++) {
      trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
    }
    List<Map<String, INDArray>> saved = trainer.saveState();
    saved.get(1).get("v").putScalar(0, 0, Double.MAX_VALUE); // the look-ahead overflows
    trainer.restoreState(saved);
    stops(
        "the v of neuron 0, sample 0, in layer 1 is not finite in step 0, before update 6",
        trainer,
        network);
    trainer.resetState();
    trainer.step(gaussian(8, 4, 2), oneHot(8, 4, 3));

    MultiLayerNetwork absurd = classifier(new Sgd(Double.MAX_VALUE));
    stops(
        "the update of b in layer 2 is not finite in step 0, before update 1",
        StreamingTrainer.builder(absurd).beta(9).build(),
        absurd);
  }

  private static void stops(String message, StreamingTrainer trainer, MultiLayerNetwork network) {
    INDArray[] before = new INDArray[1];
    NonFiniteException stopped =
        assertThrows(
            NonFiniteException.class,
            () -> {
              for (int k = 0; k < 10; k++) {
                before[0] = network.params().dup();
                trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
              }
            });
    assertTrue(stopped.getMessage().startsWith(message), stopped::getMessage);
    assertEquals(0, difference(before[0], network.params()));
  }

  @Test
  void inputThatIsNotFiniteIsRefusedUnlessItIsMasked() {
    StreamingTrainer trainer = StreamingTrainer.builder(classifier(new Sgd(0.1))).build();
    INDArray features = DATA.getFeatures().dup();
    features.putScalar(new int[] {2, 1, 5}, Double.NaN);
    named(
        "features of sample 2, input 1, step 5 = NaN: finite numbers are allowed",
        () -> trainer.fit(new DataSet(features, DATA.getLabels())));
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 4, TIME);
    mask.putScalar(2, 5, 0);
    trainer.fit(new DataSet(features, DATA.getLabels(), mask, null));
    assertTrue(Double.isFinite(trainer.state(2).get("r").sumNumber().doubleValue()));
    assertThrows(
        IllegalArgumentException.class,
        () -> trainer.step(gaussian(1, 4, 2).muli(Double.POSITIVE_INFINITY), null));
  }

  @Test
  void labelsThatAreNotFiniteAreRefusedUnlessTheyAreMasked() {
    StreamingTrainer trainer = StreamingTrainer.builder(classifier(new Sgd(0.1))).build();
    INDArray perStep = everyStep(DATA.getLabels(), TIME);
    perStep.putScalar(new int[] {2, 1, 5}, Double.NaN);
    named(
        "labels of sample 2, output 1, step 5 = NaN: finite numbers are allowed",
        () -> trainer.fit(new DataSet(DATA.getFeatures(), perStep)));
    INDArray perSequence = DATA.getLabels().dup();
    perSequence.putScalar(1, 2, Double.NEGATIVE_INFINITY);
    named(
        "labels of sample 1, output 2, step 0 = -Infinity: finite numbers are allowed",
        () -> trainer.fit(new DataSet(DATA.getFeatures(), perSequence)));
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 4, TIME);
    mask.putScalar(2, 5, Double.NaN);
    named(
        "labels mask holds NaN: 0 (does not count) to any finite weight is allowed",
        () -> trainer.fit(new DataSet(DATA.getFeatures(), DATA.getLabels(), null, mask)));
    mask.putScalar(2, 5, 0);
    INDArray hidden = perStep.dup();
    hidden.putScalar(new int[] {2, 1, 5}, 0);
    MultiLayerNetwork twin = classifier(new Sgd(0.1));
    StreamingTrainer.builder(twin).build().fit(new DataSet(DATA.getFeatures(), hidden, null, mask));
    trainer.fit(new DataSet(DATA.getFeatures(), perStep, null, mask));
    assertEquals(twin.params(), trainer.network().params());
  }

  @Test
  void evaluationFollowsErrorsThatStillMoveTheMembranes() {
    MultiLayerNetwork network =
        network(
            new Sgd(0), hidden(2).gamma(0.5).build(), readout(4, 3).gamma(0.5).build(), classes());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(DATA);
    for (int batch : new int[] {4, 2}) {
      INDArray features = gaussian(9, batch, 2, TIME);
      INDArray summed = trainer.summedOutput(features, null);
      StreamingTrainer byHand = StreamingTrainer.builder(network).build();
      byHand.restoreState(trainer.saveState());
      INDArray sum = Nd4j.create(DataType.DOUBLE, batch, 3);
      for (int t = 0; t < TIME; t++) {
        sum.addi(byHand.step(at(features, t), null, false));
      }
      assertEquals(0, difference(sum, summed), 1e-12);
      StreamingTrainer still = StreamingTrainer.builder(network).build();
      assertNotEquals(0, difference(sum, still.summedOutput(features, null)));
    }
  }

  @Test
  void pendingUpdatesOutliveResetsAndEndWithFit() {
    for (boolean carry : new boolean[] {true, false}) {
      MultiLayerNetwork network = classifier(new Sgd(0.1));
      StreamingTrainer trainer =
          StreamingTrainer.builder(network).updateInterval(7).carryState(carry).build();
      trainer.fit(DATA);
      assertEquals(2, network.getIterationCount(), "7 steps and the remaining 5");
      trainer.fit(new DataSet(gaussian(3, 2, 2, TIME), oneHot(3, 2, 3)));
      assertEquals(4, network.getIterationCount());
      trainer.fit(iterator(DATA, new DataSet(gaussian(4, 2, 2, TIME), oneHot(4, 2, 3))), 1);
      assertEquals(8, network.getIterationCount(), "an interval ends with the batch size");
    }
    MultiLayerNetwork network = classifier(new Sgd(0.1));
    StreamingTrainer trainer = StreamingTrainer.builder(network).updateInterval(7).build();
    for (int k = 0; k < 4; k++) {
      trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
    }
    INDArray before = network.params().dup();
    trainer.step(gaussian(5, 2, 2), null, false);
    trainer.resetState();
    trainer.step(gaussian(5, 3, 2), oneHot(5, 3, 3), false);
    assertEquals(0, difference(before, network.params()), "nothing is learned without learning");
    trainer.finishUpdate();
    assertNotEquals(0, difference(before, network.params()));
    assertEquals(1, network.getIterationCount());
    trainer.finishUpdate();
    assertEquals(1, network.getIterationCount());
  }

  @Test
  void aSequenceWithoutALabelIsNotCounted() {
    INDArray mask = Nd4j.createFromArray(new double[][] {{1}, {0}, {1}, {0}});
    StreamingTrainer trainer = StreamingTrainer.builder(frozenClassifier()).build();
    DataSet half = new DataSet(DATA.getFeatures(), DATA.getLabels(), null, mask);
    assertEquals(2, trainer.evaluate(iterator(half)).evaluation().getNumRowCounter());
    assertEquals(4, trainer.evaluate(iterator(DATA)).evaluation().getNumRowCounter());
  }

  @Test
  void theTrainerAndFitMayTakeTurns() {
    MultiLayerNetwork network = classifier(new Adam(0.01));
    DataSet perStep = new DataSet(DATA.getFeatures(), everyStep(DATA.getLabels(), TIME));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(DATA);
    network.fit(perStep);
    MultiLayerNetwork clone = network.clone();
    StreamingTrainer fresh = StreamingTrainer.builder(clone).build();
    fresh.restoreState(trainer.saveState());
    trainer.fit(DATA);
    fresh.fit(DATA);
    assertEquals(0, difference(network.params(), clone.params()), 1e-15);
  }

  @Test
  void theUpdatersStateIsTheNetworksAfterItsLearningRateWasSet() {
    MultiLayerNetwork network = classifier(new Adam(0.01));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(DATA);
    network.setLearningRate(0.05);
    INDArray before = network.getUpdater().getStateViewArray().dup();
    trainer.fit(DATA);
    assertEquals(0.05, trainer.learningRate());
    assertNotEquals(0, difference(before, network.getUpdater().getStateViewArray()));
  }

  @Test
  void theScoreIsThatOfFit() {
    MultiLayerNetwork network =
        network(new Sgd(0), hidden(2).l2(1).build(), readout(4, 3).build(), classes());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray features = gaussian(1, 4, 2);
    trainer.step(features, DATA.getLabels());
    double streamed = network.score();
    network.fit(new DataSet(features.reshape(4, 2, 1), everyStep(DATA.getLabels(), 1)));
    assertEquals(network.score(), streamed, 1e-9);
  }

  @Test
  void learnsToTellConstantInputsApart() {
    MultiLayerNetwork network = classifier(new Adam(0.01));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray features = Nd4j.create(DataType.DOUBLE, 3, 2, 30);
    double[][] corners = {{1, 0}, {0, 1}, {-1, -1}};
    for (int b = 0; b < 3; b++) {
      for (int t = 0; t < 30; t++) {
        features.putScalar(b, 0, t, corners[b][0]);
        features.putScalar(b, 1, t, corners[b][1]);
      }
    }
    DataSet data = new DataSet(features, Nd4j.eye(3).castTo(DataType.DOUBLE));
    double before = trainer.evaluate(iterator(data)).loss();
    trainer.fit(iterator(data), 15);
    StreamingResult after = trainer.evaluate(iterator(data));
    assertEquals(1, after.accuracy());
    assertTrue(after.loss() < 0.2 * before, before + " -> " + after.loss());
  }

  @Test
  void followsATargetWithTheSquaredError() {
    MultiLayerNetwork network =
        network(new Adam(0.002), hidden(1).build(), readout(4, 1).build(), squares());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    double early = 0;
    double late = 0;
    for (int k = 0; k < 1200; k++) {
      INDArray x = Nd4j.createFromArray(new double[][] {{Math.sin(0.05 * k)}});
      trainer.step(x, x.mul(0.5));
      early += k < 200 ? network.score() : 0;
      late += k >= 1000 ? network.score() : 0;
    }
    assertTrue(late < 0.2 * early, early + " -> " + late);
  }

  @Test
  void networksThatCannotBeStreamedAreRefused() {
    refused(
        "layer 0 is a LSTM: GLE layers below one RnnLossLayer can be streamed, and between them layers"
            + " without parameters and state, such as SubsamplingLayer, ActivationLayer and"
            + " DropoutLayer",
        network(
            new Sgd(0.1),
            new LSTM.Builder().nIn(2).nOut(4).build(),
            readout(4, 3).build(),
            classes()));
    refused(
        "the RnnLossLayer has dropout, which cannot be streamed: remove it",
        network(
            new Sgd(0.1),
            readout(2, 3).build(),
            new RnnLossLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .dropOut(0.5)
                .build()));
    MultiLayerNetwork quick = classifier(new Sgd(0.1));
    quick.getParam("1_tauR").putScalar(0, 2, 0.1);
    refused("layer 1 has tauR = 0.1, below dt = 0.2: at least dt is allowed", quick);
    refused(
        "the top layer is a RnnOutputLayer: a parameterless RnnLossLayer is allowed; make the"
            + " readout a GLE layer with identity activation below it",
        network(
            new Sgd(0.1),
            hidden(2).build(),
            new RnnOutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build()));
    refused(
        "layer 0 has dropout or weight noise, which cannot be streamed: remove it",
        network(new Sgd(0.1), hidden(2).dropOut(0.5).build(), readout(4, 3).build(), classes()));
    refused(
        "layer 1 has dt = 0.1 but the layers below 0.2: a step of the trainer is one Euler step"
            + " of every layer",
        network(new Sgd(0.1), hidden(2).build(), readout(4, 3).dt(0.1).build(), classes()));
    StreamingTrainer.builder(classifier(new Sgd(0.1))).build();
  }

  private static void refused(String message, MultiLayerNetwork network) {
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class, () -> StreamingTrainer.builder(network).build())
            .getMessage());
  }

  @Test
  void badArraysAndSettingsAreNamed() {
    StreamingTrainer trainer = StreamingTrainer.builder(frozenClassifier()).build();
    named(
        "features of shape [4, 2]: shape [batch, 2, time] or plain images with presentationSteps is"
            + " allowed",
        () -> trainer.fit(new DataSet(gaussian(1, 4, 2), DATA.getLabels())));
    named(
        "features of shape [4, 3, 5]: shape [batch, 2, time] is allowed",
        () -> trainer.predict(gaussian(1, 4, 3, 5)));
    named(
        "labels of shape [4, 2]: shape [4, 3] or [4, 3, 12] is allowed",
        () -> trainer.fit(new DataSet(DATA.getFeatures(), oneHot(1, 4, 2))));
    named(
        "labels are null: fit needs a label for every sequence",
        () -> trainer.fit(new DataSet(DATA.getFeatures(), null)));
    named(
        "features mask of shape [4, 5]: shape [4, 12] is allowed",
        () ->
            trainer.fit(new DataSet(DATA.getFeatures(), DATA.getLabels(), Nd4j.ones(4, 5), null)));
    named(
        "labels mask of shape [4, 5]: shape [4, 1], [4, 3], [4, 12] or [4, 3, 12] is allowed",
        () ->
            trainer.fit(new DataSet(DATA.getFeatures(), DATA.getLabels(), null, Nd4j.ones(4, 5))));
    named(
        "features of shape [4, 3]: shape [batch, 2] is allowed",
        () -> trainer.step(gaussian(1, 4, 3), null));
    named(
        "labels of shape [3, 3]: shape [4, 3] is allowed",
        () -> trainer.step(gaussian(1, 4, 2), oneHot(1, 3, 3)));
    named("features are null: shape [batch, 2] is allowed", () -> trainer.step(null, null));
    named(
        "factor = -1.0 of the learning rate: a positive, finite number is allowed",
        () -> trainer.multiplyLearningRate(-1));
    named("epochs = 0: at least 1 is allowed", () -> trainer.fit(iterator(DATA), 0));
    named(
        "beta = 0.0: a positive, finite number is allowed",
        () -> StreamingTrainer.builder(frozenClassifier()).beta(0));
    named(
        "update interval of 0 steps: at least 1 is allowed",
        () -> StreamingTrainer.builder(frozenClassifier()).updateInterval(0));
    trainer.fit(DATA);
    List<java.util.Map<String, INDArray>> two = trainer.saveState().subList(0, 2);
    named("saved states of 2 layers: the network has 3", () -> trainer.restoreState(two));
    trainer.restoreState(trainer.saveState());
    assertFalse(trainer.saveState().isEmpty());
  }

  private static void named(String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @ParameterizedTest
  @EnumSource(names = {"HALF", "FLOAT", "DOUBLE"})
  void halfPrecisionIsRefusedByName(DataType type) {
    MultiLayerNetwork network = classifier(new Sgd(0.1)).convertDataType(type);
    StreamingTrainer.Builder builder = StreamingTrainer.builder(network);
    if (type == DataType.FLOAT || type == DataType.DOUBLE) {
      builder.build().step(gaussian(1, 1, 2), oneHot(1, 1, 3));
    } else {
      assertEquals(
          "the network is of type "
              + type
              + ": FLOAT and DOUBLE are allowed, as from network.convertDataType(DataType.FLOAT)",
          assertThrows(IllegalArgumentException.class, builder::build).getMessage());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.mnist1d.Mnist1dDataSetIterator;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.train.StreamingResult;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class TrainingRunTest {
  private static final int LENGTH = 8;

  /** Listens without doing anything. */
  private static class Observer implements TrainingObserver {
    @Override
    public void onProgress(TrainingProgress progress) {}

    @Override
    public void onEpoch(EpochMetrics metrics) {}
  }

  @Test
  void holdsOutATenthAndTrainsOnTheRest() throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 1, 7), 1, () -> false);
    assertTrue(run.isCutShort());
    INDArray untrained = run.network().params().dup();
    List<EpochMetrics> seen = new ArrayList<>();
    List<TrainingProgress> progress = new ArrayList<>();
    run.run(
        new TrainingObserver() {
          @Override
          public void onProgress(TrainingProgress latest) {
            progress.add(latest);
          }

          @Override
          public void onEpoch(EpochMetrics metrics) {
            seen.add(metrics);
          }
        });
    assertFalse(run.isCutShort());
    assertEquals(run.metrics(), seen);
    assertEquals(List.of(0, 1), seen.stream().map(EpochMetrics::epoch).toList());
    for (EpochMetrics epoch : seen) {
      assertEquals(Math.log(10), epoch.test().loss(), 0.2);
      assertEquals(Math.log(10), epoch.train().loss(), 0.2);
      assertNotNull(epoch.validation());
      assertEquals(1e-3, epoch.learningRate());
    }
    assertEquals(216, run.sequencesPerEpoch());
    assertEquals(3 * LENGTH, run.trainingSteps());
    assertEquals(3 * LENGTH, run.plannedSteps());
    assertEquals(3 * LENGTH, run.updates());
    assertEquals(LENGTH, run.updatesPerBatch());
    assertTrue(run.millisecondsPerStep() > 0);
    assertNotEquals(untrained, run.network().params());
    assertEquals(1, run.network().getEpochCount());
    assertEquals(60, run.testEvaluation().getNumRowCounter());
    TrainingProgress lastBatch =
        progress.stream().filter(p -> p.activity().equals("learning")).reduce((a, b) -> b).get();
    assertEquals(216, lastBatch.done());
    assertEquals(seen.get(1).train(), lastBatch.learning());
  }

  @Test
  void paperProtocolTrainsOnEverything() throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.PAPER, 0, 7), 1, () -> false);
    run.run(new Observer());
    assertEquals(240, run.sequencesPerEpoch());
    assertNull(run.metrics().get(0).validation());
  }

  @Test
  void noEpochsOnlyEvaluate() throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 0, 7), 1, () -> false);
    INDArray untrained = run.network().params().dup();
    run.run(new Observer());
    assertEquals(1, run.metrics().size());
    assertEquals(untrained, run.network().params());
    assertEquals(0, run.trainingSteps());
    assertFalse(run.isCutShort());
  }

  @Test
  void seedDecidesEverything() throws Exception {
    INDArray first = trained(7);
    assertEquals(first, trained(7));
    assertNotEquals(first, trained(8));
  }

  private static INDArray trained(int seed) throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 1, seed), 1, () -> false);
    run.run(new Observer());
    return run.network().params();
  }

  @Test
  void stoppingKeepsCompleteEpochsAndTheNetworkAsItIs() throws Exception {
    int stopAfter = 3 * LENGTH + 5; // five steps into the second epoch
    TrainingRun[] runs = new TrainingRun[1];
    runs[0] =
        new TrainingRun(
            plan(Protocol.HOLDOUT, 4, 7),
            1,
            () -> runs[0] != null && runs[0].network().getIterationCount() >= stopAfter);
    runs[0].run(new Observer());
    assertTrue(runs[0].isCutShort());
    assertEquals(2, runs[0].metrics().size());
    assertEquals(stopAfter, runs[0].trainingSteps());
    assertEquals(1, runs[0].network().getEpochCount());
    assertNotNull(runs[0].testEvaluation());
  }

  @Test
  void plateauOfTheWatchedLossLowersTheRate() throws Exception {
    // Far too few time steps to learn anything: the validation loss soon stops falling.
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 14, 7), 1, () -> false);
    run.run(new Observer());
    double best = Double.POSITIVE_INFINITY;
    double rate = 1e-3;
    int bad = 0;
    for (EpochMetrics epoch : run.metrics().subList(1, 15)) {
      assertEquals(rate, epoch.learningRate(), 1e-12);
      bad = epoch.validation().loss() < best * (1 - 1e-4) ? 0 : bad + 1;
      best = Math.min(best, epoch.validation().loss());
      if (bad > 2) {
        rate /= 2;
        bad = 0;
      }
    }
    assertTrue(rate < 1e-3, "no plateau in this run: it tests nothing");
  }

  @Test
  void refusesPlansThatCannotBeCarriedOut() {
    assertRefused("epochs = -1: 0 or more allowed", -1, 7, LENGTH, 300);
    assertRefused("seed = -7: 0 or more allowed", 1, -7, LENGTH, 300);
    assertRefused("samples = 19: 20 or more allowed", 1, 7, LENGTH, 19);
    assertRefused("length = 1: 2 to 1000000 allowed", 1, 7, 1, 300);
    new TrainingPlan(PublishedModel.GLE_15K, Mode.STREAMING, null, Protocol.PAPER, 0, 0, 2, 20)
        .checked();
  }

  private static void assertRefused(String message, int epochs, int seed, int length, int samples) {
    TrainingPlan plan =
        new TrainingPlan(
            PublishedModel.GLE_15K,
            Mode.STREAMING,
            null,
            Protocol.PAPER,
            epochs,
            seed,
            length,
            samples);
    assertRefused(message, plan);
  }

  private static void assertRefused(String message, TrainingPlan plan) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, plan::checked).getMessage());
  }

  @Test
  void refusesSegmentsThatDoNotFit() {
    assertRefused("segment = 0: 1 to 8, the length of a sequence, allowed", sequencePlan(0, 1));
    assertRefused("segment = 9: 1 to 8, the length of a sequence, allowed", sequencePlan(9, 1));
    assertRefused(
        "segment = 4: only mode sequence has segments, streaming updates after every time step",
        new TrainingPlan(
            PublishedModel.GLE_15K, Mode.STREAMING, 4, Protocol.HOLDOUT, 1, 7, LENGTH, 300));
    assertEquals(1, sequencePlan(1, 1).checked().segmentLength());
    assertEquals(LENGTH, sequencePlan(LENGTH, 1).checked().segmentLength());
    assertEquals(LENGTH, sequencePlan(null, 1).checked().segmentLength(), "at most the length");
    assertEquals(1, plan(Protocol.HOLDOUT, 1, 7).segmentLength());
  }

  @ParameterizedTest
  @CsvSource({"8, 1", "3, 3", "1, 8"}) // 3: the last segment is shorter
  void sequenceModeUpdatesOncePerSegment(int segment, int updatesPerBatch) throws Exception {
    TrainingPlan plan = sequencePlan(segment, 2);
    TrainingRun run = new TrainingRun(plan, 1, () -> false);
    assertEquals(updatesPerBatch, run.updatesPerBatch());
    INDArray untrained = run.network().params().dup();
    run.run(new Observer());
    int batches = 3;
    assertEquals(2L * batches * updatesPerBatch, run.updates());
    assertEquals(2L * batches * LENGTH, run.trainingSteps());
    assertEquals(run.plannedSteps(), run.trainingSteps());
    assertNotEquals(untrained, run.network().params());
    assertEquals(2, run.network().getEpochCount());
    for (EpochMetrics epoch : run.metrics()) {
      assertEquals(Math.log(10), epoch.train().loss(), 0.2);
      assertEquals(Math.log(10), epoch.test().loss(), 0.2);
    }
    assertEquals(plan.learningRate() / 10, run.metrics().get(1).learningRate(), 1e-12);
    assertTrue(run.metrics().get(2).learningRate() > run.metrics().get(1).learningRate());
  }

  /** With the parameters fixed, learning and evaluating see the same. */
  @Test
  void sequencesAreSeenAsTheyAreEvaluated() {
    TrainingPlan plan = sequencePlan(3, 1);
    SequenceLearning learning = new SequenceLearning(plan, 3);
    DataSet batch =
        Mnist1dDataSetIterator.builder()
            .data(plan.dataOptions().build())
            .batchSize(50)
            .build()
            .next();
    learning.trainer().network().setLearningRate(0);
    INDArray untrained = learning.trainer().network().params().dup();
    StreamingResult evaluated =
        learning.trainer().evaluate(new ExistingDataSetIterator(List.of(batch)));
    Learning.Batch seen = learning.fit(batch);
    assertEquals(untrained, learning.trainer().network().params());
    assertEquals(evaluated.loss(), seen.figures().loss(), 1e-5); // floats
    assertEquals(evaluated.accuracy(), seen.figures().accuracy());
    assertEquals(LENGTH, seen.steps());
  }

  @Test
  void sequenceModeStopsBeforeAnUpdateThatIsNotFinite() {
    SequenceLearning learning = new SequenceLearning(sequencePlan(4, 1), 3);
    DataSet batch =
        Mnist1dDataSetIterator.builder()
            .data(sequencePlan(4, 1).dataOptions().build())
            .batchSize(20)
            .build()
            .next();
    batch.getFeatures().putScalar(3, 0, 5, Double.NaN); // in the second segment
    ArithmeticException e = assertThrows(ArithmeticException.class, () -> learning.fit(batch));
    assertTrue(e.getMessage().contains("not finite before update 1;"), e::getMessage);
    INDArray parameters = learning.trainer().network().params();
    assertTrue(Double.isFinite(parameters.sumNumber().doubleValue()));
  }

  private static TrainingPlan sequencePlan(Integer segment, int epochs) {
    return new TrainingPlan(
        PublishedModel.GLE_15K, Mode.SEQUENCE, segment, Protocol.HOLDOUT, epochs, 7, LENGTH, 300);
  }

  private static TrainingPlan plan(Protocol protocol, int epochs, int seed) {
    return new TrainingPlan(
        PublishedModel.GLE_15K, Mode.STREAMING, null, protocol, epochs, seed, LENGTH, 300);
  }
}

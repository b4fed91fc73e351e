// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.RateSchedule;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TrainingSettings;
import io.github.gle4j.testing.SilentObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class TrainingRunTest {
  private static final int LENGTH = 8;

  @TempDir private Path folder;

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
    assertEquals(1, layers(run).getEpochCount());
    assertEquals(60, run.testEvaluation().getNumRowCounter());
    TrainingProgress lastBatch =
        progress.stream().filter(p -> p.activity().equals("learning")).reduce((a, b) -> b).get();
    assertEquals(216, lastBatch.done());
    assertEquals(seen.get(1).train(), lastBatch.learning());
  }

  @Test
  void paperProtocolTrainsOnEverything() throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.PAPER, 0, 7), 1, () -> false);
    run.run(new SilentObserver());
    assertEquals(240, run.sequencesPerEpoch());
    assertNull(run.metrics().get(0).validation());
  }

  @Test
  void noEpochsOnlyEvaluate() throws Exception {
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 0, 7), 1, () -> false);
    INDArray untrained = run.network().params().dup();
    run.run(new SilentObserver());
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
    run.run(new SilentObserver());
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
            () -> runs[0] != null && runs[0].updates() >= stopAfter);
    runs[0].run(new SilentObserver());
    assertTrue(runs[0].isCutShort());
    assertEquals(2, runs[0].metrics().size());
    assertEquals(stopAfter, runs[0].trainingSteps());
    assertEquals(1, layers(runs[0]).getEpochCount());
    assertNotNull(runs[0].testEvaluation());
  }

  @Test
  void canBeStoppedWheneverItAsks() throws Exception {
    boolean stopped = true;
    int question = 0;
    while (stopped) {
      int last = ++question;
      AtomicInteger asked = new AtomicInteger();
      TrainingRun run =
          new TrainingRun(
              plan(Mode.STREAMING, null, Protocol.HOLDOUT, 1, 7, 2, 40),
              1,
              () -> asked.incrementAndGet() >= last);
      run.run(new SilentObserver());
      stopped = run.isCutShort();
      assertTrue(stopped || asked.get() <= last, "question " + last);
    }
    assertTrue(question > 10, "asked " + question + " times");
  }

  /** Whatever was learned after the last checkpoint is lost: a run that is stopped says so. */
  @Test
  void tellsFromWhereItGoesOn() throws Exception {
    TrainingPlan plan = plan(Protocol.HOLDOUT, 4, 7); // three minibatches an epoch
    assertEquals("from the beginning", keptWhenStopped(plan, 0, 1));
    assertEquals("from the beginning", keptWhenStopped(plan, 0, LENGTH));
    assertEquals("after 1 minibatch of epoch 1", keptWhenStopped(plan, 1, LENGTH + 2));
    assertEquals("after 1 epoch", keptWhenStopped(plan, 0, 5 * LENGTH + 1));
    assertEquals(
        "after 1 epoch and 1 minibatch of epoch 2", keptWhenStopped(plan, 1, 4 * LENGTH + 5));
    assertEquals(
        "after 2 epochs and 2 minibatches of epoch 3", keptWhenStopped(plan, 2, 8 * LENGTH + 5));
  }

  private String keptWhenStopped(TrainingPlan plan, int every, int updates) throws Exception {
    CheckpointFolder checkpoints =
        new CheckpointFolder(folder.resolve("checkpoints-" + every + "-" + updates), 2);
    TrainingRun[] runs = new TrainingRun[1];
    runs[0] = new TrainingRun(plan, 1, () -> runs[0] != null && runs[0].updates() >= updates);
    runs[0].keep(new RunCheckpoints(checkpoints, every));
    runs[0].run(new SilentObserver());
    String kept = runs[0].kept();
    if (checkpoints.load().isPresent()) {
      TrainingRun resumed = new TrainingRun(plan, 1, () -> false);
      resumed.resume(checkpoints.load().orElseThrow().checkpoint());
      assertEquals(kept, resumed.kept());
    }
    return kept;
  }

  @Test
  void plateauOfTheWatchedLossLowersTheRate() throws Exception {
    // Far too few time steps to learn anything: the validation loss soon stops falling.
    TrainingRun run = new TrainingRun(plan(Protocol.HOLDOUT, 14, 7), 1, () -> false);
    run.run(new SilentObserver());
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
    assertRefused("seed = 0: 1 or more allowed", 1, 0, LENGTH, 300);
    assertRefused("samples = 19: 20 or more allowed", 1, 7, LENGTH, 19);
    assertRefused("length = 1: 2 to 1000000 allowed", 1, 7, 1, 300);
    plan(Mode.STREAMING, null, Protocol.PAPER, 0, 1, 2, 20).checked();
  }

  private static void assertRefused(String message, int epochs, int seed, int length, int samples) {
    assertRefused(
        message,
        () -> plan(Mode.STREAMING, null, Protocol.PAPER, epochs, seed, length, samples).checked());
  }

  private static void assertRefused(String message, Executable plan) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, plan).getMessage());
  }

  @Test
  void refusesWhatAModelCannotDo() {
    Task task = new Mnist1dTask(Protocol.HOLDOUT, 300, 360);
    TaskModel gru = task.models().named("gru-40");
    assertRefused(
        "mode = streaming: gru-40 learns from whole sequences, only sequence allowed",
        () -> new TrainingPlan(task, gru, Mode.STREAMING, null, null, 1, 7).checked());
    assertRefused(
        "segment = 4: gru-40 learns from whole sequences, no segments allowed",
        () -> new TrainingPlan(task, gru, Mode.SEQUENCE, 4, null, 1, 7).checked());
    assertRefused(
        "length = 8: gru-40 reads whole sequences, only 40 allowed", () -> gru.withLength(8));
    assertRefused(
        "learning-rate = 0.0: above 0, at most 1 allowed",
        () -> TrainingPlan.of(task, gru, 0.0, 1, 7).checked());
    assertEquals(0.01, TrainingPlan.of(task, gru, null, 1, 7).checked().initialLearningRate());
    assertEquals(0.02, TrainingPlan.of(task, gru, 0.02, 1, 7).checked().initialLearningRate());
  }

  /** A network that is no GLE network is watched, too, and its rate falls on a plateau. */
  @Test
  void baselinesLearnByTheSameLoop() throws Exception {
    Task task = new Mnist1dTask(Protocol.HOLDOUT, 300, 360);
    TaskModel mlp = task.models().named("mlp-40");
    TrainingSettings steep = new TrainingSettings(100, 3, 0.005, new RateSchedule.Plateau(0.5, 0));
    TaskModel falling =
        new TaskModel(
            mlp.name(),
            mlp.input(),
            null,
            mlp.shape(),
            steep,
            null,
            null,
            (seed, updater) -> mlp.network(seed, 1e-9)); // learns nothing
    TrainingRun run = new TrainingRun(TrainingPlan.of(task, mlp, null, 3, 7), 1, () -> false);
    run.run(new SilentObserver());
    assertEquals(9, run.updates());
    assertEquals(9 * 40, run.trainingSteps());
    EpochMetrics last = run.metrics().get(3);
    assertTrue(last.train().loss() < run.metrics().get(0).train().loss());
    assertTrue(last.train().accuracy() > 0 && last.train().accuracy() < 1);
    assertEquals(0.005, last.learningRate());
    TrainingRun still = new TrainingRun(TrainingPlan.of(task, falling, null, 3, 7), 1, () -> false);
    still.run(new SilentObserver());
    List<Double> rates = still.metrics().stream().map(EpochMetrics::learningRate).toList();
    assertEquals(List.of(0.005, 0.005, 0.005, 0.0025), rates);
    ComputationGraph network = (ComputationGraph) still.network();
    assertEquals(0.0025, network.getLearningRate("first"));
    TrainingRun unwatched =
        new TrainingRun(TrainingPlan.of(task, mlp, null, 3, 7), 1, false, () -> false);
    unwatched.run(new SilentObserver());
    assertNull(unwatched.metrics().get(0).train());
    assertEquals(run.metrics().get(0).test(), unwatched.metrics().get(0).test());
    assertTrue(Double.isNaN(unwatched.metrics().get(3).train().accuracy()));
    assertTrue(unwatched.metrics().get(3).train().loss() > 0);
  }

  @Test
  void outputsThatAreNotFiniteEndTheRun() throws Exception {
    Task task = new Mnist1dTask(Protocol.HOLDOUT, 300, 360);
    TaskModel mlp = task.models().named("mlp-40");
    TaskModel broken =
        new TaskModel(
            mlp.name(),
            mlp.input(),
            null,
            mlp.shape(),
            mlp.settings(),
            null,
            null,
            (seed, updater) -> mlp.network(seed, 1e30));
    TrainingRun run = new TrainingRun(TrainingPlan.of(task, broken, null, 3, 7), 1, () -> false);
    ArithmeticException e =
        assertThrows(ArithmeticException.class, () -> run.run(new SilentObserver()));
    assertEquals(
        "the output is not finite after update 1. Is the learning rate too high?", e.getMessage());
    assertEquals(1, run.metrics().size());
    assertTrue(run.isCutShort());
  }

  @Test
  void refusesSegmentsThatDoNotFit() {
    assertRefused(
        "segment = 0: 1 to 8, the length of a sequence, allowed",
        () -> sequencePlan(0, 1).checked());
    assertRefused(
        "segment = 9: 1 to 8, the length of a sequence, allowed",
        () -> sequencePlan(9, 1).checked());
    assertRefused(
        "segment = 4: only mode sequence has segments, streaming updates after every time step",
        () -> plan(Mode.STREAMING, 4, Protocol.HOLDOUT, 1, 7, LENGTH, 300).checked());
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
    run.run(new SilentObserver());
    int batches = 3;
    assertEquals(2L * batches * updatesPerBatch, run.updates());
    assertEquals(2L * batches * LENGTH, run.trainingSteps());
    assertEquals(run.plannedSteps(), run.trainingSteps());
    assertNotEquals(untrained, run.network().params());
    assertEquals(2, layers(run).getEpochCount());
    for (EpochMetrics epoch : run.metrics()) {
      assertEquals(Math.log(10), epoch.train().loss(), 0.2);
      assertEquals(Math.log(10), epoch.test().loss(), 0.2);
    }
    assertEquals(plan.initialLearningRate(), run.metrics().get(1).learningRate(), 1e-12);
  }

  @Test
  void sequenceModeLowersItsRateOnAPlateau() {
    TrainingPlan plan = sequencePlan(3, 1);
    SequenceLearner learner = new SequenceLearner(plan);
    RateSchedule.Plateau plateau = (RateSchedule.Plateau) plan.model().settings().schedule();
    for (int bad = -1; bad < plateau.patience(); bad++) {
      learner.endEpoch(2);
      assertEquals(plan.initialLearningRate(), learner.learningRate());
    }
    learner.endEpoch(2);
    assertEquals(plan.initialLearningRate() * plateau.factor(), learner.learningRate());
  }

  /** However a network learns. */
  @Test
  void cosineLowersTheRateToNearlyNothing() {
    TrainingPlan streamed = plan(Protocol.HOLDOUT, 4, 7);
    TaskModel mlp = streamed.task().models().named("mlp-40");
    for (TrainingPlan usual :
        List.of(streamed, sequencePlan(3, 4), TrainingPlan.of(streamed.task(), mlp, null, 4, 7))) {
      TrainingPlan plan =
          new TrainingPlan(
              usual.task(),
              usual.model().withSchedule(RateSchedule.named("cosine")),
              usual.mode(),
              usual.segment(),
              0.5,
              usual.epochs(),
              usual.seed());
      Learner learner = plan.learner(1, false, () -> false);
      double slope = Math.sqrt(0.5) / 4;
      for (double rate : new double[] {0.5, 0.25 + slope, 0.25, 0.25 - slope}) {
        assertEquals(rate, learner.learningRate(), 1e-12, plan.model().name());
        learner.endEpoch(2);
      }
      assertTrue(learner.learningRate() > 0, "after the last epoch");
    }
  }

  /** With the parameters fixed, learning and evaluating see the same. */
  @Test
  void sequencesAreSeenAsTheyAreEvaluated() {
    TrainingPlan plan = sequencePlan(3, 1);
    SequenceLearner learner = new SequenceLearner(plan);
    DataSet batch = firstBatch(plan, 50);
    learner.network().setLearningRate(0);
    INDArray untrained = learner.network().params().dup();
    Evaluation evaluation = new Evaluation();
    double loss = learner.evaluate(new ExistingDataSetIterator(List.of(batch)), evaluation);
    Learner.Seen seen = learner.learn(batch);
    assertEquals(untrained, learner.network().params());
    assertEquals(loss, seen.figures().loss(), 1e-5); // floats
    assertEquals(evaluation.accuracy(), seen.figures().accuracy());
    assertEquals(LENGTH, seen.steps());
  }

  @Test
  void sequenceModeStopsBeforeAnUpdateThatIsNotFinite() {
    SequenceLearner learner = new SequenceLearner(sequencePlan(4, 1));
    DataSet batch = firstBatch(sequencePlan(4, 1), 20);
    batch.getFeatures().putScalar(3, 0, 5, Double.NaN); // in the second segment
    ArithmeticException e = assertThrows(ArithmeticException.class, () -> learner.learn(batch));
    assertTrue(e.getMessage().contains("is not finite in step"), e::getMessage);
    INDArray parameters = learner.network().params();
    assertTrue(Double.isFinite(parameters.sumNumber().doubleValue()));
  }

  private static MultiLayerNetwork layers(TrainingRun run) {
    return (MultiLayerNetwork) run.network();
  }

  private static TrainingPlan sequencePlan(Integer segment, int epochs) {
    return plan(Mode.SEQUENCE, segment, Protocol.HOLDOUT, epochs, 7, LENGTH, 300);
  }

  private static TrainingPlan plan(Protocol protocol, int epochs, int seed) {
    return plan(Mode.STREAMING, null, protocol, epochs, seed, LENGTH, 300);
  }

  private static TrainingPlan plan(
      Mode mode,
      Integer segment,
      Protocol protocol,
      int epochs,
      int seed,
      int length,
      int samples) {
    Task task = new Mnist1dTask(protocol, samples, length);
    TaskModel model = TaskModel.of(PublishedModel.GLE_15K).withLength(length);
    return new TrainingPlan(task, model, mode, segment, null, epochs, seed);
  }

  private static DataSet firstBatch(TrainingPlan plan, int size) {
    return plan.task().parts(plan.model(), 0).train().batches().next(size);
  }
}

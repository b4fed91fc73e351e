// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.models.RateSchedule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Trains a model, epoch by epoch: learn, evaluate, adapt the learning rate.
 *
 * <p>A run can be stopped at any time step. An epoch that was cut short has no metrics; the network
 * stays as it is then.
 */
public final class TrainingRun implements AutoCloseable {
  // Names in a checkpoint.
  private static final String PLAN = "run/plan";
  private static final String COSTS = "run/steps-nanoseconds";
  private static final String TEST = "run/test-evaluation";

  private final TrainingPlan plan;
  private final boolean watched;
  private final BooleanSupplier stopWhen;
  private final Parts parts;
  private final Learner learner;
  private final List<EpochMetrics> metrics = new ArrayList<>();

  private TrainingObserver observer;
  private Evaluation latestEvaluation;
  private Evaluation testEvaluation;
  private Figures learned;
  private boolean stopped;
  private long trainingSteps;
  private long trainingNanos;
  private RunCheckpoints checkpoints; // null: none are kept
  private Position position = Position.START;
  private Position kept = Position.START; // of the last checkpoint

  /**
   * Opens the data and builds the network.
   *
   * @param plan what to do
   * @param threads that share the work of streaming; the outcome is the same for any number
   * @param stopWhen asked before every time step, in sequence mode before every minibatch: true
   *     ends the run
   * @throws IllegalArgumentException when the plan cannot be carried out
   */
  public TrainingRun(TrainingPlan plan, int threads, BooleanSupplier stopWhen) {
    this(plan, threads, true, stopWhen);
  }

  /**
   * A run.
   *
   * @param watched whether the training set is looked at, too: before training, and while learning
   *     from it
   */
  TrainingRun(TrainingPlan plan, int threads, boolean watched, BooleanSupplier stopWhen) {
    this.plan = plan.checked();
    this.watched = watched;
    this.stopWhen = stopWhen;
    parts = plan.task().parts(plan.model(), plan.seed());
    learner = plan.learner(threads, watched, this::isStopped);
  }

  /**
   * Adds a listener of DL4J's to the network, to be called at every update.
   *
   * @param listener called in the thread that trains
   */
  public void addListener(TrainingListener listener) {
    if (network() instanceof ComputationGraph graph) {
      graph.addListeners(listener);
    } else {
      ((MultiLayerNetwork) network()).addListeners(listener);
    }
  }

  /**
   * Number of updates that learn from one minibatch of sequences.
   *
   * @return one per time step, or per segment in sequence mode
   */
  public int updatesPerBatch() {
    return learner.updatesPerBatch();
  }

  /**
   * Runs the plan to its end, or until it is stopped. Can be called once.
   *
   * @param observer hears of the progress
   * @throws IOException when the observer cannot record an epoch
   * @throws ArithmeticException when training diverges; the network is then, where it learns online
   *     or in segments, as it was before the update that failed
   * @throws java.io.UncheckedIOException when a sequence cannot be read
   */
  public void run(TrainingObserver observer) throws IOException {
    this.observer = observer;
    for (int epoch = position.epoch(); epoch <= plan.epochs(); epoch++) {
      long start = System.nanoTime();
      double learningRate = learner.learningRate();
      learned = null;
      Figures trained = epoch == 0 ? untrained() : learn(epoch);
      Figures held =
          parts.validation() == null ? null : evaluate(epoch, "validation set", parts.validation());
      Figures tested = evaluate(epoch, "test set", parts.test());
      if (isStopped()) {
        return;
      }
      double watchedLoss = held == null ? tested.loss() : held.loss();
      requireFinite(epoch, trained == null ? 0 : trained.loss(), watchedLoss);
      testEvaluation = latestEvaluation;
      double seconds = (System.nanoTime() - start) / 1e9;
      metrics.add(new EpochMetrics(epoch, trained, held, tested, learningRate, seconds));
      observer.onEpoch(metrics.get(epoch));
      if (epoch > 0) {
        learner.endEpoch(watchedLoss);
      }
      position = Position.startOf(epoch + 1);
      if (checkpoints != null) {
        save();
      }
    }
  }

  private void save() throws IOException {
    checkpoints.save(checkpoint());
    kept = position;
  }

  /**
   * Keeps checkpoints from now on: at the end of every epoch, and in between as they say.
   *
   * @param checkpoints where they go
   */
  public void keep(RunCheckpoints checkpoints) {
    this.checkpoints = checkpoints;
  }

  /**
   * All that decides how the run goes on.
   *
   * @return a checkpoint, between two minibatches
   */
  Checkpoint checkpoint() {
    Checkpoint.Builder to = Checkpoint.builder();
    to.put(PLAN, plan.configuration());
    position.save(to);
    to.put(COSTS, trainingSteps, trainingNanos);
    EpochMetrics.save(metrics, to);
    if (testEvaluation != null) {
      to.put(TEST, testEvaluation.toJson());
    }
    learner.save(to);
    return to.build();
  }

  /**
   * Takes up a run that was ended; {@link #run} goes on with the same numbers. To be called before
   * it, once.
   *
   * @param from a checkpoint of a run with the same plan
   * @throws IllegalArgumentException when the plan was another one
   */
  public void resume(Checkpoint from) {
    TrainingPlan saver = plan.withEpochs(from.text(PLAN));
    if (!from.text(PLAN).equals(saver.configuration())) {
      throw new IllegalArgumentException(
          "the checkpoint is of another run: network, settings and data must be the same");
    }
    if (saver.epochs() != plan.epochs()
        && plan.model().settings().schedule() instanceof RateSchedule.Cosine) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the learning rate of the schedule cosine falls over all %d epochs of the run:"
                  + " epochs = %d: %d allowed",
              saver.epochs(),
              plan.epochs(),
              saver.epochs()));
    }
    Position saved = Position.restored(from);
    if (saved.epoch() > plan.epochs() + 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "epochs = %d: %d are done, as many or more allowed",
              plan.epochs(),
              saved.epoch() - 1));
    }
    List<EpochMetrics> epochs = EpochMetrics.restored(from);
    if (saved.epoch() != epochs.size() || saved.batches() >= parts.batchesPerEpoch()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the checkpoint is after %d epochs and %d minibatches, with the figures of %d epochs",
              saved.epoch(),
              saved.batches(),
              epochs.size()));
    }
    long[] costs = from.longs(COSTS, 2);
    Evaluation evaluation = saved.epoch() == 0 ? null : evaluation(from.text(TEST));
    learner.restore(from);
    position = saved;
    kept = saved;
    metrics.addAll(epochs);
    trainingSteps = costs[0];
    trainingNanos = costs[1];
    testEvaluation = evaluation;
    // The order of the training sequences follows from how often they have been passed.
    int passes = Math.max(0, position.epoch() - 1) + (watched && position.epoch() > 0 ? 1 : 0);
    for (int i = 0; i < passes; i++) {
      parts.train().batches().reset();
    }
  }

  private static Evaluation evaluation(String json) {
    try {
      return Evaluation.fromJson(json);
    } catch (RuntimeException e) { // DL4J wraps what Jackson throws
      throw new IllegalArgumentException("the checkpoint's evaluation cannot be read", e);
    }
  }

  private static void requireFinite(int epoch, double... losses) {
    if (!Arrays.stream(losses).allMatch(Double::isFinite)) {
      throw new ArithmeticException("the loss is not finite in epoch " + epoch);
    }
  }

  private Figures untrained() {
    return watched ? evaluate(0, "training set", parts.train()) : null;
  }

  /** One pass over the training set, minibatch by minibatch; null when it was stopped. */
  private Figures learn(int epoch) throws IOException {
    DataSetIterator batches = parts.train().batches();
    batches.reset();
    for (int i = 0; i < position.batches(); i++) {
      batches.next(); // learned from already
    }
    while (batches.hasNext()) {
      if (isStopped()) {
        return null;
      }
      DataSet batch = batches.next();
      long start = System.nanoTime();
      Learner.Seen seen = learner.learn(batch);
      trainingNanos += System.nanoTime() - start;
      trainingSteps += seen.steps();
      if (isStopped()) {
        return null;
      }
      position = position.after(batch.numExamples(), seen.figures());
      learned = position.learned();
      report(epoch, "learning", position.sequences(), parts.train().size());
      if (checkpoints != null && checkpoints.isDue(position.batches()) && batches.hasNext()) {
        save();
      }
    }
    return learned;
  }

  /** Null when it was stopped. */
  private Figures evaluate(int epoch, String name, Parts.Part part) {
    part.batches().reset();
    Iterator<DataSet> watchedBatches =
        new Iterator<>() {
          private int done;

          @Override
          public boolean hasNext() {
            // One batch at least: a learner refuses to evaluate nothing.
            return part.batches().hasNext() && !(done > 0 && isStopped());
          }

          @Override
          public DataSet next() {
            report(epoch, "evaluating the " + name, done, part.size());
            DataSet batch = part.batches().next();
            done += batch.numExamples();
            return batch;
          }
        };
    latestEvaluation = new Evaluation();
    double loss = learner.evaluate(new ExistingDataSetIterator(watchedBatches), latestEvaluation);
    return isStopped() ? null : new Figures(loss, latestEvaluation.accuracy());
  }

  private void report(int epoch, String activity, int done, int total) {
    observer.onProgress(
        new TrainingProgress(
            epoch, activity, done, total, learned, learner.learningRate(), trainingSteps));
  }

  /**
   * Whether the plan was not carried out in full.
   *
   * @return true before and during the run, and for good when it was stopped or failed
   */
  public boolean isCutShort() {
    return metrics.size() <= plan.epochs();
  }

  private boolean isStopped() {
    stopped = stopped || stopWhen.getAsBoolean();
    return stopped;
  }

  /**
   * What the run does.
   *
   * @return the plan
   */
  public TrainingPlan plan() {
    return plan;
  }

  /**
   * Number of sequences trained on in an epoch.
   *
   * @return at least 1
   */
  public int sequencesPerEpoch() {
    return parts.train().size();
  }

  /**
   * Number of training steps of the whole plan.
   *
   * @return a minibatch of sequences has as many as the sequences have time steps
   */
  public long plannedSteps() {
    return (long) plan.epochs() * parts.batchesPerEpoch() * plan.model().shape().length();
  }

  /**
   * The network.
   *
   * @return a {@link MultiLayerNetwork} or {@link ComputationGraph}, in the state the run has
   *     brought it to
   */
  public Model network() {
    return learner.network();
  }

  /**
   * Where the last checkpoint stands, from which the run goes on when it is taken up.
   *
   * @return such as "after 6 epochs and 20 minibatches of epoch 7", or "from the beginning"
   */
  public String kept() {
    return kept.toString();
  }

  /**
   * All complete epochs.
   *
   * @return first epoch first
   */
  public List<EpochMetrics> metrics() {
    return List.copyOf(metrics);
  }

  /**
   * The test set after the last complete epoch.
   *
   * @return null before the first
   */
  public Evaluation testEvaluation() {
    return testEvaluation;
  }

  /**
   * Number of training steps so far, each one a time step of a minibatch.
   *
   * @return 0 before the first
   */
  public long trainingSteps() {
    return trainingSteps;
  }

  /**
   * Number of updates of all parameters so far.
   *
   * @return 0 before the first
   */
  public long updates() {
    return learner.updates();
  }

  /**
   * The time spent learning so far, evaluation not included.
   *
   * @return in seconds
   */
  public double trainingSeconds() {
    return trainingNanos / 1e9;
  }

  /** Ends what reads ahead in the background. */
  @Override
  public void close() {
    parts.close();
  }

  /**
   * Mean time of a training step, evaluation not included.
   *
   * @return NaN before the first
   */
  public double millisecondsPerStep() {
    return trainingSteps == 0 ? Double.NaN : trainingNanos / 1e6 / trainingSteps;
  }
}

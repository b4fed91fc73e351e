// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator.Part;
import io.github.gle4j.train.StreamingResult;
import io.github.gle4j.train.StreamingTrainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Trains a published model on MNIST-1D, epoch by epoch: learn, evaluate, adapt the learning rate.
 *
 * <p>A run can be stopped at any time step. An epoch that was cut short has no metrics; the network
 * stays as it is then.
 */
public final class TrainingRun {
  private final TrainingPlan plan;
  private final BooleanSupplier stopWhen;
  private final Mnist1d data;
  private final Mnist1dDataSetIterator train;
  private final Mnist1dDataSetIterator validation;
  private final Mnist1dDataSetIterator test;
  private final MultiLayerNetwork network;
  private final Learning learning;
  private final StreamingTrainer trainer;
  private final List<EpochMetrics> metrics = new ArrayList<>();

  private TrainingObserver observer;
  private Evaluation latestEvaluation;
  private Evaluation testEvaluation;
  private Figures learned;
  private boolean stopped;
  private long trainingSteps;
  private long trainingNanos;

  /**
   * Generates the data and builds the network.
   *
   * @param plan what to do
   * @param threads that share the work of streaming; the outcome is the same for any number
   * @param stopWhen asked before every time step, in sequence mode before every minibatch: true
   *     ends the run
   * @throws IllegalArgumentException when the plan cannot be carried out
   */
  public TrainingRun(TrainingPlan plan, int threads, BooleanSupplier stopWhen) {
    this.plan = plan.checked();
    this.stopWhen = stopWhen;
    data = plan.dataOptions().build();
    train = part(Part.TRAIN).shuffleSeed(plan.seed()).build();
    validation = plan.protocol() == Protocol.PAPER ? null : part(Part.VALIDATION).build();
    test = part(Part.TEST).build();
    learning = plan.learning(batchesPerEpoch(), threads, this::isStopped);
    trainer = learning.trainer();
    network = trainer.network();
  }

  /**
   * Adds a listener of DL4J's to the network, to be called at every update.
   *
   * @param listener called in the thread that trains
   */
  public void addListener(TrainingListener listener) {
    network.addListeners(listener);
  }

  /**
   * Number of updates that learn from one minibatch of sequences.
   *
   * @return one per time step, or per segment in sequence mode
   */
  public int updatesPerBatch() {
    return learning.updatesPerBatch();
  }

  private Mnist1dDataSetIterator.Builder part(Part part) {
    return Mnist1dDataSetIterator.builder()
        .data(data)
        .part(part)
        .batchSize(plan.model().batchSize())
        .validationFraction(plan.protocol().validationFraction());
  }

  /**
   * Runs the plan to its end, or until it is stopped. Can be called once.
   *
   * @param observer hears of the progress
   * @throws IOException when the observer cannot record an epoch
   * @throws ArithmeticException when training diverges; the network is then as it was before the
   *     update that failed
   */
  public void run(TrainingObserver observer) throws IOException {
    this.observer = observer;
    for (int epoch = 0; epoch <= plan.epochs(); epoch++) {
      long start = System.nanoTime();
      double learningRate = trainer.learningRate();
      learned = null;
      Figures trained = epoch == 0 ? evaluate(0, "training set", train) : learn(epoch);
      Figures held = validation == null ? null : evaluate(epoch, "validation set", validation);
      Figures tested = evaluate(epoch, "test set", test);
      if (isStopped()) {
        return;
      }
      testEvaluation = latestEvaluation;
      double seconds = (System.nanoTime() - start) / 1e9;
      metrics.add(new EpochMetrics(epoch, trained, held, tested, learningRate, seconds));
      observer.onEpoch(metrics.get(epoch));
      if (epoch > 0) {
        double watched = held == null ? tested.loss() : held.loss();
        learning.afterEpoch(watched);
      }
    }
  }

  /** One pass over the training set, minibatch by minibatch; null when it was stopped. */
  private Figures learn(int epoch) {
    double loss = 0;
    long right = 0;
    int done = 0;
    train.reset();
    while (train.hasNext()) {
      DataSet batch = train.next();
      long start = System.nanoTime();
      Learning.Batch seen = learning.fit(batch);
      trainingNanos += System.nanoTime() - start;
      trainingSteps += seen.steps();
      if (isStopped()) {
        return null;
      }
      int sequences = batch.numExamples();
      done += sequences;
      loss += seen.figures().loss() * sequences;
      right += Math.round(seen.figures().accuracy() * sequences);
      learned = new Figures(loss / done, (double) right / done);
      report(epoch, "learning", done, train.size());
    }
    network.incrementEpochCount();
    return learned;
  }

  /** Null when it was stopped. */
  private Figures evaluate(int epoch, String name, Mnist1dDataSetIterator sequences) {
    sequences.reset();
    Iterator<DataSet> watched =
        new Iterator<>() {
          private int done;

          @Override
          public boolean hasNext() {
            return sequences.hasNext() && !isStopped();
          }

          @Override
          public DataSet next() {
            report(epoch, "evaluating the " + name, done, sequences.size());
            DataSet batch = sequences.next();
            done += batch.numExamples();
            return batch;
          }
        };
    StreamingResult result = trainer.evaluate(new ExistingDataSetIterator(watched));
    latestEvaluation = result.evaluation();
    return isStopped() ? null : new Figures(result.loss(), result.accuracy());
  }

  private void report(int epoch, String activity, int done, int total) {
    observer.onProgress(
        new TrainingProgress(
            epoch, activity, done, total, learned, trainer.learningRate(), trainingSteps));
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
   * The data of the run.
   *
   * @return all of it, held-out sequences among the training sequences
   */
  public Mnist1d data() {
    return data;
  }

  /**
   * Number of sequences trained on in an epoch.
   *
   * @return at least 1
   */
  public int sequencesPerEpoch() {
    return train.size();
  }

  /**
   * Number of classes.
   *
   * @return 10
   */
  public int classes() {
    return test.totalOutcomes();
  }

  /**
   * Number of training steps of the whole plan.
   *
   * @return a minibatch of sequences has as many as the sequences have time steps
   */
  public long plannedSteps() {
    return (long) plan.epochs() * batchesPerEpoch() * data.length();
  }

  private int batchesPerEpoch() {
    return (train.size() + train.batch() - 1) / train.batch();
  }

  /**
   * The network.
   *
   * @return in the state the run has brought it to
   */
  public MultiLayerNetwork network() {
    return network;
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
    return network.getIterationCount();
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

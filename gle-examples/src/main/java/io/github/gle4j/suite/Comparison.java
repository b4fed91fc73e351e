// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator.Part;
import io.github.gle4j.models.ComparedModel;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.ComparedRun.Plan;
import io.github.gle4j.train.NonFiniteException;
import io.github.gle4j.train.ReduceOnPlateau;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;

/** Runs every model with every seed on MNIST-1D, each run on one thread. */
public final class Comparison {
  private final List<Plan> plans;
  private final int jobs;
  private final BooleanSupplier stopWhen;
  private final String command;
  private final Map<String, Object> machine;
  private final Map<Integer, Mnist1d> data = new ConcurrentHashMap<>();

  /** Hears of the progress; its methods are called one at a time. */
  public interface Observer {
    /**
     * Called after every epoch of a run.
     *
     * @param plan the run
     * @param epoch what it brought
     */
    void onEpoch(Plan plan, Epoch epoch);

    /**
     * Called after a complete run.
     *
     * @param plan the run
     * @param result what it brought
     * @throws IOException when it cannot be kept; the comparison ends with it
     */
    void onRun(Plan plan, ComparedRun result) throws IOException;

    /**
     * Called when a run could not go on.
     *
     * @param plan the run
     * @param reason in one line
     */
    void onFailure(Plan plan, String reason);
  }

  /**
   * A comparison to be made.
   *
   * @param plans the runs
   * @param jobs number of runs at a time
   * @param stopWhen asked often: true ends the comparison; unfinished runs leave nothing
   * @param command the command line, for the results
   * @param machine what the times depend on, for the results
   */
  public Comparison(
      List<Plan> plans,
      int jobs,
      BooleanSupplier stopWhen,
      String command,
      Map<String, Object> machine) {
    this.plans = List.copyOf(plans);
    this.jobs = jobs;
    this.stopWhen = stopWhen;
    this.command = command;
    this.machine = Map.copyOf(machine);
  }

  /**
   * Carries out all runs.
   *
   * @param observer hears of the progress
   * @throws IOException when the observer cannot keep a result
   */
  public void run(Observer observer) throws IOException {
    ExecutorService threads = Executors.newFixedThreadPool(jobs);
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (Plan plan : plans) {
        runs.add(threads.submit(() -> run(plan, observer)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UncheckedIOException unchecked) {
        throw unchecked.getCause();
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      threads.shutdownNow();
    }
  }

  private void run(Plan plan, Observer observer) {
    if (stopWhen.getAsBoolean()) {
      return;
    }
    try {
      ComparedRun result = train(plan, observer);
      if (result != null) {
        synchronized (observer) {
          observer.onRun(plan, result);
        }
      }
    } catch (NonFiniteException e) {
      synchronized (observer) {
        observer.onFailure(plan, e.getMessage());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Null when it was stopped. */
  private ComparedRun train(Plan plan, Observer observer) {
    ComparedModel model = plan.model();
    Mnist1dDataSetIterator train = part(plan, Part.TRAIN).shuffleSeed(plan.seed()).build();
    Mnist1dDataSetIterator validation =
        plan.protocol() == Protocol.PAPER ? null : part(plan, Part.VALIDATION).build();
    Mnist1dDataSetIterator test = part(plan, Part.TEST).build();
    Learner learner = Learner.of(model, plan.seed(), stopWhen);
    ReduceOnPlateau plateau =
        model.plateauFactor() == 1
            ? null
            : new ReduceOnPlateau(model.plateauFactor(), model.plateauPatience());
    List<Epoch> epochs = new ArrayList<>();
    Evaluation evaluation = null;
    long nanos = 0;
    long batches = 0;
    for (int epoch = 0; epoch <= plan.epochs(); epoch++) {
      double trainLoss = 0;
      if (epoch > 0) {
        train.reset();
        while (train.hasNext() && !stopWhen.getAsBoolean()) {
          DataSet batch = train.next();
          long start = System.nanoTime();
          trainLoss += learner.learn(batch) * batch.numExamples() / train.size();
          nanos += System.nanoTime() - start;
          batches++;
        }
        learner.endEpoch();
      }
      Double validationLoss =
          validation == null ? null : learner.evaluate(validation, new Evaluation());
      evaluation = new Evaluation(ComparedModel.CLASSES);
      double testLoss = learner.evaluate(test, evaluation);
      if (stopWhen.getAsBoolean()) {
        return null;
      }
      double watched = validationLoss == null ? testLoss : validationLoss;
      if (!Double.isFinite(trainLoss) || !Double.isFinite(watched)) {
        synchronized (observer) {
          observer.onFailure(plan, "the loss is not finite in epoch " + epoch);
        }
        return null;
      }
      epochs.add(
          new Epoch(
              epoch,
              epoch == 0 ? null : trainLoss,
              validationLoss,
              testLoss,
              evaluation.accuracy(),
              nanos / 1e9));
      synchronized (observer) {
        observer.onEpoch(plan, epochs.get(epoch));
      }
      if (plateau != null && epoch > 0) {
        learner.multiplyLearningRate(plateau.observe(watched));
      }
    }
    return new ComparedRun(
        model.name(),
        plan.seed(),
        List.copyOf(epochs),
        confusion(evaluation),
        learner.updates(),
        batches * model.length(),
        command,
        machine);
  }

  private Mnist1dDataSetIterator.Builder part(Plan plan, Part part) {
    Mnist1d sequences =
        data.computeIfAbsent(
            plan.model().length(),
            length ->
                Mnist1d.builder()
                    .length(length)
                    .samples(plan.samples())
                    .seed(TrainingPlan.DATA_SEED)
                    .build());
    return Mnist1dDataSetIterator.builder()
        .data(sequences)
        .part(part)
        .batchSize(plan.model().batchSize())
        .validationFraction(plan.protocol().validationFraction());
  }

  private static List<List<Integer>> confusion(Evaluation evaluation) {
    List<List<Integer>> counts = new ArrayList<>();
    for (int actual = 0; actual < ComparedModel.CLASSES; actual++) {
      List<Integer> row = new ArrayList<>();
      for (int predicted = 0; predicted < ComparedModel.CLASSES; predicted++) {
        row.add(evaluation.getConfusionMatrix().getCount(actual, predicted));
      }
      counts.add(List.copyOf(row));
    }
    return List.copyOf(counts);
  }
}

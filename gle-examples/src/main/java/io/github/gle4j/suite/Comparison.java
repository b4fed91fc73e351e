// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.suite.ComparedRun.Epoch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.nd4j.evaluation.classification.Evaluation;

/** Runs every model with every seed, each run on one thread. */
public final class Comparison {
  private final List<TrainingPlan> plans;
  private final int jobs;
  private final BooleanSupplier stopWhen;
  private final String command;
  private final Map<String, Object> machine;

  /** Hears of the progress; its methods are called one at a time. */
  public interface Observer {
    /**
     * Called after every epoch of a run.
     *
     * @param plan the run
     * @param epoch what it brought
     */
    void onEpoch(TrainingPlan plan, Epoch epoch);

    /**
     * Called after a complete run.
     *
     * @param plan the run
     * @param result what it brought
     * @throws IOException when it cannot be kept; the comparison ends with it
     */
    void onRun(TrainingPlan plan, ComparedRun result) throws IOException;

    /**
     * Called when a run could not go on.
     *
     * @param plan the run
     * @param reason in one line
     */
    void onFailure(TrainingPlan plan, String reason);
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
      List<TrainingPlan> plans,
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
      for (TrainingPlan plan : plans) {
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

  private void run(TrainingPlan plan, Observer observer) {
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
    } catch (ArithmeticException e) {
      synchronized (observer) {
        observer.onFailure(plan, e.getMessage());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Null when it was stopped. */
  private ComparedRun train(TrainingPlan plan, Observer observer) throws IOException {
    try (TrainingRun run = new TrainingRun(plan, 1, false, stopWhen)) {
      List<Epoch> epochs = new ArrayList<>();
      run.run(
          new TrainingObserver() {
            @Override
            public void onProgress(TrainingProgress progress) {}

            @Override
            public void onEpoch(EpochMetrics metrics) {
              epochs.add(epoch(metrics, run.trainingSeconds()));
              synchronized (observer) {
                observer.onEpoch(plan, epochs.get(metrics.epoch()));
              }
            }
          });
      return run.isCutShort()
          ? null
          : new ComparedRun(
              plan.model().name(),
              plan.seed(),
              List.copyOf(epochs),
              confusion(run.testEvaluation(), plan.model().shape().classes()),
              run.updates(),
              run.trainingSteps(),
              command,
              machine);
    }
  }

  private static Epoch epoch(EpochMetrics metrics, double trainingSeconds) {
    return new Epoch(
        metrics.epoch(),
        metrics.train() == null ? null : metrics.train().loss(),
        metrics.validation() == null ? null : metrics.validation().loss(),
        metrics.test().loss(),
        metrics.test().accuracy(),
        trainingSeconds);
  }

  private static List<List<Integer>> confusion(Evaluation evaluation, int classes) {
    List<List<Integer>> counts = new ArrayList<>();
    for (int actual = 0; actual < classes; actual++) {
      List<Integer> row = new ArrayList<>();
      for (int predicted = 0; predicted < classes; predicted++) {
        row.add(evaluation.getConfusionMatrix().getCount(actual, predicted));
      }
      counts.add(List.copyOf(row));
    }
    return List.copyOf(counts);
  }
}

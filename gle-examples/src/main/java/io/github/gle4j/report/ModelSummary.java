// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedAccuracy;
import io.github.gle4j.models.StepByStep;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.TrainingMemory;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One row of a comparison: a model and its finished runs.
 *
 * @param model the model
 * @param input how it is given a sequence, or can be
 * @param planned number of runs there are to be
 * @param runs the finished ones
 * @param parameters number of parameters that learn
 * @param memory bytes per sequence, see {@link TrainingMemory}
 */
record ModelSummary(
    TaskModel model,
    TaskModel.Input input,
    int planned,
    List<ComparedRun> runs,
    long parameters,
    long memory) {

  /** Mean and standard deviation; NaN where there are too few values. */
  record Spread(double mean, double sd, int count) {
    static Spread of(List<Double> values) {
      double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
      double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
      double sd = values.size() < 2 ? Double.NaN : Math.sqrt(squares / (values.size() - 1));
      return new Spread(mean, sd, values.size());
    }
  }

  static ModelSummary of(TaskModel model, int planned, List<ComparedRun> runs) {
    return new ModelSummary(
        model,
        input(model),
        planned,
        List.copyOf(runs),
        model.learnedParameters(),
        TrainingMemory.bytesPerSequence(model));
  }

  /** A user's network says that it takes sequences, and may read them point by point. */
  private static TaskModel.Input input(TaskModel model) {
    return model.input() == TaskModel.Input.SEQUENCE && StepByStep.isPossible(model)
        ? TaskModel.Input.STREAM
        : model.input();
  }

  private Spread spread(ToDoubleFunction<ComparedRun> value) {
    return Spread.of(runs.stream().map(value::applyAsDouble).toList());
  }

  /** In percent. */
  Spread accuracy() {
    return spread(run -> 100 * run.lastAccuracy());
  }

  double trainingSeconds() {
    return spread(ComparedRun::trainingSeconds).mean();
  }

  double stepsPerSecond() {
    return spread(run -> run.timeSteps() / run.trainingSeconds()).mean();
  }

  double updatesPerSecond() {
    return spread(run -> run.updates() / run.trainingSeconds()).mean();
  }

  /** Of the runs that have all the epochs asked for. */
  int epochs() {
    return runs.stream().mapToInt(run -> run.epochs().size() - 1).max().orElse(0);
  }

  /** In percent; of no run when the epoch was not reached. */
  Spread accuracyAt(int epoch) {
    return Spread.of(
        runs.stream()
            .filter(run -> epoch < run.epochs().size())
            .map(run -> 100 * run.epochs().get(epoch).testAccuracy())
            .toList());
  }

  /** In percent: after the last epoch that had ended after this time of learning. */
  Spread accuracyAfter(double seconds) {
    return spread(
        run ->
            100
                * run.epochs().stream()
                    .filter(epoch -> epoch.trainingSeconds() <= seconds)
                    .reduce((earlier, later) -> later)
                    .map(Epoch::testAccuracy)
                    .orElseThrow());
  }

  /** In seconds, over the runs. */
  double secondsAt(int epoch) {
    return Spread.of(
            runs.stream()
                .filter(run -> epoch < run.epochs().size())
                .map(run -> run.epochs().get(epoch).trainingSeconds())
                .toList())
        .mean();
  }

  /** Sum over the runs. */
  int[][] confusion() {
    int classes = model.shape().classes();
    int[][] sum = new int[classes][classes];
    for (ComparedRun run : runs) {
      for (int row = 0; row < sum.length; row++) {
        for (int column = 0; column < sum.length; column++) {
          sum[row][column] += run.confusion().get(row).get(column);
        }
      }
    }
    return sum;
  }

  /**
   * How many published standard deviations the mean is away from the published one; NaN when there
   * is none, or no deviation of it, or when it was trained for another number of epochs.
   */
  double deviation() {
    PublishedAccuracy published = model.published();
    return published == null || epochs() != model.settings().epochs()
        ? Double.NaN
        : (accuracy().mean() - published.mean()) / published.sd();
  }
}

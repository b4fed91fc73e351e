// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.util.function.LongSupplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * Calls another listener at some updates only, with the mean score since its last call: the score
 * of a single update says as much about its time step as about learning, and collecting statistics
 * costs more than an update.
 */
final class ScoreOfManyUpdates extends BaseTrainingListener {
  private final TrainingListener listener;
  private final int updates;
  private final long nanos;
  private final LongSupplier clock;
  private double scores;
  private int seen;
  private boolean due;
  private boolean called;
  private long lastCall;

  /**
   * Wraps a listener.
   *
   * @param updates number of updates of a batch: it is called after the last of them
   * @param nanos time that passes at least between two calls, in nanoseconds of the clock
   */
  ScoreOfManyUpdates(TrainingListener listener, int updates, long nanos, LongSupplier clock) {
    this.listener = listener;
    this.updates = updates;
    this.nanos = nanos;
    this.clock = clock;
  }

  @Override
  public void onGradientCalculation(Model model) {
    boolean complete = (seen + 1) % updates == 0;
    due = complete && (!called || clock.getAsLong() - lastCall >= nanos);
    if (due) {
      listener.onGradientCalculation(model);
    }
  }

  @Override
  public void onBackwardPass(Model model) {
    if (due) {
      listener.onBackwardPass(model);
    }
  }

  @Override
  public void iterationDone(Model model, int iteration, int epoch) {
    scores += model.score();
    seen++;
    if (due) {
      MultiLayerNetwork network = (MultiLayerNetwork) model;
      double score = model.score();
      network.setScore(scores / seen);
      listener.iterationDone(model, iteration, epoch);
      network.setScore(score);
      scores = 0;
      seen = 0;
      called = true;
      lastCall = clock.getAsLong();
    }
  }
}

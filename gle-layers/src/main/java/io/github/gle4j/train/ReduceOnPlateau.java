// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.checkpoint.Checkpoint;

/**
 * Reduces the learning rate when the loss stops falling. An epoch is bad unless its loss is below
 * the best one by the relative threshold; after more than {@code patience} bad epochs in a row the
 * rate is multiplied by the factor and the count starts again.
 *
 * <p>Whoever drives the training calls {@link #observe} once per epoch and multiplies the learning
 * rate by its result.
 */
public final class ReduceOnPlateau {
  private static final double THRESHOLD = 1e-4;

  private final double factor;
  private final int patience;
  private double best = Double.POSITIVE_INFINITY;
  private int badEpochs;

  /**
   * A schedule that has seen no epoch yet.
   *
   * @param factor what the rate is multiplied by, between 0 and 1, both excluded
   * @param patience number of bad epochs that are tolerated, not negative
   * @throws IllegalArgumentException when a value is outside its range
   */
  public ReduceOnPlateau(double factor, int patience) {
    if (!(factor > 0 && factor < 1)) {
      throw new IllegalArgumentException(
          "factor = " + factor + ": a number between 0 and 1, both excluded, is allowed");
    }
    if (patience < 0) {
      throw new IllegalArgumentException("patience = " + patience + ": 0 or more is allowed");
    }
    this.factor = factor;
    this.patience = patience;
  }

  /**
   * Takes the loss of an epoch into account.
   *
   * @param loss the epoch's loss
   * @return what to multiply the learning rate by: the factor, or 1
   */
  public double observe(double loss) {
    if (loss < best * (1 - THRESHOLD)) {
      best = loss;
      badEpochs = 0;
    } else {
      badEpochs++;
    }
    if (badEpochs <= patience) {
      return 1;
    }
    badEpochs = 0;
    return factor;
  }

  /**
   * Saves what has been observed.
   *
   * @param to gets the entry
   * @param name of the entry
   */
  public void save(Checkpoint.Builder to, String name) {
    to.put(name, best, badEpochs);
  }

  /**
   * Goes on from what was observed.
   *
   * @param from has the entry
   * @param name of the entry
   * @throws IllegalArgumentException when it is not there
   */
  public void restore(Checkpoint from, String name) {
    double[] saved = from.doubles(name, 2);
    best = saved[0];
    badEpochs = (int) saved[1];
  }
}

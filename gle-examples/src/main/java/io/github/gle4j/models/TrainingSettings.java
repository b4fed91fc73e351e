// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

/**
 * How a network is trained unless a run has other settings.
 *
 * @param batchSize number of sequences side by side
 * @param epochs number of passes over the training set
 * @param learningRate the optimiser's, at the start: per time step for a network that learns
 *     online, otherwise per batch; null where the network has updaters of its own
 * @param schedule how the learning rate changes
 * @param optimiser of all parameters that learn
 */
public record TrainingSettings(
    int batchSize, int epochs, Double learningRate, RateSchedule schedule, Optimiser optimiser) {

  /**
   * Training by Adam.
   *
   * @param batchSize number of sequences side by side
   * @param epochs number of passes over the training set
   * @param learningRate Adam's, at the start; null where the network has updaters of its own
   * @param schedule how the learning rate changes
   */
  public TrainingSettings(int batchSize, int epochs, Double learningRate, RateSchedule schedule) {
    this(batchSize, epochs, learningRate, schedule, Optimiser.ADAM);
  }

  /**
   * A fixed learning rate.
   *
   * @param batchSize number of sequences side by side
   * @param epochs number of passes over the training set
   * @param learningRate Adam's; null where the network has updaters of its own
   * @return the settings
   */
  static TrainingSettings fixedRate(int batchSize, int epochs, Double learningRate) {
    return new TrainingSettings(batchSize, epochs, learningRate, new RateSchedule.Constant());
  }

  /** The same in other batches. */
  TrainingSettings withBatchSize(int changed) {
    return new TrainingSettings(changed, epochs, learningRate, schedule, optimiser);
  }

  /** The same with another schedule. */
  TrainingSettings withSchedule(RateSchedule changed) {
    return new TrainingSettings(batchSize, epochs, learningRate, changed, optimiser);
  }
}

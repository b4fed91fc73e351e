// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

/**
 * How a network is trained unless a run has other settings.
 *
 * @param batchSize number of sequences side by side
 * @param epochs number of passes over the training set
 * @param learningRate the optimiser's, at the start: per time step for a network that learns
 *     online, otherwise per batch; null where the network has updaters of its own
 * @param plateauFactor what the learning rate is multiplied by when the loss has stopped falling; 1
 *     leaves it as it is
 * @param plateauPatience number of epochs without a lower loss that are tolerated
 * @param optimiser of all parameters that learn
 */
public record TrainingSettings(
    int batchSize,
    int epochs,
    Double learningRate,
    double plateauFactor,
    int plateauPatience,
    Optimiser optimiser) {

  /**
   * Training by Adam.
   *
   * @param batchSize number of sequences side by side
   * @param epochs number of passes over the training set
   * @param learningRate Adam's, at the start; null where the network has updaters of its own
   * @param plateauFactor what the learning rate is multiplied by when the loss has stopped falling
   * @param plateauPatience number of epochs without a lower loss that are tolerated
   */
  public TrainingSettings(
      int batchSize, int epochs, Double learningRate, double plateauFactor, int plateauPatience) {
    this(batchSize, epochs, learningRate, plateauFactor, plateauPatience, Optimiser.ADAM);
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
    return new TrainingSettings(batchSize, epochs, learningRate, 1, 0);
  }

  /** The same in other batches. */
  TrainingSettings withBatchSize(int changed) {
    return new TrainingSettings(
        changed, epochs, learningRate, plateauFactor, plateauPatience, optimiser);
  }
}

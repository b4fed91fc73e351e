// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Map;

/**
 * What a run of a comparison brought, as it is kept in a file.
 *
 * @param model name of the model
 * @param seed of the initial weights and of the order of the training sequences
 * @param epochs before training, and after every epoch
 * @param confusion number of test sequences after the last epoch; row: true class, column:
 *     predicted
 * @param updates number of updates of the parameters
 * @param timeSteps number of time steps of a sequence times the number of batches trained on
 * @param command the command line that made the run
 * @param machine operating system, processor, number of cores, Java heap, versions
 */
public record ComparedRun(
    String model,
    int seed,
    List<Epoch> epochs,
    List<List<Integer>> confusion,
    long updates,
    long timeSteps,
    String command,
    Map<String, Object> machine) {

  /**
   * What an epoch brought.
   *
   * @param epoch 0: before training
   * @param trainLoss as it was seen while learning; null for epoch 0
   * @param validationLoss null where nothing is held out
   * @param testLoss in the model's own measure: per sequence, for GLE per sequence and time step
   * @param testAccuracy between 0 and 1
   * @param trainingSeconds spent learning since the beginning, without evaluation
   */
  public record Epoch(
      int epoch,
      Double trainLoss,
      Double validationLoss,
      double testLoss,
      double testAccuracy,
      double trainingSeconds) {}

  /**
   * The accuracy after the last epoch.
   *
   * @return between 0 and 1
   */
  @JsonIgnore
  public double lastAccuracy() {
    return last().testAccuracy();
  }

  /**
   * The time spent learning.
   *
   * @return in seconds, without evaluation
   */
  @JsonIgnore
  public double trainingSeconds() {
    return last().trainingSeconds();
  }

  private Epoch last() {
    return epochs.get(epochs.size() - 1);
  }
}

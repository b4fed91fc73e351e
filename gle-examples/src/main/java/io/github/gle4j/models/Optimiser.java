// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** What turns gradients into updates. */
public enum Optimiser {
  /** Adam. */
  ADAM,
  /** Plain gradient descent. */
  SGD;

  /**
   * DL4J's updater.
   *
   * @param learningRate its rate at the start
   * @return a new one
   */
  IUpdater updater(double learningRate) {
    return this == ADAM ? new Adam(learningRate) : new Sgd(learningRate);
  }
}

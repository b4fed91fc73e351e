// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** Makes networks of the same layers. */
@FunctionalInterface
public interface Architecture {
  /**
   * A new network.
   *
   * @param seed of the initial weights
   * @param updater of everything that learns; null for networks with updaters of their own
   * @return a {@link org.deeplearning4j.nn.multilayer.MultiLayerNetwork} or {@link
   *     org.deeplearning4j.nn.graph.ComputationGraph}, not yet initialised
   */
  Model network(long seed, IUpdater updater);
}

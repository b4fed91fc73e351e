// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/** Counts the numbers that training changes: no frozen layer, no rate of 0, no time constant. */
final class LearnedParameters {
  private LearnedParameters() {}

  static long of(MultiLayerConfiguration configuration) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    return of(network);
  }

  static long of(Model network) {
    Layer[] layers =
        network instanceof ComputationGraph graph
            ? graph.getLayers()
            : ((MultiLayerNetwork) network).getLayers();
    long count = 0;
    for (Layer layer : layers) {
      org.deeplearning4j.nn.conf.layers.Layer configuration = layer.conf().getLayer();
      if (configuration instanceof FrozenLayer
          || configuration instanceof FrozenLayerWithBackprop) {
        continue;
      }
      for (String key : layer.paramTable().keySet()) {
        if (learns(layer.getConfig().getUpdaterByParam(key))) {
          count += layer.getParam(key).length();
        }
      }
    }
    return count;
  }

  /** The second look is for schedules that begin with 0. */
  private static boolean learns(IUpdater updater) {
    return !(updater instanceof NoOp)
        && !(updater.hasLearningRate()
            && updater.getLearningRate(0, 0) == 0
            && updater.getLearningRate(1, 1) == 0);
  }
}

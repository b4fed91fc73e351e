// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What the GLE paper's networks for classification have in common. */
final class GleNetworks {
  private GleNetworks() {}

  /** Layers below a cross-entropy in every time step; initial weights are uniform. */
  static MultiLayerConfiguration network(long seed, IUpdater updater, List<GleDense> layers) {
    NeuralNetConfiguration.ListBuilder network =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .updater(updater)
            .weightInit(WeightInit.UNIFORM)
            .list();
    layers.forEach(network::layer);
    return network
        .layer(new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build())
        .build();
  }

  /** Equal hidden layers, the first one linear and the others tanh, below a linear readout. */
  static List<GleDense> stack(
      double dt,
      SequenceShape shape,
      int hiddenLayers,
      int neurons,
      TimeConstants hidden,
      TimeConstants readout) {
    List<GleDense> layers = new ArrayList<>();
    layers.add(dense(dt, shape.channels(), neurons, Activation.IDENTITY, hidden).build());
    for (int layer = 1; layer < hiddenLayers; layer++) {
      layers.add(dense(dt, neurons, neurons, Activation.TANH, hidden).build());
    }
    layers.add(dense(dt, neurons, shape.classes(), Activation.IDENTITY, readout).build());
    return layers;
  }

  static GleDense.Builder dense(
      double dt, int inputs, int outputs, Activation activation, TimeConstants timeConstants) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(outputs)
        .activation(activation)
        .timeConstants(timeConstants)
        .dt(dt)
        .biasInit(WeightInit.UNIFORM);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The networks of the GLE paper's MNIST-1D experiments, with the settings of the published runs.
 *
 * <p>Both have one input, six hidden layers of three populations each (slow neurons that look ahead
 * by little, slower ones that look ahead by little, and ones that look ahead by as much as they
 * lag) and ten linear outputs. The first hidden layer is linear, the others are tanh.
 */
public enum PublishedModel {
  /** 53 neurons in each hidden layer: 14 956 weights and biases. */
  GLE_15K("gle-15k", 18, 18, 17, 1e-3),
  /** 90 neurons in each hidden layer: 42 040 weights and biases. */
  GLE_42K("gle-42k", 30, 30, 30, 5e-4);

  private static final int HIDDEN_LAYERS = 6;
  private static final int CLASSES = 10;
  private static final double DT = 0.2;

  private final String modelName;
  private final int quick;
  private final int slow;
  private final int instantaneous;
  private final double learningRate;

  PublishedModel(String modelName, int quick, int slow, int instantaneous, double learningRate) {
    this.modelName = modelName;
    this.quick = quick;
    this.slow = slow;
    this.instantaneous = instantaneous;
    this.learningRate = learningRate;
  }

  /**
   * Finds a model.
   *
   * @param modelName such as {@code gle-15k}
   * @return the model
   * @throws IllegalArgumentException when there is none; the message lists all names
   */
  public static PublishedModel named(String modelName) {
    return Arrays.stream(values())
        .filter(model -> model.modelName.equals(modelName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is unknown: %s allowed".formatted(modelName, names())));
  }

  private static String names() {
    return String.join(", ", Arrays.stream(values()).map(PublishedModel::modelName).toList());
  }

  /**
   * The network, which {@code StreamingTrainer} can train.
   *
   * @param seed of the initial weights and biases, both uniform within 1/sqrt(fan-in) of 0
   * @return a new configuration
   */
  public MultiLayerConfiguration configuration(long seed) {
    return configuration(seed, new Adam(learningRate));
  }

  /**
   * The network with another updater.
   *
   * @param seed as for {@link #configuration(long)}
   * @param updater of all weights and biases
   * @return a new configuration
   */
  public MultiLayerConfiguration configuration(long seed, IUpdater updater) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .updater(updater)
            .weightInit(WeightInit.UNIFORM)
            .list();
    TimeConstants populations =
        TimeConstants.populations(
            Population.of(quick, 0.6, 0.2),
            Population.of(slow, 1.2, 0.2),
            Population.of(instantaneous, 1.2, 1.2));
    int neurons = neurons();
    layers.layer(dense(1, neurons, Activation.IDENTITY, populations));
    for (int layer = 1; layer < HIDDEN_LAYERS; layer++) {
      layers.layer(dense(neurons, neurons, Activation.TANH, populations));
    }
    layers.layer(dense(neurons, CLASSES, Activation.IDENTITY, TimeConstants.constant(1.2, 1.2)));
    layers.layer(
        new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build());
    return layers.build();
  }

  private int neurons() {
    return quick + slow + instantaneous;
  }

  private static GleDense dense(
      int inputs, int outputs, Activation activation, TimeConstants timeConstants) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(outputs)
        .activation(activation)
        .timeConstants(timeConstants)
        .dt(DT)
        .biasInit(WeightInit.UNIFORM)
        .build();
  }

  /**
   * The name users know.
   *
   * @return such as {@code gle-15k}
   */
  public String modelName() {
    return modelName;
  }

  /**
   * The published learning curve.
   *
   * @return ten seeds, on the published data
   */
  public PublishedCurve curve() {
    return PublishedCurve.of(this);
  }

  /**
   * Number of parameters that learn; the time constants do not.
   *
   * @return that of all layers
   */
  public int weightsAndBiases() {
    int neurons = neurons();
    return 2 * neurons + (HIDDEN_LAYERS - 1) * (neurons + 1) * neurons + (neurons + 1) * CLASSES;
  }

  /**
   * Adam's rate per time step, at the start.
   *
   * @return positive
   */
  public double learningRate() {
    return learningRate;
  }

  /**
   * Number of time steps of a sequence.
   *
   * @return 360
   */
  public int length() {
    return 360;
  }

  /**
   * Number of sequences learned from side by side.
   *
   * @return 100
   */
  public int batchSize() {
    return 100;
  }

  /**
   * Number of passes over the training set.
   *
   * @return 150
   */
  public int epochs() {
    return 150;
  }

  /**
   * Nudging strength.
   *
   * @return 1
   */
  public double beta() {
    return 1;
  }

  /**
   * What the learning rate is multiplied by when the loss has stopped falling.
   *
   * @return 0.5
   */
  public double plateauFactor() {
    return 0.5;
  }

  /**
   * Number of epochs without a lower loss that are tolerated.
   *
   * @return 2
   */
  public int plateauPatience() {
    return 2;
  }
}

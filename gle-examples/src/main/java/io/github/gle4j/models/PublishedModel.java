// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * The networks of the GLE paper's MNIST-1D experiments, with the settings of the published runs.
 *
 * <p>All have one input and ten linear outputs. The first hidden layer of {@code gle-15k} and
 * {@code gle-42k} and the lags of {@code lagnet-le} are linear; all other hidden layers are tanh.
 */
public enum PublishedModel {
  /** 53 neurons in each of six hidden layers: 14 956 weights and biases. */
  GLE_15K("gle-15k", 1e-3, 91.7, 0.8),
  /** 90 neurons in each of six hidden layers: 42 040 weights and biases. */
  GLE_42K("gle-42k", 5e-4, 93.5, 0.9),
  /**
   * Four fixed layers of ten linear, lagging neurons, which spread the past out in space, below a
   * network of instantaneous neurons (Latent Equilibrium) that learns: 4 930 weights and biases.
   */
  LAGNET_LE("lagnet-le", 1e-3, 90.9, 0.6);

  private static final int HIDDEN_LAYERS = 6;
  private static final int CLASSES = 10;
  private static final double DT = 0.2;

  /** The sequences of MNIST-1D: one value at each of 360 time steps, 10 classes. */
  public static final SequenceShape SHAPE = new SequenceShape(1, 360, CLASSES);

  private final String modelName;
  private final double learningRate;
  private final double meanAccuracy;
  private final double sdAccuracy;

  PublishedModel(String modelName, double learningRate, double meanAccuracy, double sdAccuracy) {
    this.modelName = modelName;
    this.learningRate = learningRate;
    this.meanAccuracy = meanAccuracy;
    this.sdAccuracy = sdAccuracy;
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
                    String.format(Locale.ROOT, "'%s' is unknown: %s allowed", modelName, names())));
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
    return GleNetworks.network(seed, updater, layers());
  }

  private List<GleDense> layers() {
    return switch (this) {
      case GLE_15K -> populations(18, 18, 17);
      case GLE_42K -> populations(30, 30, 30);
      case LAGNET_LE -> lagNet();
    };
  }

  /**
   * Hidden layers of three populations each: slow neurons that look ahead by little, slower ones
   * that look ahead by little, and ones that look ahead by as much as they lag.
   */
  private static List<GleDense> populations(int quick, int slow, int instantaneous) {
    TimeConstants populations =
        TimeConstants.populations(
            Population.of(quick, 0.6, 0.2),
            Population.of(slow, 1.2, 0.2),
            Population.of(instantaneous, 1.2, 1.2));
    return GleNetworks.stack(
        DT,
        SHAPE,
        HIDDEN_LAYERS,
        quick + slow + instantaneous,
        populations,
        TimeConstants.constant(1.2, 1.2));
  }

  private static List<GleDense> lagNet() {
    int lags = 10;
    int lagLayers = 4;
    int neurons = 60;
    TimeConstants lagging = TimeConstants.linear(DT, 1.8, DT, DT);
    TimeConstants instantaneous = TimeConstants.constant(2, 2);
    List<GleDense> layers = new ArrayList<>();
    for (int layer = 0; layer < lagLayers; layer++) {
      layers.add(
          GleNetworks.dense(DT, layer == 0 ? 1 : lags, lags, Activation.IDENTITY, lagging)
              .weightInit(layer == 0 ? WeightInit.ONES : WeightInit.IDENTITY)
              .hasBias(false)
              .updater(new Sgd(0)) // the weights stay
              .build());
    }
    layers.add(instantaneous(lags, neurons, Activation.TANH, instantaneous));
    layers.add(instantaneous(neurons, neurons, Activation.TANH, instantaneous));
    layers.add(instantaneous(neurons, CLASSES, Activation.IDENTITY, instantaneous));
    return layers;
  }

  private static GleDense instantaneous(
      int inputs, int outputs, Activation activation, TimeConstants timeConstants) {
    return GleNetworks.dense(DT, inputs, outputs, activation, timeConstants)
        .prospectiveErrors(false)
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
   * The published accuracy on the test set, after the last epoch.
   *
   * @return ten seeds
   */
  public PublishedAccuracy accuracy() {
    return new PublishedAccuracy(meanAccuracy, sdAccuracy);
  }

  /**
   * Number of weights and biases that learn; time constants and fixed layers do not.
   *
   * @return that of all layers
   */
  public int weightsAndBiases() {
    return (int) LearnedParameters.of(configuration(1));
  }

  /**
   * How the published runs were trained.
   *
   * @return batches of 100 sequences, 150 epochs, the learning rate halved when the loss has not
   *     fallen for more than two epochs
   */
  public TrainingSettings settings() {
    return new TrainingSettings(100, 150, learningRate, new RateSchedule.Plateau(0.5, 2));
  }
}

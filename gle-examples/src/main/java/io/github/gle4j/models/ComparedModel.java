// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.nn.conf.GleDense;
import java.util.List;
import java.util.function.LongFunction;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network that takes part in a comparison on MNIST-1D, and how it is trained.
 *
 * @param name what tables call it
 * @param input how it is given a sequence
 * @param online true: it learns by {@code StreamingTrainer}, an update per time step; false: by
 *     DL4J's {@code fit}, an update per batch of whole sequences
 * @param length number of points of a sequence
 * @param batchSize number of sequences side by side
 * @param epochs number of passes over the training set
 * @param plateauFactor what the learning rate is multiplied by when the loss has stopped falling; 1
 *     leaves it as it is
 * @param plateauPatience number of epochs without a lower loss that are tolerated
 * @param published the published accuracy; null when there is none
 * @param curve the published learning curve; null when there is none
 * @param network makes a new {@link MultiLayerNetwork} or {@link ComputationGraph}, not yet
 *     initialised, whose weights are drawn with the seed
 */
public record ComparedModel(
    String name,
    Input input,
    boolean online,
    int length,
    int batchSize,
    int epochs,
    double plateauFactor,
    int plateauPatience,
    PublishedAccuracy published,
    PublishedCurve curve,
    LongFunction<Model> network) {

  /** Number of classes of MNIST-1D. */
  public static final int CLASSES = 10;

  static final int BATCH_SIZE = 100;

  /** Number of passes over the training set, unless a model or a run has another. */
  public static final int EPOCHS = 150;

  /** How a network is given a sequence. */
  public enum Input {
    /** All points are inputs of their own: [batch, points]. */
    POINTS_AT_ONCE("all points at once"),
    /** Over time, as a whole: [batch, 1, points]. */
    SEQUENCE("sequence"),
    /** Over time, [batch, 1, points], and read one point at a time. */
    STREAM("stream");

    private final String words;

    Input(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  static ComparedModel of(PublishedModel model) {
    return new ComparedModel(
        model.modelName(),
        Input.STREAM,
        true,
        model.length(),
        model.batchSize(),
        model.epochs(),
        model.plateauFactor(),
        model.plateauPatience(),
        model.accuracy(),
        model.curve(),
        seed -> new MultiLayerNetwork(model.configuration(seed)));
  }

  /** A network trained by {@code fit} with a fixed learning rate. */
  static ComparedModel offline(
      String name,
      Input input,
      int length,
      PublishedAccuracy published,
      LongFunction<Model> network) {
    return new ComparedModel(
        name, input, false, length, BATCH_SIZE, EPOCHS, 1, 0, published, null, network);
  }

  /**
   * A network of the user's, with its own updaters. GLE layers below a {@link RnnLossLayer} learn
   * online, everything else by {@code fit}.
   *
   * @param name what tables call it
   * @param configuration takes [batch, 1, points] or [batch, points] and puts out ten classes, of
   *     the sequence or of every time step
   * @param length number of points of a sequence
   * @return the model
   * @throws IllegalArgumentException when the network does not fit the task; the message says why
   */
  public static ComparedModel of(String name, MultiLayerConfiguration configuration, int length) {
    String json = configuration.toJson();
    LongFunction<Model> network =
        seed -> {
          MultiLayerConfiguration copy = MultiLayerConfiguration.fromJson(json);
          copy.getConfs().forEach(layer -> layer.setSeed(seed));
          return new MultiLayerNetwork(copy);
        };
    return users(name, isStreamable(configuration), length, network);
  }

  /**
   * A network of the user's, with its own updaters, trained by {@code fit}.
   *
   * @param name what tables call it
   * @param configuration one input, which takes [batch, 1, points] or [batch, points], and one
   *     output of ten classes, of the sequence or of every time step
   * @param length number of points of a sequence
   * @return the model
   * @throws IllegalArgumentException when the network does not fit the task; the message says why
   */
  public static ComparedModel of(
      String name, ComputationGraphConfiguration configuration, int length) {
    if (configuration.getNetworkInputs().size() != 1
        || configuration.getNetworkOutputs().size() != 1) {
      throw new IllegalArgumentException(
          "model %s: inputs %s and outputs %s: one of each allowed"
              .formatted(
                  name, configuration.getNetworkInputs(), configuration.getNetworkOutputs()));
    }
    String json = configuration.toJson();
    LongFunction<Model> network =
        seed -> {
          ComputationGraphConfiguration copy = ComputationGraphConfiguration.fromJson(json);
          copy.getDefaultConfiguration().setSeed(seed);
          for (GraphVertex vertex : copy.getVertices().values()) {
            if (vertex instanceof LayerVertex layer) {
              layer.getLayerConf().setSeed(seed);
            }
          }
          return new ComputationGraph(copy);
        };
    return users(name, false, length, network);
  }

  private static ComparedModel users(
      String name, boolean online, int length, LongFunction<Model> network) {
    Input input = online ? Input.STREAM : inputOf(name, network.apply(1), length);
    return new ComparedModel(
        name, input, online, length, BATCH_SIZE, EPOCHS, 1, 0, null, null, network);
  }

  private static boolean isStreamable(MultiLayerConfiguration configuration) {
    List<NeuralNetConfiguration> layers = configuration.getConfs();
    int top = layers.size() - 1;
    return top > 0
        && layers.get(top).getLayer() instanceof RnnLossLayer
        && layers.subList(0, top).stream().allMatch(layer -> layer.getLayer() instanceof GleDense);
  }

  /** Tries both forms: what a configuration takes is not written in it. */
  private static Input inputOf(String name, Model network, int length) {
    String sequence = obstacle(network, Nd4j.zeros(DataType.FLOAT, 2, 1, length));
    if (sequence == null) {
      return Input.SEQUENCE;
    }
    String points = obstacle(network, Nd4j.zeros(DataType.FLOAT, 2, length));
    if (points == null) {
      return Input.POINTS_AT_ONCE;
    }
    throw new IllegalArgumentException(
        ("model %s takes neither sequences [batch, 1, %d] (%s) nor points [batch, %d] (%s): "
                + "one of them and an output of 10 classes allowed")
            .formatted(name, length, sequence, length, points));
  }

  /** Null when the network turns the input into classes. DL4J reports a misfit by any exception. */
  private static String obstacle(Model network, INDArray features) {
    try {
      network.init();
      INDArray output = output(network, features);
      boolean classes = output.rank() >= 2 && output.rank() <= 3 && output.size(1) == CLASSES;
      return classes && output.size(0) == features.size(0)
          ? null
          : "its output is " + output.shapeInfoToString().lines().findFirst().orElse("");
    } catch (RuntimeException e) {
      return e.getMessage() == null
          ? e.getClass().getSimpleName()
          : e.getMessage().lines().findFirst().orElse("");
    }
  }

  /**
   * What a network puts out for an input.
   *
   * @param network a {@link MultiLayerNetwork} or {@link ComputationGraph}
   * @param features in the form it takes
   * @return [batch, classes] or [batch, classes, time]
   */
  public static INDArray output(Model network, INDArray features) {
    return network instanceof ComputationGraph graph
        ? graph.outputSingle(features)
        : ((MultiLayerNetwork) network).output(features);
  }

  /**
   * A new network, ready to learn.
   *
   * @param seed of the initial weights
   * @return a {@link MultiLayerNetwork} or {@link ComputationGraph}
   */
  public Model initialised(long seed) {
    Model model = network.apply(seed);
    model.init();
    return model;
  }

  /**
   * The network's configuration.
   *
   * @param seed of the initial weights
   * @return DL4J's JSON
   */
  public String json(long seed) {
    return network.apply(seed) instanceof ComputationGraph graph
        ? graph.getConfiguration().toJson()
        : ((MultiLayerNetwork) network.apply(seed)).getLayerWiseConfigurations().toJson();
  }

  /**
   * Number of parameters that learn; time constants and fixed layers do not.
   *
   * @return that of all layers
   */
  public long learnedParameters() {
    return LearnedParameters.of(initialised(1));
  }

  /**
   * Turns sequences into the form the network takes.
   *
   * @param features [batch, 1, points]
   * @return the same, or [batch, points]
   */
  public INDArray shaped(INDArray features) {
    return input == Input.POINTS_AT_ONCE
        ? features.reshape(features.size(0), features.size(2))
        : features;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.LayerChecks;
import io.github.gle4j.train.Propagation;
import io.github.gle4j.train.StreamingTrainer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network that is made for a task, and how it is trained.
 *
 * @param name what tables call it
 * @param input how it is given a sequence
 * @param streaming how it learns by {@code StreamingTrainer}, an update per time step; null: it
 *     learns by DL4J's {@code fit}, an update per batch of whole sequences
 * @param shape of the sequences
 * @param settings how it is trained
 * @param published the published accuracy; null when there is none
 * @param curve the published learning curve; null when there is none
 * @param architecture makes the network
 */
public record TaskModel(
    String name,
    Input input,
    StreamSettings streaming,
    SequenceShape shape,
    TrainingSettings settings,
    PublishedAccuracy published,
    PublishedCurve curve,
    Architecture architecture) {

  private static final Logger LOG = LoggerFactory.getLogger(TaskModel.class);
  private static final int BATCH_OF_USERS = 100;
  private static final int EPOCHS_OF_USERS = 150;

  /** How a network is given a sequence. */
  public enum Input {
    /** All points are inputs of their own: [batch, channels * points]. */
    POINTS_AT_ONCE("all points at once"),
    /** Over time, as a whole: [batch, channels, points]. */
    SEQUENCE("sequence"),
    /** Over time, [batch, channels, points], and read one point at a time. */
    STREAM("stream"),
    /**
     * An image, as it is, [batch, channels * height * width]; networks that learn online see it for
     * as many time steps as the shape says.
     */
    IMAGE("image");

    private final String words;

    Input(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /**
   * One of the GLE paper's networks for MNIST-1D.
   *
   * @param model which
   * @return the model, which learns online
   */
  public static TaskModel of(PublishedModel model) {
    return new TaskModel(
        model.modelName(),
        Input.STREAM,
        StreamSettings.SIGNALS,
        PublishedModel.SHAPE,
        model.settings(),
        model.accuracy(),
        model.curve(),
        (seed, updater) -> new MultiLayerNetwork(model.configuration(seed, updater)));
  }

  /** A network trained by {@code fit}. */
  static TaskModel offline(
      String name,
      Input input,
      SequenceShape shape,
      TrainingSettings settings,
      PublishedAccuracy published,
      Architecture architecture) {
    return new TaskModel(name, input, null, shape, settings, published, null, architecture);
  }

  /**
   * A network of the user's, with its own updaters. What {@link StreamingTrainer} takes, such as
   * GLE layers below a {@link RnnLossLayer}, learns online, everything else by {@code fit}.
   *
   * @param name what tables call it
   * @param configuration takes [batch, channels, points] or [batch, channels * points] and puts out
   *     the classes, of the sequence or of every time step
   * @param shape of the sequences
   * @return the model
   * @throws IllegalArgumentException when the network does not fit the task; the message says why
   */
  public static TaskModel of(
      String name, MultiLayerConfiguration configuration, SequenceShape shape) {
    String json = configuration.toJson();
    Architecture architecture =
        (seed, updater) -> {
          MultiLayerConfiguration copy = MultiLayerConfiguration.fromJson(json);
          copy.getConfs().forEach(layer -> layer.setSeed(seed));
          return new MultiLayerNetwork(copy);
        };
    boolean online = isStreamable(name, (MultiLayerNetwork) architecture.network(1, null));
    return users(name, online, shape, architecture);
  }

  /**
   * A network of the user's, with its own updaters, trained by {@code fit}.
   *
   * @param name what tables call it
   * @param configuration one input, which takes [batch, channels, points] or [batch, channels *
   *     points], and one output of the classes, of the sequence or of every time step
   * @param shape of the sequences
   * @return the model
   * @throws IllegalArgumentException when the network does not fit the task; the message says why
   */
  public static TaskModel of(
      String name, ComputationGraphConfiguration configuration, SequenceShape shape) {
    if (configuration.getNetworkInputs().size() != 1
        || configuration.getNetworkOutputs().size() != 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "model %s: inputs %s and outputs %s: one of each allowed",
              name,
              configuration.getNetworkInputs(),
              configuration.getNetworkOutputs()));
    }
    String json = configuration.toJson();
    Architecture architecture =
        (seed, updater) -> {
          ComputationGraphConfiguration copy = ComputationGraphConfiguration.fromJson(json);
          copy.getDefaultConfiguration().setSeed(seed);
          for (GraphVertex vertex : copy.getVertices().values()) {
            if (vertex instanceof LayerVertex layer) {
              layer.getLayerConf().setSeed(seed);
            }
          }
          return new ComputationGraph(copy);
        };
    return users(name, false, shape, architecture);
  }

  private static TaskModel users(
      String name, boolean online, SequenceShape shape, Architecture architecture) {
    Input input = online ? Input.STREAM : inputOf(name, architecture.network(1, null), shape);
    TrainingSettings settings = TrainingSettings.fixedRate(BATCH_OF_USERS, EPOCHS_OF_USERS, null);
    return new TaskModel(
        name,
        input,
        online ? StreamSettings.SIGNALS : null,
        shape,
        settings,
        null,
        null,
        architecture);
  }

  /** Whether it learns online; the log says why a network with GLE layers does not. */
  private static boolean isStreamable(String name, MultiLayerNetwork network) {
    Optional<String> obstacle;
    try {
      obstacle = StreamingTrainer.obstacle(network);
    } catch (RuntimeException e) {
      return false; // it cannot even be built: told with what it takes
    }
    boolean hasNeurons =
        Arrays.stream(network.getLayers())
            .anyMatch(layer -> LayerChecks.inner(layer.conf().getLayer()) instanceof BaseGleLayer);
    if (obstacle.isPresent() && hasNeurons) {
      LOG.warn("Model {} learns by fit, not online: {}", name, obstacle.get());
    }
    return obstacle.isEmpty();
  }

  /** Tries both forms: what a configuration takes is not written in it. */
  private static Input inputOf(String name, Model network, SequenceShape shape) {
    int channels = shape.channels();
    int length = shape.length();
    String sequence =
        obstacle(network, Nd4j.zeros(DataType.FLOAT, 2, channels, length), shape.classes());
    if (sequence == null) {
      return Input.SEQUENCE;
    }
    String points =
        obstacle(network, Nd4j.zeros(DataType.FLOAT, 2, (long) channels * length), shape.classes());
    if (points == null) {
      return Input.POINTS_AT_ONCE;
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "model %s takes neither sequences [batch, %d, %d] (%s) nor points [batch, %d] (%s): "
                + "one of them and an output of %d classes allowed",
            name,
            channels,
            length,
            sequence,
            channels * length,
            points,
            shape.classes()));
  }

  /** Null when the network turns the input into classes. DL4J reports a misfit by any exception. */
  private static String obstacle(Model network, INDArray features, int classes) {
    try {
      network.init();
      INDArray output = output(network, features);
      boolean fits = output.rank() >= 2 && output.rank() <= 3 && output.size(1) == classes;
      return fits && output.size(0) == features.size(0)
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
   * Whether it learns from a stream.
   *
   * @return true: an update per time step; false: per batch of whole sequences
   */
  public boolean online() {
    return streaming != null;
  }

  /**
   * What the network takes, for one sequence.
   *
   * @return zeros
   */
  public INDArray blank() {
    return input == Input.IMAGE
        ? Nd4j.zeros(DataType.FLOAT, 1, shape.channels())
        : shaped(Nd4j.zeros(DataType.FLOAT, 1, shape.channels(), shape.length()));
  }

  /**
   * A new network, not yet initialised, with this model's learning rate.
   *
   * @param seed of the initial weights
   * @return a {@link MultiLayerNetwork} or {@link ComputationGraph}
   */
  public Model network(long seed) {
    return network(seed, settings.learningRate());
  }

  /**
   * A new network, not yet initialised, with another learning rate.
   *
   * @param seed of the initial weights
   * @param learningRate the optimiser's; null for networks with updaters of their own
   * @return a {@link MultiLayerNetwork} or {@link ComputationGraph}
   */
  public Model network(long seed, Double learningRate) {
    IUpdater updater = learningRate == null ? null : settings.optimiser().updater(learningRate);
    return architecture.network(seed, updater);
  }

  /**
   * A new network, ready to learn.
   *
   * @param seed of the initial weights
   * @return a {@link MultiLayerNetwork} or {@link ComputationGraph}
   */
  public Model initialised(long seed) {
    Model model = network(seed);
    model.init();
    return model;
  }

  /**
   * The configuration of a network.
   *
   * @param network a {@link MultiLayerNetwork} or {@link ComputationGraph}
   * @return DL4J's JSON
   */
  public static String json(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().toJson()
        : ((MultiLayerNetwork) network).getLayerWiseConfigurations().toJson();
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
   * The same model on sequences of another length, for which nothing is published.
   *
   * @param length number of time steps
   * @return this model when it has that length
   * @throws IllegalArgumentException when the network reads whole sequences and so has one length
   */
  public TaskModel withLength(int length) {
    if (length == shape.length()) {
      return this;
    }
    if (!online()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "length = %d: %s reads whole sequences, only %d allowed",
              length,
              name,
              shape.length()));
    }
    return new TaskModel(
        name, input, streaming, shape.withLength(length), settings, null, null, architecture);
  }

  /**
   * The same model in other batches.
   *
   * @param batchSize number of sequences side by side
   * @return the model
   * @throws IllegalArgumentException when there are less than 1
   */
  public TaskModel withBatchSize(int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch = " + batchSize + ": 1 or more allowed");
    }
    return withSettings(settings.withBatchSize(batchSize));
  }

  /**
   * The same model whose learning rate changes in another way.
   *
   * @param schedule from epoch to epoch
   * @return the model
   * @throws IllegalArgumentException when the network has updaters of its own
   */
  public TaskModel withSchedule(RateSchedule schedule) {
    if (settings.learningRate() == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "schedule = %s: %s has updaters of its own, no schedule allowed",
              schedule,
              name));
    }
    return withSettings(settings.withSchedule(schedule));
  }

  private TaskModel withSettings(TrainingSettings changed) {
    return new TaskModel(name, input, streaming, shape, changed, published, curve, architecture);
  }

  /**
   * The same model whose layers act in another order, for which nothing is published.
   *
   * @param propagation the order within a time step
   * @return this model when it has that order
   * @throws IllegalArgumentException when the network does not learn online
   */
  public TaskModel withPropagation(Propagation propagation) {
    if (!online()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "propagation: %s does not learn from a stream; only networks that do allowed",
              name));
    }
    if (propagation == streaming.propagation()) {
      return this;
    }
    StreamSettings changed = new StreamSettings(streaming.beta(), propagation);
    return new TaskModel(name, input, changed, shape, settings, null, null, architecture);
  }

  /**
   * Turns sequences into the form the network takes.
   *
   * @param features [batch, channels, points], or images [batch, channels * height * width]
   * @return the same, or [batch, channels * points], channel after channel
   */
  public INDArray shaped(INDArray features) {
    return input == Input.POINTS_AT_ONCE
        ? features.reshape(features.size(0), features.size(1) * features.size(2))
        : features;
  }
}

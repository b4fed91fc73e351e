// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.models.TaskModel.Input;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.speech.FeatureOptions;
import io.github.gle4j.speech.FeatureOptions.Normalisation;
import io.github.gle4j.speech.SpeechClasses;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Models for Speech Commands: the GLE paper's network, a small one like it, and baselines with the
 * layers of the large networks of Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers".
 *
 * <p>GLE networks read mel spectrograms, upsampled; a unit of their time constants is one window of
 * the spectrogram, 25 ms. Baselines read cepstral coefficients, each standardised over the clip.
 */
public final class SpeechModels {
  /** Time steps per window of the published network. */
  public static final int PUBLISHED_UPSAMPLING = 20;

  private static final String GLE = "gle-gsc";

  private static final TrainingSettings PUBLISHED =
      new TrainingSettings(256, 420, 1.953e-5, new RateSchedule.Plateau(0.9, 3));

  // The best of a few settings, by validation on a split of the official test set.
  private static final TrainingSettings SMALL =
      new TrainingSettings(100, 60, 2.4e-4, new RateSchedule.Cosine());

  private static final int HIDDEN_LAYERS = 3;
  private static final double SHORTEST_TIME_CONSTANT = 0.1;
  private static final int COARSEST_UPSAMPLING = (int) Math.round(1 / SHORTEST_TIME_CONSTANT);
  private static final int FINEST_UPSAMPLING = 100;
  private static final int COEFFICIENTS = 10;
  private static final String INPUT = "coefficients";

  private final int classes;
  private final int upsampling;
  private final Map<TaskModel, FeatureOptions> features = new LinkedHashMap<>();

  /**
   * All models.
   *
   * @param classes number of classes; 12 are the published ones
   * @param upsampling time steps per window of the spectrogram that GLE networks read, {@value
   *     #PUBLISHED_UPSAMPLING} as published; their Euler step is one of them
   * @throws IllegalArgumentException when a time step would be longer than a time constant
   */
  public SpeechModels(int classes, int upsampling) {
    this.classes = classes;
    this.upsampling = requireUpsampling(upsampling);
    addGle(GLE, 750, PUBLISHED, new PublishedAccuracy(91.44, 0.23));
    addGle("gle-gsc-small", 150, SMALL, null);
    perceptron();
    convolutions();
    gru();
    lstm();
  }

  /**
   * The published network.
   *
   * @return the model, which learns online
   */
  public static TaskModel published() {
    int twelve = SpeechClasses.twelve().names().size();
    return new TaskModels(new SpeechModels(twelve, PUBLISHED_UPSAMPLING).all()).named(GLE);
  }

  /**
   * Checks an upsampling.
   *
   * @param upsampling time steps per window
   * @return the same
   * @throws IllegalArgumentException when a time step would be longer than a time constant, or
   *     there are very many
   */
  public static int requireUpsampling(int upsampling) {
    if (upsampling < COARSEST_UPSAMPLING || upsampling > FINEST_UPSAMPLING) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "upsampling = %d: %d to %d allowed, as the shortest time constant is %s windows",
              upsampling,
              COARSEST_UPSAMPLING,
              FINEST_UPSAMPLING,
              SHORTEST_TIME_CONSTANT));
    }
    return upsampling;
  }

  /**
   * The models.
   *
   * @return in the order of tables
   */
  public List<TaskModel> all() {
    return List.copyOf(features.keySet());
  }

  /**
   * What clips are turned into for a model.
   *
   * @param model the model; one that is not of {@link #all} gets what GLE networks get
   * @return the features
   */
  public FeatureOptions features(TaskModel model) {
    return features.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(model.name()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseGet(this::melSpectrogram);
  }

  /**
   * What clips are turned into for networks of users.
   *
   * @return the shape of the spectrograms that GLE networks get
   */
  public SequenceShape shape() {
    return shape(melSpectrogram());
  }

  private FeatureOptions melSpectrogram() {
    return FeatureOptions.melSpectrogram().toBuilder().upsampling(upsampling).build();
  }

  private SequenceShape shape(FeatureOptions options) {
    return new SequenceShape(options.rows(), options.steps(), classes);
  }

  private void addGle(
      String name, int neurons, TrainingSettings settings, PublishedAccuracy published) {
    double dt = 1.0 / upsampling;
    int each = neurons / 5;
    TimeConstants hidden =
        TimeConstants.populations(
            Population.of(each, 2.4, 2.4),
            Population.of(each, 0.6, SHORTEST_TIME_CONSTANT),
            Population.of(each, 1.2, SHORTEST_TIME_CONSTANT),
            Population.of(each, 1.8, SHORTEST_TIME_CONSTANT),
            Population.of(each, 2.4, SHORTEST_TIME_CONSTANT));
    TimeConstants readout = TimeConstants.constant(2.4, 2.4);
    SequenceShape shape = shape();
    TaskModel model =
        new TaskModel(
            name,
            Input.STREAM,
            StreamSettings.SIGNALS,
            shape,
            settings,
            upsampling == PUBLISHED_UPSAMPLING ? published : null,
            null,
            (seed, updater) ->
                new MultiLayerNetwork(
                    GleNetworks.network(
                        seed,
                        updater,
                        GleNetworks.stack(dt, shape, HIDDEN_LAYERS, neurons, hidden, readout))));
    features.put(model, melSpectrogram());
  }

  private void add(
      String name,
      Input input,
      FeatureOptions options,
      double publishedAccuracy,
      Architecture architecture) {
    TaskModel model =
        TaskModel.offline(
            name,
            input,
            shape(options),
            new TrainingSettings(100, 80, 5e-4, new RateSchedule.Plateau(0.5, 3)),
            new PublishedAccuracy(publishedAccuracy, Double.NaN),
            architecture);
    features.put(model, options);
  }

  /** Windows of 40 ms, one every 20 ms. */
  private static FeatureOptions cepstrum(int coefficients) {
    return FeatureOptions.mfcc(coefficients).toBuilder().normalisation(Normalisation.BAND).build();
  }

  /** Hello Edge's DNN: 25 windows side by side, three layers of 436 units. */
  private void perceptron() {
    FeatureOptions windows = cepstrum(COEFFICIENTS);
    FeatureOptions options = windows.toBuilder().hop(windows.window()).build();
    int units = 436;
    int inputs = options.rows() * options.steps();
    add(
        "mlp",
        Input.POINTS_AT_ONCE,
        options,
        88.00,
        (seed, updater) ->
            network(
                graph(seed, updater)
                    .addLayer("first", dense(inputs, units, Activation.RELU), INPUT)
                    .addLayer("second", dense(units, units, Activation.RELU), "first")
                    .addLayer("third", dense(units, units, Activation.RELU), "second"),
                units,
                "third"));
  }

  /**
   * Hello Edge's CNN: 60 and 76 channels of kernels over 10 windows and 4 coefficients, every
   * second window in the upper layer, a linear layer of 58 and a layer of 128 units; batch
   * normalisation of the rectified ones.
   */
  private void convolutions() {
    FeatureOptions options = cepstrum(COEFFICIENTS);
    int[] channels = {60, 76};
    int coefficients = 4; // of a kernel
    int windows = 10;
    int linear = 58;
    int units = 128;
    int height = options.rows() - 2 * (coefficients - 1);
    int width = (options.steps() - 2 * windows + 1) / 2 + 1;
    add(
        "tcn",
        Input.SEQUENCE,
        options,
        92.32,
        (seed, updater) -> {
          GraphBuilder graph =
              graph(seed, updater)
                  .addVertex(
                      "image",
                      new ReshapeVertex(
                          'c', new int[] {-1, 1, options.rows(), options.steps()}, null),
                      INPUT)
                  .addLayer(
                      "lower", convolution(1, channels[0], coefficients, windows, 1), "image");
          rectified(graph, "lower", channels[0]);
          graph.addLayer(
              "upper",
              convolution(channels[0], channels[1], coefficients, windows, 2),
              "lower rectified");
          rectified(graph, "upper", channels[1]);
          graph
              .addLayer(
                  "linear",
                  dense(channels[1] * height * width, linear, Activation.IDENTITY),
                  new CnnToFeedForwardPreProcessor(height, width, channels[1]),
                  "upper rectified")
              .addLayer("dense", dense(linear, units, Activation.IDENTITY), "linear");
          rectified(graph, "dense", units);
          return network(graph, units, "dense rectified");
        });
  }

  private static ConvolutionLayer convolution(
      int inputs, int outputs, int coefficients, int windows, int stride) {
    return new ConvolutionLayer.Builder(coefficients, windows)
        .stride(1, stride)
        .convolutionMode(ConvolutionMode.Truncate)
        .nIn(inputs)
        .nOut(outputs)
        .activation(Activation.IDENTITY)
        .build();
  }

  private static void rectified(GraphBuilder graph, String below, int size) {
    graph
        .addLayer(
            below + " normalised",
            new BatchNormalization.Builder().nIn(size).nOut(size).build(),
            below)
        .addLayer(
            below + " rectified", new ActivationLayer(Activation.RELU), below + " normalised");
  }

  /** Hello Edge's GRU has one bias vector, ours two: with a coefficient less they are as large. */
  private void gru() {
    FeatureOptions options = cepstrum(COEFFICIENTS - 1);
    int units = 400;
    recurrent(
        "gru", options, units, 94.93, new Gru.Builder().nIn(options.rows()).nOut(units).build());
  }

  /** Hello Edge's basic LSTM. */
  private void lstm() {
    FeatureOptions options = cepstrum(COEFFICIENTS);
    int units = 344;
    LSTM layer =
        new LSTM.Builder().nIn(options.rows()).nOut(units).activation(Activation.TANH).build();
    recurrent("lstm", options, units, 94.00, layer);
  }

  /** The readout sees the last time step. */
  private void recurrent(
      String name,
      FeatureOptions options,
      int units,
      double publishedAccuracy,
      BaseRecurrentLayer layer) {
    add(
        name,
        Input.STREAM,
        options,
        publishedAccuracy,
        (seed, updater) ->
            network(
                graph(seed, updater)
                    .addLayer("recurrent", layer.clone(), INPUT)
                    .addVertex("last", new LastTimeStepVertex(INPUT), "recurrent"),
                units,
                "last"));
  }

  private static DenseLayer dense(int inputs, int outputs, Activation activation) {
    return new DenseLayer.Builder().nIn(inputs).nOut(outputs).activation(activation).build();
  }

  private static GraphBuilder graph(long seed, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(seed)
        .updater(updater)
        .weightInit(WeightInit.XAVIER)
        .graphBuilder()
        .addInputs(INPUT);
  }

  private ComputationGraph network(GraphBuilder graph, int inputs, String below) {
    return new ComputationGraph(
        graph
            .addLayer(
                "readout",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(inputs)
                    .nOut(classes)
                    .activation(Activation.SOFTMAX)
                    .build(),
                below)
            .setOutputs("readout")
            .build());
  }
}

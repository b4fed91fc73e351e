// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.models.TaskModel.Input;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.FeedbackWeights;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.nn.weights.WeightInitDistribution;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Models for images: the networks of Haider et al., "Latent Equilibrium" (2021), whose neurons look
 * ahead by as much as they lag, and the same networks of DL4J's layers, trained by backpropagation.
 *
 * <p>The former learn by gradient descent on the squared error, in every time step of an image's
 * presentation: with the published cost, half the squared error, the rate of a step is {@code 64 x
 * 0.125 / steps}, times a factor of the layer.
 */
public final class ImageModels {
  /** The fewest time steps of a presentation. */
  public static final int FEWEST_STEPS = 10;

  /** The most time steps of a presentation. */
  public static final int MOST_STEPS = 50;

  private static final int USUAL_STEPS = FEWEST_STEPS;

  /** DL4J's squared error is twice the published cost. */
  private static final double PUBLISHED_RATE = 64 * 0.125 / 2;

  /** Of dense networks, times the published rate; the better of 1 and 2.5 on validation images. */
  private static final double DENSE_RATE_FACTOR = 2.5;

  private static final int BATCH = 128;
  private static final int KERNEL = 5;
  private static final int POOL = 2;
  private static final int LOWER_MAPS = 20;
  private static final int UPPER_MAPS = 50;
  private static final int UNITS = 500;
  private static final int LOWER_UNITS = 300;
  private static final int UPPER_UNITS = 100;
  private static final double[] LENET_FACTORS = {1, 0.2, 0.2, 0.1};
  private static final double[] DENSE_FACTORS = {1, 0.2, 0.1};
  private static final long FEEDBACK_SEED = 1000;

  private final int channels;
  private final int side;
  private final int classes;
  private final int steps;
  private final List<TaskModel> models = new ArrayList<>();

  private ImageModels(int channels, int side, int classes, Integer steps) {
    this.channels = channels;
    this.side = side;
    this.classes = classes;
    this.steps = steps == null ? USUAL_STEPS : requireSteps(steps);
  }

  /**
   * The models for CIFAR-10.
   *
   * @param steps for how many time steps an image is presented; null: the models' own number
   * @return in the order of tables
   * @throws IllegalArgumentException when there are too few or too many steps
   */
  public static List<TaskModel> cifar10(Integer steps) {
    ImageModels all = new ImageModels(3, 32, 10, steps);
    all.leNet(40, new PublishedAccuracy(62.0, 1.3));
    all.leNetOfDl4j(20, 1e-3, new PublishedAccuracy(60.6, 5.6));
    return List.copyOf(all.models);
  }

  /**
   * The models for MNIST.
   *
   * @param steps for how many time steps an image is presented; null: the models' own number
   * @return in the order of tables
   * @throws IllegalArgumentException when there are too few or too many steps
   */
  public static List<TaskModel> mnist(Integer steps) {
    ImageModels all = new ImageModels(1, 28, 10, steps);
    all.leNet(10, new PublishedAccuracy(98.9, Double.NaN));
    all.leNetOfDl4j(10, 1e-3, new PublishedAccuracy(98.9, Double.NaN));
    all.dense("le-dense", 20, false, new PublishedAccuracy(98.02, Double.NaN));
    all.dense("le-dense-fa", 20, true, new PublishedAccuracy(97.4, Double.NaN));
    all.denseOfDl4j(20, 1e-3);
    return List.copyOf(all.models);
  }

  /**
   * Checks a presentation.
   *
   * @param steps number of time steps
   * @return the same
   * @throws IllegalArgumentException when there are too few or too many
   */
  public static int requireSteps(int steps) {
    if (steps < FEWEST_STEPS || steps > MOST_STEPS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "steps = %d: %d to %d allowed", steps, FEWEST_STEPS, MOST_STEPS));
    }
    return steps;
  }

  private void leNet(int epochs, PublishedAccuracy published) {
    addGle(
        "le-lenet",
        epochs,
        1,
        published,
        updater ->
            List.of(
                gle(
                    new GleConvolution.Builder(KERNEL, KERNEL),
                    LOWER_MAPS,
                    updater,
                    LENET_FACTORS[0]),
                pooling(),
                gle(
                    new GleConvolution.Builder(KERNEL, KERNEL),
                    UPPER_MAPS,
                    updater,
                    LENET_FACTORS[1]),
                pooling(),
                gle(new GleDense.Builder(), UNITS, updater, LENET_FACTORS[2]),
                linear(updater, LENET_FACTORS[3], FeedbackWeights.symmetric())));
  }

  private void dense(
      String name, int epochs, boolean feedbackAlignment, PublishedAccuracy published) {
    addGle(
        name,
        epochs,
        DENSE_RATE_FACTOR,
        published,
        updater ->
            List.of(
                gle(new GleDense.Builder(), LOWER_UNITS, updater, DENSE_FACTORS[0]),
                gle(
                    new GleDense.Builder().feedback(feedback(feedbackAlignment, 1)),
                    UPPER_UNITS,
                    updater,
                    DENSE_FACTORS[1]),
                linear(updater, DENSE_FACTORS[2], feedback(feedbackAlignment, 2))));
  }

  private static FeedbackWeights feedback(boolean isRandom, int layer) {
    return isRandom
        ? FeedbackWeights.fixedRandom(FEEDBACK_SEED + layer)
        : FeedbackWeights.symmetric();
  }

  /** Layers that learn, each with an updater of its own. */
  @FunctionalInterface
  private interface Layers {
    List<Layer> with(IUpdater updater);
  }

  private void addGle(
      String name, int epochs, double rateFactor, PublishedAccuracy published, Layers layers) {
    models.add(
        new TaskModel(
            name,
            Input.IMAGE,
            StreamSettings.IMAGES,
            shape().withLength(steps),
            new TrainingSettings(
                BATCH,
                epochs,
                rateFactor * PUBLISHED_RATE / steps,
                new RateSchedule.Constant(),
                Optimiser.SGD),
            published,
            null,
            (seed, updater) -> {
              List<Layer> all = new ArrayList<>(layers.with(updater));
              all.add(
                  new RnnLossLayer.Builder(LossFunction.L2)
                      .activation(Activation.IDENTITY)
                      .build());
              InputType input =
                  all.get(0) instanceof GleConvolution
                      ? InputType.convolutional(side, side, channels)
                      : InputType.recurrent((long) channels * side * side);
              return network(new NeuralNetConfiguration.Builder().seed(seed), all, input);
            }));
  }

  private SequenceShape shape() {
    return new SequenceShape(channels * side * side, 1, classes);
  }

  private static <T extends BaseGleLayer.Builder<T>> Layer gle(
      T builder, int size, IUpdater updater, double factor) {
    if (builder.getActivationFn() == null) {
      builder.activation(new ActivationSaturatingLinear());
    }
    NormalDistribution normal = new NormalDistribution(0, 0.05);
    return builder
        .nOut(size)
        .dt(0.1)
        .timeConstants(TimeConstants.constant(10, 10))
        .weightInit(normal)
        .biasInit(new WeightInitDistribution(normal))
        .updater(scaled(updater, factor))
        .build();
  }

  private Layer linear(IUpdater updater, double factor, FeedbackWeights feedback) {
    return gle(
        new GleDense.Builder().activation(Activation.IDENTITY).feedback(feedback),
        classes,
        updater,
        factor);
  }

  private static IUpdater scaled(IUpdater updater, double factor) {
    IUpdater scaled = updater.clone();
    scaled.setLrAndSchedule(factor * updater.getLearningRate(0, 0), null);
    return scaled;
  }

  private static SubsamplingLayer pooling() {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {POOL, POOL})
        .stride(POOL, POOL)
        .build();
  }

  private void leNetOfDl4j(int epochs, double learningRate, PublishedAccuracy published) {
    addOfDl4j(
        "bp-lenet",
        epochs,
        learningRate,
        published,
        () ->
            List.of(
                new ConvolutionLayer.Builder(KERNEL, KERNEL).nOut(LOWER_MAPS).build(),
                pooling(),
                new ConvolutionLayer.Builder(KERNEL, KERNEL).nOut(UPPER_MAPS).build(),
                pooling(),
                new DenseLayer.Builder().nOut(UNITS).build()));
  }

  private void denseOfDl4j(int epochs, double learningRate) {
    addOfDl4j(
        "bp-dense",
        epochs,
        learningRate,
        null,
        () ->
            List.of(
                new DenseLayer.Builder().nOut(LOWER_UNITS).build(),
                new DenseLayer.Builder().nOut(UPPER_UNITS).build()));
  }

  /** Rectified layers below a softmax. */
  private void addOfDl4j(
      String name,
      int epochs,
      double learningRate,
      PublishedAccuracy published,
      Supplier<List<Layer>> layers) {
    models.add(
        TaskModel.offline(
            name,
            Input.IMAGE,
            shape(),
            TrainingSettings.fixedRate(BATCH, epochs, learningRate),
            published,
            (seed, updater) -> {
              List<Layer> all = new ArrayList<>(layers.get());
              all.add(
                  new OutputLayer.Builder(LossFunction.MCXENT)
                      .nOut(classes)
                      .activation(Activation.SOFTMAX)
                      .build());
              return network(
                  new NeuralNetConfiguration.Builder()
                      .seed(seed)
                      .updater(updater)
                      .weightInit(WeightInit.RELU)
                      .activation(Activation.RELU),
                  all,
                  InputType.convolutionalFlat(side, side, channels));
            }));
  }

  private static MultiLayerNetwork network(
      NeuralNetConfiguration.Builder defaults, List<Layer> layers, InputType input) {
    NeuralNetConfiguration.ListBuilder network = defaults.list();
    layers.forEach(network::layer);
    return new MultiLayerNetwork(network.setInputType(input).build());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.layers.GleDenseParamInitializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * How well the gradient that {@code fit} computes in sequence mode points along the exact gradient
 * of the loss summed over time: the cosine of the angle between them, layer by layer, for networks
 * of three hidden layers and a readout with initial weights, in double precision.
 *
 * <p>Errors of GLE travel forward in time, one layer per step, and are combined with the rates they
 * meet. Where the exact gradient filters backwards in time by the conjugate of the neurons'
 * response, GLE filters by its inverse: the phase is the same, the gain is not, unless the membrane
 * and the prospective time constant are equal.
 */
public final class GradientAlignment {
  /** Length of a time step. */
  public static final double DT = 0.2;

  /** Membrane time constant of all neurons. */
  public static final double TAU_M = 2.4;

  /** Number of layers, the readout included. */
  public static final int LAYERS = 4;

  /** How fast the input changes, slowest first, in units of {@link #TAU_M}. */
  public static final List<Double> TIME_SCALES = List.of(8.0, 2.0, 1.0);

  /** Ratios of the membrane and the prospective time constant. */
  public static final List<Double> RATIOS = List.of(1.0, 2.0, 3.0, 6.0, 12.0);

  private static final int INPUTS = 2;
  private static final int HIDDEN = 8;
  private static final int OUTPUTS = 3;
  private static final int BATCH = 32;
  private static final int TIME = 240;
  private static final int START_UP = 40;

  private GradientAlignment() {}

  /** How the input changes. */
  public enum Signal {
    /**
     * Random values, each held for the time scale. Labels count when the first layers' rates have
     * come up and while their errors still come down: the layers' delays are taken into account.
     */
    HELD,
    /** Random values that change smoothly, correlated over the time scale; every label counts. */
    SMOOTH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What was measured, and how.
   *
   * @param signal how the input changes
   * @param timeScale how fast it does, in units of {@link #TAU_M}
   * @param ratio of membrane and prospective time constants of the hidden layers; those of the
   *     readout are equal
   * @param seed of weights and input
   * @param layer from 1, the lowest, to {@link #LAYERS}
   * @param cosine of the angle between the gradients by weights and biases
   */
  public record Alignment(
      Signal signal, double timeScale, double ratio, long seed, int layer, double cosine) {}

  /**
   * Measures networks at all time scales and ratios, with both signals.
   *
   * @param seed of the first network; the others have the numbers after it
   * @param networks how many for each setting
   * @return one per setting, network and layer
   */
  public static List<Alignment> measureAll(long seed, int networks) {
    List<Alignment> all = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      for (double timeScale : TIME_SCALES) {
        for (double ratio : RATIOS) {
          for (int n = 0; n < networks; n++) {
            all.addAll(measure(signal, timeScale, ratio, seed + n));
          }
        }
      }
    }
    return all;
  }

  /**
   * The mean over networks.
   *
   * @param alignments measured
   * @param signal how the input changes
   * @param timeScale how fast it does
   * @param ratio of membrane and prospective time constants
   * @param layer from 1
   * @return the mean of the cosines of this setting
   * @throws IllegalArgumentException when it was not measured
   */
  public static double mean(
      List<Alignment> alignments, Signal signal, double timeScale, double ratio, int layer) {
    return alignments.stream()
        .filter(
            a ->
                a.signal() == signal
                    && a.timeScale() == timeScale
                    && a.ratio() == ratio
                    && a.layer() == layer)
        .mapToDouble(Alignment::cosine)
        .average()
        .orElseThrow(() -> new IllegalArgumentException("no such setting was measured"));
  }

  /**
   * Measures one network.
   *
   * @param signal how the input changes
   * @param timeScale how fast it does, in units of {@link #TAU_M}
   * @param ratio of membrane and prospective time constants of the hidden layers
   * @param seed of weights and input
   * @return one per layer, lowest first
   */
  public static List<Alignment> measure(Signal signal, double timeScale, double ratio, long seed) {
    MultiLayerNetwork network = network(ratio, seed);
    DataSet data = data(signal, (int) Math.round(timeScale * TAU_M / DT), new Random(seed));
    List<INDArray> exact = ExactGradient.of(network, data);
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.setLayerMaskArrays(null, data.getLabelsMaskArray());
    network.computeGradientAndScore();
    List<Alignment> alignments = new ArrayList<>();
    for (int l = 0; l < LAYERS; l++) {
      INDArray local =
          Nd4j.toFlattened(
              'f',
              gradient(network, l, GleDenseParamInitializer.WEIGHT_KEY),
              gradient(network, l, GleDenseParamInitializer.BIAS_KEY));
      double cosine = Transforms.cosineSim(local, exact.get(l));
      alignments.add(new Alignment(signal, timeScale, ratio, seed, l + 1, cosine));
    }
    return alignments;
  }

  private static INDArray gradient(MultiLayerNetwork network, int layer, String key) {
    return network.gradient().getGradientFor(layer + "_" + key);
  }

  private static MultiLayerNetwork network(double ratio, long seed) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .dataType(DataType.DOUBLE)
            .weightInit(WeightInit.XAVIER)
            .updater(new Sgd(0))
            .list();
    for (int l = 0; l < LAYERS; l++) {
      boolean readout = l == LAYERS - 1;
      list.layer(
          new GleDense.Builder()
              .nIn(l == 0 ? INPUTS : HIDDEN)
              .nOut(readout ? OUTPUTS : HIDDEN)
              .activation(readout ? Activation.IDENTITY : Activation.TANH)
              .dt(DT)
              .timeConstants(
                  TimeConstants.constant(TAU_M, readout ? TAU_M : Math.max(DT, TAU_M / ratio)))
              .build());
    }
    list.layer(new RnnLossLayer.Builder(LossFunction.L2).activation(Activation.IDENTITY).build());
    MultiLayerNetwork network = new MultiLayerNetwork(list.build());
    network.init();
    return network;
  }

  /** The labels are a fixed, random function of the input of the same step. */
  private static DataSet data(Signal signal, int steps, Random random) {
    double[][] mixture = new double[OUTPUTS][INPUTS];
    for (double[] row : mixture) {
      Arrays.setAll(row, input -> random.nextGaussian());
    }
    double[][][] features = new double[BATCH][INPUTS][];
    double[][][] labels = new double[BATCH][OUTPUTS][TIME];
    double[][] mask = new double[BATCH][TIME];
    for (int sample = 0; sample < BATCH; sample++) {
      for (int input = 0; input < INPUTS; input++) {
        features[sample][input] =
            signal == Signal.HELD ? held(steps, random) : smooth(steps, random);
      }
      for (int t = 0; t < TIME; t++) {
        for (int output = 0; output < OUTPUTS; output++) {
          double sum = 0;
          for (int input = 0; input < INPUTS; input++) {
            sum += mixture[output][input] * features[sample][input][t];
          }
          labels[sample][output][t] = Math.tanh(sum);
        }
        mask[sample][t] = counts(signal, steps, t) ? 1 : 0;
      }
    }
    return new DataSet(
        Nd4j.createFromArray(features),
        Nd4j.createFromArray(labels),
        null,
        Nd4j.createFromArray(mask));
  }

  private static boolean counts(Signal signal, int steps, int t) {
    if (signal == Signal.SMOOTH) {
      return t >= START_UP; // the network starts at rest, where the input may not be
    }
    boolean whole = t - t % steps + steps <= TIME;
    return whole && t % steps >= LAYERS && t % steps <= steps - LAYERS;
  }

  private static double[] held(int steps, Random random) {
    double[] values = new double[TIME];
    for (int t = 0; t < TIME; t++) {
      values[t] = t % steps == 0 ? random.nextGaussian() : values[t - 1];
    }
    return values;
  }

  /** White noise through a Gaussian filter; the correlation falls to 1/e in {@code steps}. */
  private static double[] smooth(int steps, Random random) {
    double width = steps / 2.0;
    int reach = (int) Math.ceil(4 * width);
    double[] noise = random.doubles(TIME + 2L * reach, -1, 1).toArray();
    double[] values = new double[TIME];
    double power = 0;
    for (int offset = -reach; offset <= reach; offset++) {
      double weight = Math.exp(-0.5 * Math.pow(offset / width, 2));
      power += weight * weight / 3; // the variance of the noise is 1/3
      for (int t = 0; t < TIME; t++) {
        values[t] += weight * noise[t + reach + offset];
      }
    }
    for (int t = 0; t < TIME; t++) {
      values[t] /= Math.sqrt(power);
    }
    return values;
  }
}

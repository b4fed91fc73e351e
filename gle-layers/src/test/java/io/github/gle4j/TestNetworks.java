// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j;

import static io.github.gle4j.dynamics.Population.of;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.Random;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks and data for the tests, in double precision. */
public final class TestNetworks {
  private TestNetworks() {}

  /** Four neurons, two of them slow; tanh. */
  public static GleDense.Builder hidden(int inputs) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(4)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.populations(of(2, 1.2, 0.2), of(2, 0.6, 1.2)));
  }

  /** Neurons of any connectivity, from slow to fast, that learn all they have; tanh. */
  public static <T extends BaseGleLayer.Builder<T>> Layer neurons(T builder) {
    return builder
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.linear(0.5, 1.2, 1.2, 0.5))
        .learnTimeConstants(LearnedTimeConstants.BOTH)
        .build();
  }

  /** A linear readout. */
  public static GleDense.Builder readout(int inputs, int outputs) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(outputs)
        .activation(Activation.IDENTITY)
        .timeConstants(TimeConstants.constant(1.2, 1.2));
  }

  /** Classification: softmax and cross-entropy. */
  public static RnnLossLayer classes() {
    return new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build();
  }

  /** Regression: the sum of squared errors. */
  public static RnnLossLayer squares() {
    return new RnnLossLayer.Builder(LossFunction.L2).activation(Activation.IDENTITY).build();
  }

  /** A configuration of the given layers with seed 1. */
  public static MultiLayerConfiguration configuration(IUpdater updater, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .weightInit(WeightInit.XAVIER)
            .updater(updater)
            .list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    return list.build();
  }

  /** An initialised network. */
  public static MultiLayerNetwork network(IUpdater updater, Layer... layers) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration(updater, layers));
    network.init();
    return network;
  }

  /** Two hidden layers, a linear readout and three classes. */
  public static MultiLayerNetwork classifier(IUpdater updater) {
    return network(updater, hidden(2).build(), hidden(4).build(), readout(4, 3).build(), classes());
  }

  /** As {@link #classifier(IUpdater)}, with a learning rate of 0. */
  public static MultiLayerNetwork frozenClassifier() {
    return classifier(new Sgd(0));
  }

  /** Normally distributed numbers. */
  public static INDArray gaussian(long seed, long... shape) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(DataType.DOUBLE, shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextGaussian());
    }
    return array;
  }

  /** One-hot rows of random classes. */
  public static INDArray oneHot(long seed, int rows, int classes) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(DataType.DOUBLE, rows, classes);
    for (int i = 0; i < rows; i++) {
      array.putScalar(i, random.nextInt(classes), 1);
    }
    return array;
  }

  /** The same labels in every step: [batch, classes] as [batch, classes, time]. */
  public static INDArray everyStep(INDArray labels, int time) {
    INDArray array = Nd4j.create(DataType.DOUBLE, labels.size(0), labels.size(1), time);
    for (int b = 0; b < labels.size(0); b++) {
      for (int c = 0; c < labels.size(1); c++) {
        for (int t = 0; t < time; t++) {
          array.putScalar(b, c, t, labels.getDouble(b, c));
        }
      }
    }
    return array;
  }

  /** The largest absolute difference. */
  public static double difference(INDArray a, INDArray b) {
    if (!a.equalShapes(b)) {
      throw new AssertionError(a.shapeInfoToString() + " is not " + b.shapeInfoToString());
    }
    INDArray difference = a.sub(b);
    if (difference.isNaN().any() || difference.isInfinite().any()) {
      throw new AssertionError("not finite: " + a + " or " + b); // amaxNumber would skip it
    }
    return difference.amaxNumber().doubleValue();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.suite.GradientAlignment.Alignment;
import io.github.gle4j.suite.GradientAlignment.Signal;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class GradientAlignmentTest {
  private static final double STEP = 1e-5;

  private static double[] cosines(Signal signal, double timeScale, double ratio) {
    return GradientAlignment.measure(signal, timeScale, ratio, 1).stream()
        .mapToDouble(Alignment::cosine)
        .toArray();
  }

  /** However fast the input changes, once the layers' delays are taken into account. */
  @Test
  void theGradientIsExactWithoutMemory() {
    for (double cosine : cosines(Signal.HELD, 1, 1)) {
      assertTrue(cosine > 1 - 1e-9, "cosine " + cosine);
    }
  }

  @Test
  void itTurnsAwayWithTheRatioAndTheSpeed() {
    for (Signal signal : Signal.values()) {
      double[] slow = cosines(signal, 8, 3);
      double[] fast = cosines(signal, 1, 3);
      double[] fastest = cosines(signal, 1, 6);
      for (int l = 0; l < 3; l++) {
        assertTrue(slow[l] > 0.97 && slow[l] < 1 - 1e-6, signal + " slow " + slow[l]);
        assertTrue(fast[l] < slow[l], signal + " fast " + fast[l]);
      }
      assertTrue(fastest[0] < fast[0] && fast[0] < 0.9, signal + " " + fast[0]);
      assertTrue(fast[0] < fast[3], signal + ": the lowest layer is the farthest from the exact");
    }
  }

  private static MultiLayerNetwork network(Activation hidden) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.DOUBLE)
                .list()
                .layer(layer(2, hidden, 0.5, 0.3))
                .layer(layer(3, hidden, 0.2, 0.9))
                .layer(layer(3, Activation.IDENTITY, 0.6, 0.6))
                .layer(
                    new RnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    network.init();
    return network;
  }

  private static GleDense layer(int inputs, Activation activation, double tauM, double tauR) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(3)
        .activation(activation)
        .timeConstants(
            TimeConstants.populations(Population.of(2, tauM, tauR), Population.of(1, 1.2, 0.4)))
        .build();
  }

  /** Random features, labels and mask. */
  private static DataSet data() {
    Random random = new Random(2);
    INDArray features = Nd4j.create(DataType.DOUBLE, 2, 2, 9);
    INDArray labels = Nd4j.create(DataType.DOUBLE, 2, 3, 9);
    INDArray mask = Nd4j.create(DataType.DOUBLE, 2, 9);
    for (int sample = 0; sample < 2; sample++) {
      for (int t = 0; t < 9; t++) {
        features.putScalar(sample, 0, t, random.nextGaussian());
        features.putScalar(sample, 1, t, random.nextGaussian());
        labels.putScalar(sample, random.nextInt(3), t, 1);
        mask.putScalar(sample, t, random.nextInt(3) == 0 ? 0 : 1);
      }
    }
    return new DataSet(features, labels, null, mask);
  }

  @Test
  void theExactGradientIsThatOfFiniteDifferences() {
    MultiLayerNetwork network = network(Activation.TANH);
    DataSet data = data();
    List<INDArray> exact = ExactGradient.of(network, data);
    INDArray params = network.params();
    long layerStart = 0;
    for (int l = 0; l < 3; l++) {
      double largest = 0;
      for (long i = 0; i < exact.get(l).length(); i++) {
        double value = params.getDouble(layerStart + i);
        params.putScalar(layerStart + i, value + STEP);
        double above = network.score(data);
        params.putScalar(layerStart + i, value - STEP);
        double below = network.score(data);
        params.putScalar(layerStart + i, value);
        double expected = 2 * (above - below) / (2 * STEP); // the score is per sample, of two
        assertEquals(expected, exact.get(l).getDouble(i), 1e-8, "layer " + l);
        largest = Math.max(largest, Math.abs(expected));
      }
      assertTrue(largest > 1e-2, "layer " + l + " is not trivial");
      layerStart += network.getLayer(l).numParams();
    }
  }

  @Test
  void otherActivationsAreRefused() {
    MultiLayerNetwork network = network(Activation.SOFTPLUS);
    String message =
        assertThrows(IllegalArgumentException.class, () -> ExactGradient.of(network, data()))
            .getMessage();
    assertEquals("activation softplus: tanh and identity are allowed", message);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * The trainer's gradients against finite differences of the loss, where the two must agree: once
 * the network has come to rest, or moves at constant speed. A change of layer l's parameters shows
 * in the output L - l + 1 steps later, so that is where the loss is taken.
 */
class FiniteDifferenceTest {
  private static final int SETTLED = 80;
  private static final double OFFSET = 0.3;
  private static final double STEP = 1e-5;

  private final INDArray start = gaussian(3, 2, 2).muli(0.3);
  private final INDArray direction = gaussian(4, 2, 2).muli(0.3);

  private static GleDense layer(int inputs, int outputs, Activation activation, long seed) {
    return new GleDense.Builder()
        .nIn(inputs)
        .nOut(outputs)
        .activation(activation)
        .timeConstants(TimeConstants.logUniform(0.3, 0.6, 0.3, 0.6, seed))
        .learnTimeConstants(LearnedTimeConstants.BOTH)
        .build();
  }

  private static MultiLayerNetwork twoLayers(Activation hidden) {
    return network(
        new Sgd(0), layer(2, 3, hidden, 1), layer(3, 2, Activation.IDENTITY, 2), squares());
  }

  /** Input x(k) = start + slope k direction. */
  private INDArray input(int k, double slope) {
    return start.add(direction.mul(slope * k));
  }

  /** The output in step {@code last}, the parameters staying as they are. */
  private INDArray output(MultiLayerNetwork network, int last, double slope) {
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray output = null;
    for (int k = 0; k <= last; k++) {
      output = trainer.step(input(k, slope), null, false);
    }
    return output;
  }

  /** The gradients of step SETTLED, the target being a fixed distance from the output. */
  private Map<String, INDArray> gradients(MultiLayerNetwork network, double slope) {
    Map<String, INDArray> gradients = new HashMap<>();
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            model
                .gradient()
                .gradientForVariable()
                .forEach((key, value) -> gradients.put(key, value.dup()));
          }
        });
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray output = trainer.step(input(0, slope), null, false);
    for (int k = 1; k <= SETTLED; k++) {
      // r_L(k-1), known before step k: what the target of step k is compared with
      INDArray next = trainer.state(network.getnLayers() - 2).get("r").dup();
      output = trainer.step(input(k, slope), next.sub(OFFSET), k == SETTLED);
    }
    assertTrue(output != null && !gradients.isEmpty());
    network.setListeners();
    return gradients;
  }

  private void compare(MultiLayerNetwork network, double slope, List<String> keys) {
    int layers = network.getnLayers() - 1;
    Map<String, INDArray> gradients = gradients(network, slope);
    for (int l = 0; l < layers; l++) {
      int when = SETTLED + layers - l;
      INDArray target = output(network, when, slope).sub(OFFSET);
      for (String key : keys) {
        INDArray parameter = network.getParam(l + "_" + key);
        for (long i = 0; i < parameter.size(0); i++) {
          for (long j = 0; j < parameter.size(1); j++) {
            double value = parameter.getDouble(i, j);
            parameter.putScalar(i, j, value + STEP);
            double above = loss(output(network, when, slope), target);
            parameter.putScalar(i, j, value - STEP);
            double below = loss(output(network, when, slope), target);
            parameter.putScalar(i, j, value);
            double expected = (above - below) / (2 * STEP);
            double actual = gradients.get(l + "_" + key).getDouble(i, j);
            assertEquals(expected, actual, 1e-7 * (1 + Math.abs(expected)), l + "_" + key);
          }
        }
      }
    }
  }

  /** As the trainer averages: summed over outputs, mean over the batch. */
  private static double loss(INDArray output, INDArray target) {
    INDArray difference = output.sub(target);
    return difference.mul(difference).sumNumber().doubleValue() / output.size(0);
  }

  @Test
  void atRestTheGradientsAreThoseOfTheLossWhateverTheTimeConstants() {
    compare(twoLayers(Activation.TANH), 0, List.of("W", "b", "tauM", "tauR"));
  }

  /** Not the weights': their presynaptic rates move by tauM - tauR while they act. */
  @Test
  void atConstantSpeedSoAreThoseOfTheTimeConstants() {
    MultiLayerNetwork network = twoLayers(Activation.IDENTITY);
    Map<String, INDArray> gradients = gradients(network, 1e-3);
    for (String key : new String[] {"0_tauM", "0_tauR", "1_tauM", "1_tauR"}) {
      assertTrue(gradients.get(key).amaxNumber().doubleValue() > 1e-5, key + " is not trivial");
    }
    compare(network, 1e-3, List.of("b", "tauM", "tauR"));
  }

  /** Eq. 15 with a curved activation: u moves at constant speed, the rate does not. */
  @ParameterizedTest
  @ValueSource(strings = {"TANH", "SIGMOID", "SOFTPLUS"})
  void theProspectiveTimeConstantsFollowEquation15(String activation) {
    MultiLayerNetwork network =
        network(new Sgd(0), layer(2, 3, Activation.valueOf(activation), 5), squares());
    double slope = 2e-3;
    INDArray gradient = gradients(network, slope).get("0_tauR");
    INDArray target = output(network, SETTLED, slope).sub(OFFSET);
    INDArray tauR = network.getParam("0_tauR");
    for (int i = 0; i < 3; i++) {
      double value = tauR.getDouble(i);
      tauR.putScalar(i, value + STEP);
      double above = loss(output(network, SETTLED, slope), target);
      tauR.putScalar(i, value - STEP);
      double below = loss(output(network, SETTLED, slope), target);
      tauR.putScalar(i, value);
      double expected = (above - below) / (2 * STEP);
      assertTrue(Math.abs(expected) > 1e-6, "is not trivial");
      assertEquals(expected, gradient.getDouble(i), 1e-7 * (1 + Math.abs(expected)));
    }
  }
}

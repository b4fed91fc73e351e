// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.TestNetworks;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** When a network answers to an input, and for how long: what README and docs say of it. */
class LatencyTest {
  private static final INDArray IMPULSE = Nd4j.ones(DataType.DOUBLE, 1, 1);
  private static final INDArray NOTHING = Nd4j.zeros(DataType.DOUBLE, 1, 1);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void delayedLayersAnswerOneStepLateEach(int hiddenLayers) {
    double[] outputs = outputs(hiddenLayers, Propagation.DELAYED, 10);

    int layers = hiddenLayers + 1;
    for (int t = 0; t < layers; t++) {
      assertEquals(0, outputs[t], "step " + t);
    }
    assertNotEquals(0, outputs[layers], "step " + layers);
  }

  @Test
  void sweptLayersAnswerAtOnce() {
    assertNotEquals(0, outputs(2, Propagation.SWEEP, 1)[0]);
  }

  @Test
  void whatAnInputLeavesFadesWithTheTimeConstants() {
    double[] outputs = outputs(1, Propagation.DELAYED, 100);

    double largest = 0;
    double afterTenTimeConstants = 0;
    for (int t = 0; t < outputs.length; t++) {
      largest = Math.max(largest, Math.abs(outputs[t]));
      if (t >= 60) { // 10 x tau_m = 1.2 in steps of 0.2
        afterTenTimeConstants = Math.max(afterTenTimeConstants, Math.abs(outputs[t]));
      }
    }
    assertTrue(largest > 0.01, "nothing to forget: " + largest);
    assertTrue(afterTenTimeConstants < largest / 1000, "left: " + afterTenTimeConstants);
  }

  /** README: rnnTimeStep starts from rest, wherever the trainer stands. */
  @Test
  void inferenceStartsFromRestAfterTraining() {
    MultiLayerNetwork network = network(1);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    double last = 0;
    for (int t = 0; t < 5; t++) {
      last = trainer.step(IMPULSE, null, false).getDouble(0);
    }
    assertNotEquals(0, last);

    double[] outputs = new double[3];
    for (int t = 0; t < outputs.length; t++) {
      outputs[t] = network.rnnTimeStep(IMPULSE).getDouble(0);
    }
    assertArrayEquals(new double[] {0, 0}, new double[] {outputs[0], outputs[1]});
    assertNotEquals(0, outputs[2]);
  }

  /** Of an impulse in the first step. */
  private static double[] outputs(int hiddenLayers, Propagation propagation, int steps) {
    StreamingTrainer trainer =
        StreamingTrainer.builder(network(hiddenLayers)).propagation(propagation).build();
    double[] outputs = new double[steps];
    for (int t = 0; t < steps; t++) {
      outputs[t] = trainer.step(t == 0 ? IMPULSE : NOTHING, null, false).getDouble(0);
    }
    return outputs;
  }

  private static MultiLayerNetwork network(int hiddenLayers) {
    Layer[] layers = new Layer[hiddenLayers + 2];
    for (int l = 0; l < hiddenLayers; l++) {
      layers[l] = TestNetworks.hidden(l == 0 ? 1 : 4).build();
    }
    layers[hiddenLayers] = TestNetworks.readout(hiddenLayers == 0 ? 1 : 4, 1).build();
    layers[hiddenLayers + 1] = TestNetworks.squares();
    return TestNetworks.network(new Sgd(0), layers);
  }
}

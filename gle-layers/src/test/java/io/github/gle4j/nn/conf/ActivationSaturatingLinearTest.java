// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.TestNetworks;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.nn.layers.RateFunctions;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

class ActivationSaturatingLinearTest {
  private static final float[] P = {-2, -1e-6f, 0, 1e-6f, 0.5f, 1, 1.0001f, 3};
  private static final float[] RATE = {0, 0, 0, 1e-6f, 0.5f, 1, 1, 1};
  private static final float[] DERIVATIVE = {0, 0, 1, 1, 1, 1, 0, 0};

  @Test
  void bothFormsCutToTheUnitInterval() {
    ActivationSaturatingLinear phi = new ActivationSaturatingLinear();
    assertArrayEquals(RATE, phi.getActivation(row(P), true).toFloatVector());
    INDArray epsilon = row(P).assign(1);
    assertArrayEquals(DERIVATIVE, phi.backprop(row(P), epsilon).getFirst().toFloatVector());
    assertTrue(RateFunctions.isFast(phi));
    RateFunction fast = RateFunctions.of(phi, 1);
    float[] r = new float[P.length];
    float[] d = new float[P.length];
    fast.apply(P, r, d);
    assertArrayEquals(RATE, r);
    assertArrayEquals(DERIVATIVE, d);
  }

  private static INDArray row(float[] values) {
    return Nd4j.createFromArray(values.clone()).reshape(1, values.length);
  }

  @Test
  void aConfigurationKeepsIt() {
    MultiLayerConfiguration conf =
        TestNetworks.configuration(
            new Sgd(0.1),
            TestNetworks.hidden(2).activation(new ActivationSaturatingLinear()).build(),
            TestNetworks.squares());
    MultiLayerConfiguration restored = MultiLayerConfiguration.fromJson(conf.toJson());
    assertEquals(conf, restored);
    assertEquals(
        new ActivationSaturatingLinear(),
        ((BaseGleLayer) restored.getConf(0).getLayer()).getActivationFn());
  }
}

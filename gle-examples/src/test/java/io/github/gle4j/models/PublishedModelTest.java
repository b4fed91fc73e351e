// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.GleDense;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

class PublishedModelTest {
  @ParameterizedTest
  @CsvSource({"gle-15k, 14956", "gle-42k, 42040"})
  void hasThePublishedNumberOfWeightsAndBiases(String name, long expected) {
    PublishedModel model = PublishedModel.named(name);
    long plastic = 0;
    for (Map.Entry<String, INDArray> parameter : network(model, 1).paramTable().entrySet()) {
      if (parameter.getKey().endsWith("_W") || parameter.getKey().endsWith("_b")) {
        plastic += parameter.getValue().length();
      }
    }
    assertEquals(expected, plastic);
    assertEquals(expected, model.weightsAndBiases());
  }

  @ParameterizedTest
  @EnumSource
  void drawsWeightsAndBiasesWithinTheFanIn(PublishedModel model) {
    MultiLayerNetwork network = network(model, 3);
    for (int layer = 0; layer < 7; layer++) {
      INDArray weights = network.getParam(layer + "_W");
      double bound = 1 / Math.sqrt((double) weights.size(0));
      for (INDArray drawn : List.of(weights, network.getParam(layer + "_b"))) {
        double largest =
            Math.max(drawn.maxNumber().doubleValue(), -drawn.minNumber().doubleValue());
        assertTrue(largest <= bound * (1 + 1e-6), () -> largest + " in layer of bound " + bound);
        assertTrue(largest > bound / 2, () -> largest + " in layer of bound " + bound);
      }
    }
  }

  @Test
  void seedDecidesTheWeights() {
    INDArray parameters = network(PublishedModel.GLE_15K, 5).params();
    assertEquals(parameters, network(PublishedModel.GLE_15K, 5).params());
    assertNotEquals(parameters, network(PublishedModel.GLE_15K, 6).params());
  }

  @Test
  void hasThePublishedLayers() {
    MultiLayerConfiguration configuration = PublishedModel.GLE_15K.configuration(1);
    assertEquals(8, configuration.getConfs().size());
    for (int layer = 0; layer < 7; layer++) {
      GleDense dense = (GleDense) configuration.getConf(layer).getLayer();
      assertEquals(layer == 0 ? 1 : 53, dense.getNIn());
      assertEquals(layer == 6 ? 10 : 53, dense.getNOut());
      assertEquals(
          layer == 0 || layer == 6
              ? Activation.IDENTITY.getActivationFunction()
              : Activation.TANH.getActivationFunction(),
          dense.getActivationFn());
      assertEquals(
          layer == 6
              ? List.of(Population.of(10, 1.2, 1.2))
              : List.of(
                  Population.of(18, 0.6, 0.2),
                  Population.of(18, 1.2, 0.2),
                  Population.of(17, 1.2, 1.2)),
          dense.getTimeConstants());
      assertEquals(0.2, dense.getDt());
      assertEquals(0, dense.getGamma());
      assertEquals(1e-3, ((Adam) dense.getIUpdater()).getLearningRate());
    }
  }

  @Test
  void findsModelsByNameAndListsThemOtherwise() {
    assertSame(PublishedModel.GLE_42K, PublishedModel.named("gle-42k"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PublishedModel.named("gle-43k"));
    assertEquals("'gle-43k' is unknown: gle-15k, gle-42k allowed", e.getMessage());
  }

  private static MultiLayerNetwork network(PublishedModel model, long seed) {
    MultiLayerNetwork network = new MultiLayerNetwork(model.configuration(seed));
    network.init();
    return network;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.train.StreamingTrainer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class PublishedModelTest {
  @ParameterizedTest
  @CsvSource({"gle-15k, 14956", "gle-42k, 42040", "lagnet-le, 4930"})
  void hasThePublishedNumberOfWeightsAndBiases(String name, long expected) {
    PublishedModel model = PublishedModel.named(name);
    long plastic = 0;
    for (Map.Entry<String, INDArray> parameter : network(model, 1).paramTable().entrySet()) {
      boolean fixed = model == PublishedModel.LAGNET_LE && parameter.getKey().matches("[0-3]_.*");
      if (!fixed && (parameter.getKey().endsWith("_W") || parameter.getKey().endsWith("_b"))) {
        plastic += parameter.getValue().length();
      }
    }
    assertEquals(expected, plastic);
    assertEquals(expected, model.weightsAndBiases());
  }

  @ParameterizedTest
  @EnumSource(names = {"GLE_15K", "GLE_42K"})
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
  void lagsStayAndTheNetworkAboveThemLearns() {
    MultiLayerNetwork network = network(PublishedModel.LAGNET_LE, 1);
    Map<String, INDArray> before = new HashMap<>();
    network.paramTable().forEach((key, values) -> before.put(key, values.dup()));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray labels = Nd4j.zeros(3, 10);
    labels.putColumn(2, Nd4j.ones(3));
    trainer.fit(new DataSet(Nd4j.randn(DataType.FLOAT, 3, 1, 40), labels));
    assertEquals(1e-3, trainer.learningRate());
    for (int layer = 0; layer < 4; layer++) {
      INDArray expected = layer == 0 ? Nd4j.ones(1, 10) : Nd4j.eye(10);
      assertEquals(expected, network.getParam(layer + "_W"));
      INDArray lags = network.getParam(layer + "_tauM");
      assertEquals(0.2, lags.getDouble(0), 1e-6);
      assertEquals(1.8, lags.getDouble(9), 1e-6);
      assertEquals(Nd4j.ones(1, 10).mul(0.2), network.getParam(layer + "_tauR"));
    }
    for (int layer = 4; layer < 7; layer++) {
      GleDense dense = (GleDense) network.getLayerWiseConfigurations().getConf(layer).getLayer();
      assertFalse(dense.isProspectiveErrors());
      assertEquals(List.of(Population.of((int) dense.getNOut(), 2, 2)), dense.getTimeConstants());
      assertNotEquals(before.get(layer + "_W"), network.getParam(layer + "_W"));
      assertNotEquals(before.get(layer + "_b"), network.getParam(layer + "_b"));
    }
  }

  @Test
  void findsModelsByNameAndListsThemOtherwise() {
    assertSame(PublishedModel.GLE_42K, PublishedModel.named("gle-42k"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PublishedModel.named("gle-43k"));
    assertEquals("'gle-43k' is unknown: gle-15k, gle-42k, lagnet-le allowed", e.getMessage());
  }

  private static MultiLayerNetwork network(PublishedModel model, long seed) {
    MultiLayerNetwork network = new MultiLayerNetwork(model.configuration(seed));
    network.init();
    return network;
  }
}

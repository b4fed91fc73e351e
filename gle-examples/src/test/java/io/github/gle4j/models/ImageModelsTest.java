// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.train.Propagation;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

class ImageModelsTest {
  private static TaskModel named(String dataSet, String name, Integer steps) {
    List<TaskModel> models =
        dataSet.equals("mnist") ? ImageModels.mnist(steps) : ImageModels.cifar10(steps);
    return new TaskModels(models).named(name);
  }

  /** LE networks and their twins have the same weights and biases: (fan-in + 1) x outputs each. */
  @ParameterizedTest
  @CsvSource({
    "cifar10, le-lenet, 657080, 3072, 62.0",
    "cifar10, bp-lenet, 657080, 3072, 60.6",
    "mnist, le-lenet, 431080, 784, 98.9",
    "mnist, bp-lenet, 431080, 784, 98.9",
    "mnist, le-dense, 266610, 784, 98.02",
    "mnist, le-dense-fa, 266610, 784, 97.4",
    "mnist, bp-dense, 266610, 784,"
  })
  void hasThePublishedLayers(
      String dataSet, String name, long parameters, int inputs, Double published) {
    TaskModel model = named(dataSet, name, null);
    assertEquals(parameters, model.learnedParameters());
    int steps = model.online() ? 10 : 1;
    assertEquals(new SequenceShape(inputs, steps, 10), model.shape());
    assertEquals(name.startsWith("le-"), model.online());
    assertEquals(128, model.settings().batchSize());
    if (published == null) {
      assertNull(model.published());
    } else {
      assertEquals(published, model.published().mean());
    }
    INDArray output = TaskModel.output(model.initialised(1), trainedFrom(model));
    assertEquals(10, output.size(1));
  }

  /** LE networks take images of rank 4, or held for some steps, in DL4J's own calls. */
  private static INDArray trainedFrom(TaskModel model) {
    INDArray blank = model.blank();
    if (!model.online()) {
      return blank;
    }
    return blank.reshape(1, blank.length(), 1);
  }

  @Test
  void leNetworksHaveThePublishedConstants() {
    TaskModel model = named("cifar10", "le-lenet", null);
    assertEquals(new StreamSettings(0.1, Propagation.SWEEP), model.streaming());
    MultiLayerNetwork network = (MultiLayerNetwork) model.initialised(1);
    List<Double> rates = new ArrayList<>();
    List<String> activations = new ArrayList<>();
    for (Layer layer : network.getLayers()) {
      if (layer.conf().getLayer() instanceof BaseGleLayer gle) {
        Population neurons = gle.getTimeConstants().get(0);
        assertEquals(10, neurons.tauM());
        assertEquals(10, neurons.tauR());
        assertEquals(0.1, gle.getDt());
        assertNull(gle.getFeedbackWeights().getSeed());
        rates.add(assertInstanceOf(Sgd.class, gle.getUpdaterByParam("W")).getLearningRate());
        assertEquals(rates.get(rates.size() - 1), gle.getUpdaterByParam("b").getLearningRate(0, 0));
        activations.add(gle.getActivationFn().toString());
        double deviation = layer.getParam("W").stdNumber().doubleValue();
        assertEquals(0.05, deviation, 0.003);
        assertEquals(0.05, layer.getParam("b").stdNumber().doubleValue(), 0.03);
      }
    }
    // 64 x 0.125 / 10 steps x factor, halved: the gradient of L2 is that of its half, twice
    assertEquals(4, rates.size());
    double[] expected = {0.4, 0.08, 0.08, 0.04};
    for (int l = 0; l < expected.length; l++) {
      assertEquals(expected[l], rates.get(l), 1e-12);
    }
    assertEquals(
        List.of("saturatinglinear", "saturatinglinear", "saturatinglinear", "identity"),
        activations);
  }

  /** A presentation moves the weights as far, whatever its number of steps. */
  @Test
  void theRateOfAStepFallsWithTheirNumber() {
    assertEquals(0.4, named("mnist", "le-lenet", 10).settings().learningRate(), 1e-12);
    assertEquals(0.08, named("mnist", "le-lenet", 50).settings().learningRate(), 1e-12);
    assertEquals(50, named("mnist", "le-lenet", 50).shape().length());
    assertEquals(1, named("mnist", "bp-lenet", 50).shape().length());
    assertEquals(1, named("mnist", "le-dense", 10).settings().learningRate(), 1e-12);
    assertEquals(0.2, named("mnist", "le-dense-fa", 50).settings().learningRate(), 1e-12);
    for (int steps : new int[] {9, 51}) {
      Exception e = assertThrows(IllegalArgumentException.class, () -> ImageModels.cifar10(steps));
      assertEquals("steps = " + steps + ": 10 to 50 allowed", e.getMessage());
    }
  }

  @Test
  void feedbackAlignmentHasFixedWeightsAboveTheLowestLayer() {
    MultiLayerNetwork network = (MultiLayerNetwork) named("mnist", "le-dense-fa", null).network(1);
    List<Long> seeds = new ArrayList<>();
    for (int l = 0; l < 3; l++) {
      seeds.add(
          ((BaseGleLayer) network.getLayerWiseConfigurations().getConf(l).getLayer())
              .getFeedbackWeights()
              .getSeed());
    }
    assertNull(seeds.get(0)); // sends no errors to anyone
    assertNotNull(seeds.get(1));
    assertNotNull(seeds.get(2));
  }
}

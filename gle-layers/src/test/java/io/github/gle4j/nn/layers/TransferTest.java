// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.github.gle4j.nn.conf.GleDense;
import java.util.List;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.transferlearning.TransferLearningHelper;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

/** Frozen layers and DL4J's TransferLearning with GLE layers. */
class TransferTest {
  private static final int TIME = 12;
  private static final INDArray FEATURES = gaussian(5, 3, 2, TIME);

  private static DataSet data(int classes) {
    return new DataSet(FEATURES, everyStep(oneHot(3, 3, classes), TIME));
  }

  private static MultiLayerNetwork trained() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1), hidden(2).build(), hidden(4).build(), readout(4, 3).build(), classes());
    network.fit(data(3));
    return network;
  }

  private static FineTuneConfiguration fineTuning() {
    return new FineTuneConfiguration.Builder().updater(new Adam(0.05)).seed(2).build();
  }

  private static void assertFrozen(boolean frozen, INDArray before, INDArray after) {
    assertEquals(frozen, difference(before, after) == 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  void layersUpToAFeatureExtractorAreFrozen(int segment) {
    MultiLayerNetwork original = trained();
    MultiLayerNetwork network =
        new TransferLearning.Builder(original)
            .fineTuneConfiguration(fineTuning())
            .setFeatureExtractor(1)
            .build();
    if (segment > 0) {
      network.getLayerWiseConfigurations().setBackpropType(BackpropType.TruncatedBPTT);
      network.getLayerWiseConfigurations().setTbpttFwdLength(segment);
      network.getLayerWiseConfigurations().setTbpttBackLength(segment);
    }
    assertTrue(network.getLayer(1) instanceof FrozenLayer);
    assertEquals(0, difference(original.output(FEATURES), network.output(FEATURES)));
    for (int i = 0; i < 2; i++) {
      network.fit(data(3));
    }
    for (String key : List.of("0_W", "0_b", "0_tauM", "1_W", "1_b", "1_tauR")) {
      assertFrozen(true, original.getParam(key), network.getParam(key));
    }
    assertFrozen(false, original.getParam("2_W"), network.getParam("2_W"));
    assertTrue(network.summary().contains("Frozen"), network.summary());
  }

  @Test
  void aFrozenLayerCarriesItsStateFromStepToStep() {
    MultiLayerNetwork network =
        new TransferLearning.Builder(trained()).setFeatureExtractor(1).build();
    INDArray whole = network.output(FEATURES);
    network.rnnTimeStep(FEATURES.get(all(), all(), interval(0, 5)).dup());
    INDArray rest = network.rnnTimeStep(FEATURES.get(all(), all(), interval(5, TIME)).dup());
    assertEquals(0, difference(whole.get(all(), all(), interval(5, TIME)).dup(), rest), 1e-12);
    assertEquals(4, network.rnnGetPreviousState(0).get("u").size(1));
    network.rnnClearPreviousState();
    assertTrue(network.rnnGetPreviousState(0).isEmpty());
  }

  @Test
  void aReadoutIsReplacedByOneForOtherClasses() {
    MultiLayerNetwork original = trained();
    MultiLayerNetwork network =
        new TransferLearning.Builder(original)
            .fineTuneConfiguration(fineTuning())
            .setFeatureExtractor(0)
            .removeLayersFromOutput(2)
            .addLayer(readout(4, 5).build())
            .addLayer(classes())
            .build();
    assertEquals(0, difference(original.getParam("1_W"), network.getParam("1_W")));
    assertEquals(5, network.output(FEATURES).size(1));
    double before = network.score(data(5));
    for (int i = 0; i < 20; i++) {
      network.fit(data(5));
    }
    assertTrue(network.score(data(5)) < before);
    assertFrozen(true, original.getParam("0_W"), network.getParam("0_W"));
    assertFrozen(false, original.getParam("1_W"), network.getParam("1_W"));
  }

  /** The number of neurons is fixed with their time constants; that of inputs is not. */
  @Test
  void theNumberOfNeuronsIsNotReplaced() {
    String message =
        assertThrows(
                DL4JInvalidConfigException.class,
                () ->
                    new TransferLearning.Builder(trained())
                        .nOutReplace(1, 6, WeightInit.XAVIER)
                        .build())
            .getMessage();
    assertTrue(message.endsWith("have 4 neurons, but nOut = 6"), message);
    MultiLayerNetwork network =
        new TransferLearning.Builder(trained()).nInReplace(0, 3, WeightInit.XAVIER).build();
    assertEquals(3, ((GleDense) network.getLayer(0).conf().getLayer()).getNIn());
    assertEquals(3, network.output(gaussian(1, 3, 3, TIME)).size(1));
  }

  @Test
  void aGraphIsFrozenAndChanged() {
    ComputationGraph original = trained().toComputationGraph();
    List<String> names = original.getConfiguration().getTopologicalOrderStr();
    String top = names.get(names.size() - 1);
    String readout = names.get(names.size() - 2);
    String hidden = names.get(names.size() - 3);
    ComputationGraph network =
        new TransferLearning.GraphBuilder(original)
            .fineTuneConfiguration(fineTuning())
            .setFeatureExtractor(hidden)
            .removeVertexAndConnections(top)
            .removeVertexAndConnections(readout)
            .addLayer("readout", readout(4, 5).build(), hidden)
            .addLayer("classes", classes(), "readout")
            .setOutputs("classes")
            .build();
    ComputationGraph frozen = network.clone();
    // DL4J's builder turns a graph into single precision
    assertEquals(
        0, difference(original.getParam(hidden + "_W"), network.getParam(hidden + "_W")), 1e-6);
    double before = network.score(data(5));
    for (int i = 0; i < 20; i++) {
      network.fit(data(5));
    }
    assertTrue(network.score(data(5)) < before);
    for (String key : List.of("_W", "_b")) {
      assertFrozen(true, frozen.getParam(hidden + key), network.getParam(hidden + key));
    }
    assertFrozen(false, frozen.getParam("readout_W"), network.getParam("readout_W"));
  }

  /** DL4J's graphs, unlike its stacks, forget to: it is done by hand. */
  @Test
  void aFrozenLayerOfAGraphIsClearedByHand() {
    ComputationGraph graph =
        new TransferLearning.GraphBuilder(trained().toComputationGraph())
            .fineTuneConfiguration(fineTuning())
            .setFeatureExtractor("0")
            .build();
    graph.rnnTimeStep(FEATURES);
    graph.rnnClearPreviousState();
    assertTrue(graph.rnnGetPreviousState("1").isEmpty());
    assertTrue(!graph.rnnGetPreviousState("0").isEmpty());
    FrozenLayer frozen = (FrozenLayer) graph.getLayer("0");
    ((RecurrentLayer) frozen.getInsideLayer()).rnnClearPreviousState();
    assertTrue(graph.rnnGetPreviousState("0").isEmpty());
  }

  @Test
  void featuresOfFrozenLayersAreComputedOnce() {
    MultiLayerNetwork network = trained();
    TransferLearningHelper helper = new TransferLearningHelper(network, 1);
    DataSet featurized = helper.featurize(data(3));
    INDArray before = helper.unfrozenMLN().params().dup();
    assertEquals(
        0,
        difference(network.output(FEATURES), helper.unfrozenMLN().output(featurized.getFeatures())),
        1e-12);
    helper.fitFeaturized(featurized);
    assertTrue(difference(before, helper.unfrozenMLN().params()) > 0);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.pinned;

import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Objects;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Configurations and models that an early version of the program has written, which every later one
 * must load as what they were. Files are added, never replaced: {@code -Dgle.record.models=DIR}
 * writes those that are not there.
 */
class GoldenModelsTest {
  private static final String FOLDER = "/pinned/models/";
  private static final String RECORD = System.getProperty("gle.record.models");

  @ParameterizedTest
  @EnumSource
  void networksLoadAsTheyWereWritten(PinnedNetwork pinned) throws Exception {
    MultiLayerNetwork network = pinned.network(DataType.FLOAT);
    MultiLayerConfiguration configuration = pinned.configuration(DataType.FLOAT);
    record(pinned.name(), network, configuration.toJson());
    String json = json(pinned.name());
    assertEquals(configuration, ModelFiles.configuration(pinned.name(), json));
    assertHolds(json, configuration.toJson());
    MultiLayerNetwork loaded = ModelFiles.network(model(pinned.name()), true);
    assertSame(network, loaded);
    assertEquals(network.getUpdater().getStateViewArray(), loaded.getUpdater().getStateViewArray());
    assertEquals(network.getLayerWiseConfigurations(), loaded.getLayerWiseConfigurations());
  }

  /** GLE layers and a GRU in a graph, with DL4J's wrappers around both. */
  private static ComputationGraphConfiguration graph() {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .updater(new Adam(0.01))
        .graphBuilder()
        .addInputs("in")
        .setInputTypes(InputType.recurrent(3))
        .addLayer("gle", hidden(0).build(), "in")
        .addLayer("gru", new Gru.Builder().nOut(4).activation(Activation.TANH).build(), "in")
        .addLayer(
            "both ways",
            new Bidirectional(new Gru.Builder().nOut(3).activation(Activation.TANH).build()),
            "gle",
            "gru")
        .addLayer("readout", readout(0, 3).build(), "both ways")
        .addLayer(
            "out",
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(2)
                .activation(Activation.SOFTMAX)
                .build(),
            "readout")
        .setOutputs("out")
        .build();
  }

  @Test
  void graphsLoadAsTheyWereWritten() throws Exception {
    ComputationGraph network = new ComputationGraph(graph());
    network.init();
    network.params().assign(gaussian(3, network.params().shape()));
    record("GRAPH", network, graph().toJson());
    String json = json("GRAPH");
    assertEquals(graph(), ComputationGraphConfiguration.fromJson(json));
    assertHolds(json, graph().toJson());
    ComputationGraph loaded = ModelFiles.graph(model("GRAPH"), true);
    assertSame(network, loaded);
    assertEquals(network.getConfiguration(), loaded.getConfiguration());
  }

  private static void assertSame(Model expected, Model loaded) {
    assertTrue(expected.params().length() > 0);
    assertEquals(expected.params(), loaded.params());
    assertEquals(expected.paramTable().keySet(), loaded.paramTable().keySet());
    expected
        .paramTable()
        .forEach((key, array) -> assertEquals(array, loaded.getParam(key), "parameter " + key));
  }

  /** Every field of the golden text stands in the text of today; fields may have been added. */
  private static void assertHolds(String golden, String today) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    assertHolds("", mapper.readTree(golden), mapper.readTree(today));
  }

  private static void assertHolds(String where, JsonNode golden, JsonNode today) {
    assertTrue(today != null, "field " + where + " is no longer written");
    assertEquals(golden.getNodeType(), today.getNodeType(), where);
    if (golden.isArray()) {
      assertEquals(golden.size(), today.size(), where);
      for (int i = 0; i < golden.size(); i++) {
        assertHolds(where + "[" + i + "]", golden.get(i), today.get(i));
      }
    } else if (golden.isObject()) {
      for (Iterator<String> names = golden.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        assertHolds(where + "." + name, golden.get(name), today.get(name));
      }
    } else {
      assertEquals(golden, today, where);
    }
  }

  private static String json(String name) throws Exception {
    return Files.readString(file(name + ".json"));
  }

  private static Path model(String name) throws URISyntaxException {
    return file(name + ".zip");
  }

  private static Path file(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(GoldenModelsTest.class.getResource(FOLDER + name), name).toURI());
  }

  private static void record(String name, Model network, String json) throws IOException {
    if (RECORD != null) {
      Path folder = Files.createDirectories(Path.of(RECORD));
      Path model = folder.resolve(name + ".zip");
      if (!Files.exists(model)) {
        ModelSerializer.writeModel(network, model.toFile(), true);
        Files.writeString(folder.resolve(name + ".json"), json);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.models.TaskModel.Input;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.suite.TrainingMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TaskModelsTest {
  @TempDir private Path folder;

  private final TaskModels models = TaskModels.mnist1d();

  /** The published numbers of parameters; an LSTM was not published. */
  @ParameterizedTest
  @CsvSource({
    "mlp-40, 40, 15210, all points at once, false",
    "mlp-360, 360, 47210, all points at once, false",
    "tcn-40, 40, 5210, sequence, false",
    "tcn-360, 360, 11960, sequence, false",
    "gru-40, 40, 5134, stream, false",
    "gru-72, 72, 8974, stream, false",
    "lstm-72, 72, 9034, stream, false",
    "gle-15k, 360, 14956, stream, true",
    "gle-42k, 360, 42040, stream, true",
    "lagnet-le, 360, 4930, stream, true"
  })
  void hasThePublishedNumberOfParameters(
      String name, int length, long parameters, String input, boolean online) {
    TaskModel model = models.named(name);
    assertEquals(parameters, model.learnedParameters());
    assertEquals(length, model.shape().length());
    assertEquals(input, model.input().toString());
    assertEquals(online, model.online());
    INDArray features = model.shaped(Nd4j.randn(DataType.FLOAT, 3, 1, length));
    INDArray output = TaskModel.output(model.initialised(1), features);
    assertArrayEquals(online ? new long[] {3, 10, length} : new long[] {3, 10}, output.shape());
    assertEquals(10, models.all().size());
  }

  @Test
  void theSmallPerceptronAddsItsHiddenLayers() {
    ComputationGraph network = (ComputationGraph) models.named("mlp-40").initialised(1);
    var activations = network.feedForward(Nd4j.randn(DataType.FLOAT, 3, 40), false);
    assertEquals(activations.get("first").add(activations.get("second")), activations.get("sum"));
  }

  @Test
  void aSecondSeedDrawsOtherWeights() {
    for (TaskModel model : models.all()) {
      INDArray first = model.initialised(1).params();
      assertEquals(first, model.initialised(1).params(), model.name());
      assertNotEquals(first, model.initialised(2).params(), model.name());
    }
  }

  @Test
  void findsOutWhatTheNetworksOfUsersTake() {
    TaskModel points = models.register(TaskModel.of("mine", dense(40), shape(40)));
    assertEquals(Input.POINTS_AT_ONCE, points.input());
    assertEquals(40 * 5 + 5 + 5 * 10 + 10, points.learnedParameters());
    assertNotEquals(points.initialised(1).params(), points.initialised(2).params());
    assertEquals(Input.SEQUENCE, TaskModel.of("mine", lstm(true), shape(72)).input());
    TaskModel perStep = TaskModel.of("mine", lstm(false), shape(72));
    assertEquals(Input.SEQUENCE, perStep.input());
    assertFalse(perStep.online());
    MultiLayerConfiguration gle = PublishedModel.GLE_15K.configuration(1);
    assertTrue(TaskModel.of("mine", gle, shape(360)).online());
    assertEquals(
        "model name 'mine' is taken: another one allowed",
        assertThrows(IllegalArgumentException.class, () -> models.register(points)).getMessage());
  }

  @Test
  void whatTheTrainerTakesLearnsOnline() {
    RnnLossLayer classes = new RnnLossLayer.Builder().activation(Activation.SOFTMAX).build();
    GleConvolution maps = gle(new GleConvolution.Builder(1, 1).inputShape(1, 1, 1), 4).build();
    ActivationLayer between = new ActivationLayer(Activation.IDENTITY);
    GleDense readout = gle(new GleDense.Builder().nIn(4), 10).build();
    TaskModel mixed = TaskModel.of("mine", layers(maps, between, readout, classes), shape(5));
    assertTrue(mixed.online());
    assertEquals(Input.STREAM, mixed.input());
    assertEquals(4 * (4 * 14 + 1 + 4), TrainingMemory.bytesPerSequence(mixed)); // u v r d, f
    DenseLayer ten = new DenseLayer.Builder().nIn(1).nOut(10).build();
    GleLayer around = gle(new GleLayer.Builder(ten), 10).build();
    MultiLayerConfiguration wrapped =
        new NeuralNetConfiguration.Builder()
            .list(around, classes)
            .setInputType(InputType.recurrent(1))
            .build();
    assertTrue(TaskModel.of("mine", wrapped, shape(5)).online());
  }

  @Test
  void whatTheTrainerRefusesLearnsByFit() {
    LSTM lstm = new LSTM.Builder().nIn(1).nOut(4).build();
    GleDense readout = gle(new GleDense.Builder().nIn(4), 10).build();
    RnnLossLayer classes = new RnnLossLayer.Builder().activation(Activation.SOFTMAX).build();
    TaskModel model = TaskModel.of("mine", layers(lstm, readout, classes), shape(5));
    assertFalse(model.online());
    assertEquals(Input.SEQUENCE, model.input());
    assertEquals(
        4 * 5 * (1 + 6 * 4 + 3 * 10 + 10), TrainingMemory.bytesPerSequence(model)); // per step
  }

  @Test
  void refusesNetworksThatDoNotFit() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> TaskModel.of("mine", dense(41), shape(40)));
    assertTrue(
        e.getMessage().startsWith("model mine takes neither sequences [batch, 1, 40]"),
        e::getMessage);
    TaskModel outside = TaskModel.of("../mine", dense(40), shape(40));
    assertEquals(
        "model name '../mine': letters, digits, '.', '-' and '_' allowed",
        assertThrows(IllegalArgumentException.class, () -> models.register(outside)).getMessage());
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> models.named("gru"))
            .getMessage()
            .startsWith("'gru' is unknown: mlp-40, mlp-360, tcn-40"));
  }

  @Test
  void readsBothKindsOfConfigurations() throws Exception {
    Path layers = Files.writeString(folder.resolve("my-layers.json"), dense(40).toJson());
    assertEquals("my-layers", models.register(layers, shape(40)).name());
    TaskModel tcn = models.named("tcn-40");
    Path graph = Files.writeString(folder.resolve("my-graph.json"), TaskModel.json(tcn.network(1)));
    TaskModel copy = models.register(graph, shape(40));
    assertEquals(Input.SEQUENCE, copy.input());
    assertEquals(5210, copy.learnedParameters());
    assertEquals(tcn.initialised(3).params(), copy.initialised(3).params());
  }

  @Test
  void refusesFilesWithoutAConfiguration() throws Exception {
    Path text = Files.writeString(folder.resolve("text.json"), "layers: 3");
    assertRefused(text, "text.json: no JSON");
    Path other = Files.writeString(folder.resolve("other.json"), "{\"layers\": 3}");
    assertRefused(other, "other.json: neither 'confs' nor 'vertices'");
    Path broken = Files.writeString(folder.resolve("broken.json"), "{\"confs\": 3}");
    assertRefused(broken, "broken.json: no configuration of DL4J");
  }

  @Test
  void refusesConfigurationsWhoseLayersDoNotFit() throws Exception {
    String good = dense(40).toJson();
    Path fits = Files.writeString(folder.resolve("fits.json"), good);
    assertEquals("fits", models.register(fits, shape(40)).name());
    Path narrow = folder.resolve("narrow.json");
    Files.writeString(narrow, good.replaceFirst("\"nin\" : 5", "\"nin\" : 4"));
    assertRefused(narrow, "layer 1 (OutputLayer) takes 4 values, but gets 5 from below");
  }

  private void assertRefused(Path file, String message) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> models.register(file, shape(40)));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private static SequenceShape shape(int length) {
    return new SequenceShape(1, length, 10);
  }

  private static <B extends BaseGleLayer.Builder<B>> B gle(B builder, int neurons) {
    return builder
        .nOut(neurons)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.constant(1.2, 0.2));
  }

  private static MultiLayerConfiguration layers(Layer... layers) {
    return new NeuralNetConfiguration.Builder().list(layers).build();
  }

  private static MultiLayerConfiguration dense(int inputs) {
    return new NeuralNetConfiguration.Builder()
        .list()
        .layer(new DenseLayer.Builder().nIn(inputs).nOut(5).build())
        .layer(new OutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.feedForward(inputs))
        .build();
  }

  private static MultiLayerConfiguration lstm(boolean pooled) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder().list().layer(new LSTM.Builder().nOut(4).build());
    if (pooled) {
      layers
          .layer(new GlobalPoolingLayer.Builder().build())
          .layer(new OutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build());
    } else {
      layers.layer(new RnnOutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build());
    }
    return layers.setInputType(InputType.recurrent(1)).build();
  }
}

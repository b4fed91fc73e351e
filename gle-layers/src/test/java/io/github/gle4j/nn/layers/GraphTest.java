// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** GLE layers in computation graphs: several inputs and outputs, skip connections, recurrence. */
class GraphTest {
  private static final int BATCH = 3;
  private static final int TIME = 8;

  /**
   * Two inputs; a skip connection, an LSTM beside a GLE layer, one label per step, one value per
   * step and, on demand, one label per sequence.
   */
  private static ComputationGraph graph(boolean labelPerSequence, WorkspaceMode mode) {
    ComputationGraphConfiguration.GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .weightInit(WeightInit.XAVIER)
            .updater(new Adam(0.1))
            .trainingWorkspaceMode(mode)
            .inferenceWorkspaceMode(mode)
            .graphBuilder()
            .addInputs("left", "right")
            .setInputTypes(InputType.recurrent(2), InputType.recurrent(3))
            .addLayer("gle1", hidden(0).build(), "left")
            .addLayer("lstm", new LSTM.Builder().nOut(4).build(), "right")
            .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "gle1", "lstm")
            .addLayer("gle2", hidden(0).build(), "sum")
            .addVertex("merge", new MergeVertex(), "gle2", "gle1")
            .addLayer("readout", readout(0, 3).build(), "merge")
            .addLayer(
                "classes",
                new RnnLossLayer.Builder(LossFunction.MCXENT)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "readout")
            .addLayer(
                "values",
                new RnnOutputLayer.Builder(LossFunction.MSE)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build(),
                "gle2");
    if (labelPerSequence) {
      builder
          .addVertex("last", new LastTimeStepVertex("left"), "merge")
          .addLayer(
              "sequence",
              new OutputLayer.Builder(LossFunction.MCXENT)
                  .nOut(3)
                  .activation(Activation.SOFTMAX)
                  .build(),
              "last")
          .setOutputs("classes", "values", "sequence");
    } else {
      builder.setOutputs("classes", "values");
    }
    ComputationGraph graph =
        new ComputationGraph(ComputationGraphConfiguration.fromJson(builder.build().toJson()));
    graph.init();
    return graph;
  }

  private static INDArray left() {
    return everyStep(gaussian(4, BATCH, 2), TIME).addi(gaussian(5, BATCH, 2, TIME).mul(0.1));
  }

  private static INDArray right() {
    return gaussian(6, BATCH, 3, TIME);
  }

  private static MultiDataSet data(boolean labelPerSequence, INDArray mask) {
    INDArray classes = everyStep(oneHot(1, BATCH, 3), TIME);
    INDArray values = everyStep(gaussian(2, BATCH, 2), TIME);
    INDArray[] features = {left(), right()};
    INDArray[] masks = mask == null ? null : new INDArray[] {mask, mask};
    if (!labelPerSequence) {
      return new MultiDataSet(features, new INDArray[] {classes, values}, masks, masks);
    }
    return new MultiDataSet(
        features,
        new INDArray[] {classes, values, oneHot(1, BATCH, 3)},
        masks,
        mask == null ? null : new INDArray[] {mask, mask, null});
  }

  /** The second sequence ends early. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
    for (int t = 6; t < TIME; t++) {
      mask.putScalar(1, t, 0);
    }
    return mask;
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void everyVertexLearns(WorkspaceMode mode) {
    ComputationGraph graph = graph(true, mode);
    MultiDataSet data = data(true, mask());
    double before = graph.score(data);
    Map<String, INDArray> start = graph.clone().paramTable();
    for (int i = 0; i < 10; i++) {
      graph.fit(data);
    }
    assertTrue(graph.score(data) < 0.8 * before, before + " -> " + graph.score(data));
    for (Map.Entry<String, INDArray> param : graph.paramTable().entrySet()) {
      boolean changed = difference(start.get(param.getKey()), param.getValue()) > 0;
      assertEquals(!param.getKey().contains("tau"), changed, param.getKey());
    }
  }

  @Test
  void truncatedSegmentsLearn() {
    for (int length : new int[] {1, 3}) {
      ComputationGraph graph = graph(false, WorkspaceMode.ENABLED);
      graph.getConfiguration().setBackpropType(BackpropType.TruncatedBPTT);
      graph.getConfiguration().setTbpttFwdLength(length);
      graph.getConfiguration().setTbpttBackLength(length);
      MultiDataSet data = data(false, mask());
      double before = graph.score(data);
      for (int i = 0; i < 4; i++) {
        graph.fit(data);
      }
      assertTrue(graph.score(data) < 0.8 * before, before + " -> " + graph.score(data));
      assertEquals(length == 1 ? 4 * TIME : 4 * 3, graph.getIterationCount());
    }
  }

  @Test
  void timeStepsCarryTheStateOfEveryVertex() {
    ComputationGraph graph = graph(false, WorkspaceMode.ENABLED);
    INDArray[] whole = graph.output(left(), right());
    INDArray[] first = graph.rnnTimeStep(steps(left(), 0, 4), steps(right(), 0, 4));
    Map<String, Map<String, INDArray>> states = graph.rnnGetPreviousStates();
    INDArray[] rest = graph.rnnTimeStep(steps(left(), 4, TIME), steps(right(), 4, TIME));
    for (int i = 0; i < 2; i++) {
      assertEquals(0, difference(first[i], steps(whole[i], 0, 4)), 1e-12);
      assertEquals(0, difference(rest[i], steps(whole[i], 4, TIME)), 1e-12);
    }
    graph.rnnSetPreviousStates(states);
    INDArray[] again = graph.rnnTimeStep(steps(left(), 4, TIME), steps(right(), 4, TIME));
    assertEquals(0, difference(rest[0], again[0]));
    assertEquals(states.get("gle1").keySet(), graph.rnnGetPreviousState("gle1").keySet());
    graph.rnnClearPreviousState();
    INDArray[] fresh = graph.rnnTimeStep(steps(left(), 0, 4), steps(right(), 0, 4));
    assertEquals(0, difference(first[0], fresh[0]));
  }

  private static INDArray steps(INDArray sequence, int from, int to) {
    return sequence.get(all(), all(), interval(from, to)).dup();
  }

  @Test
  void aSavedGraphGoesOnWithTheSameNumbers(@TempDir Path folder) throws Exception {
    ComputationGraph graph = graph(true, WorkspaceMode.ENABLED);
    graph.fit(data(true, null));
    Path file = folder.resolve("graph.zip");
    ModelSerializer.writeModel(graph, file.toFile(), true);
    ComputationGraph loaded = ModelSerializer.restoreComputationGraph(file.toFile(), true);
    ComputationGraph clone = graph.clone();
    clone.getConfiguration().setIterationCount(1); // DL4J's clone starts to count again
    INDArray before = graph.params().dup();
    for (ComputationGraph each : new ComputationGraph[] {graph, loaded, clone}) {
      each.fit(data(true, null));
    }
    assertNotEquals(before, graph.params());
    assertEquals(graph.params(), loaded.params());
    assertEquals(graph.params(), clone.params());
    assertTrue(graph.summary().contains("gle2 (GleDenseImpl)"), graph.summary());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The fields of a network beside its layers, which DL4J uses without looking whether they can be
 * right: what is null, and counts and lengths that are none.
 */
final class NetworkFields {
  private final String name;

  private NetworkFields(String name) {
    this.name = name;
  }

  /**
   * Refuses a network of layers with such fields.
   *
   * @param name the file, for messages
   */
  static void require(String name, MultiLayerConfiguration network) throws InvalidModelException {
    NetworkFields fields = new NetworkFields(name);
    fields.requireSet("inputPreProcessors", network.getInputPreProcessors());
    fields.requireModes(
        network.getTrainingWorkspaceMode(),
        network.getInferenceWorkspaceMode(),
        network.getDataType());
    fields.requireCounts(network.getIterationCount(), network.getEpochCount());
    fields.requireSegments(
        network.getBackpropType(), network.getTbpttFwdLength(), network.getTbpttBackLength());
    for (NeuralNetConfiguration layer : network.getConfs()) {
      fields.requireLayer(layer);
    }
  }

  /** The same for a graph. */
  static void require(String name, ComputationGraphConfiguration graph)
      throws InvalidModelException {
    NetworkFields fields = new NetworkFields(name);
    fields.requireSet("vertexInputs", graph.getVertexInputs());
    fields.requireSet("networkOutputs", graph.getNetworkOutputs());
    fields.requireModes(
        graph.getTrainingWorkspaceMode(), graph.getInferenceWorkspaceMode(), graph.getDataType());
    fields.requireCounts(graph.getIterationCount(), graph.getEpochCount());
    fields.requireSegments(
        graph.getBackpropType(), graph.getTbpttFwdLength(), graph.getTbpttBackLength());
    fields.requireSet("defaultConfiguration", graph.getDefaultConfiguration());
    fields.requireLayer(graph.getDefaultConfiguration());
    for (GraphVertex vertex : graph.getVertices().values()) {
      fields.requireSet("vertices", vertex);
      if (vertex instanceof LayerVertex layer) {
        fields.requireSet("layerConf", layer.getLayerConf());
        fields.requireSet("layer", layer.getLayerConf().getLayer());
        fields.requireLayer(layer.getLayerConf());
      }
    }
  }

  private void requireModes(WorkspaceMode training, WorkspaceMode inference, DataType type)
      throws InvalidModelException {
    requireSet("trainingWorkspaceMode", training);
    requireSet("inferenceWorkspaceMode", inference);
    requireSet("dataType", type);
  }

  private void requireLayer(NeuralNetConfiguration layer) throws InvalidModelException {
    requireSet("optimizationAlgo", layer.getOptimizationAlgo());
    requireSet("dataType", layer.getDataType());
    requireCounts(layer.getIterationCount(), layer.getEpochCount());
  }

  private void requireCounts(int iterations, int epochs) throws InvalidModelException {
    requireAtLeast(0, "iterationCount", iterations);
    requireAtLeast(0, "epochCount", epochs);
  }

  private void requireSegments(BackpropType type, int forward, int back)
      throws InvalidModelException {
    requireSet("backpropType", type);
    if (type == BackpropType.TruncatedBPTT) {
      requireAtLeast(1, "tbpttFwdLength", forward);
      requireAtLeast(1, "tbpttBackLength", back);
    }
  }

  private void requireSet(String field, Object value) throws InvalidModelException {
    if (value == null) {
      throw new InvalidModelException(name + ": " + field + " is null: it must be set");
    }
  }

  private void requireAtLeast(int least, String field, int value) throws InvalidModelException {
    if (value < least) {
      throw new InvalidModelException(
          name + ": " + field + " = " + value + ": at least " + least + " is allowed");
    }
  }
}

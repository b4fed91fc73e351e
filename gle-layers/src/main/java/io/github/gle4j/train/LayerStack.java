// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The layers of a network with the states of their neurons. All layers step at once: each reads
 * what its neighbours published in the step before.
 */
final class LayerStack {
  private final List<StreamingLayer> layers;
  private final DataType dataType;
  private final long outputs;
  private List<NeuronState> states = List.of();
  private INDArray noError;

  LayerStack(List<StreamingLayer> layers, DataType dataType, long outputs) {
    this.layers = layers;
    this.dataType = dataType;
    this.outputs = outputs;
  }

  /** Independent neurons on the same layers, in the same state. */
  LayerStack copy() {
    LayerStack copy = new LayerStack(layers, dataType, outputs);
    copy.set(states.stream().map(NeuronState::copy).toList());
    return copy;
  }

  /** Forgets everything; the next step starts from zero. */
  void reset() {
    set(List.of());
  }

  void set(List<NeuronState> newStates) {
    states = newStates;
    noError =
        states.isEmpty()
            ? null
            : Nd4j.create(dataType, new long[] {states.get(0).batch(), outputs}, 'f');
  }

  /** One state per layer, lowest first; empty before the first step. */
  List<NeuronState> states() {
    return states;
  }

  /** Makes the states fit a batch, carrying their values over. */
  void setBatch(long batch) {
    if (!states.isEmpty() && states.get(0).batch() == batch) {
      return;
    }
    List<NeuronState> fitting = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      fitting.add(states.isEmpty() ? layers.get(l).newState(batch) : states.get(l).forBatch(batch));
    }
    set(fitting);
  }

  /**
   * The top layer's rates of the step before, r_L(k-1): what this step's target is compared with.
   */
  INDArray output() {
    return top().r();
  }

  /**
   * One step of all layers with errors.
   *
   * @param input [batch, inputs]
   * @param error at the output, [batch, outputs]; null: no target, the error is zero
   * @param mask [batch, 1] or null
   * @param learn whether gradients are added up
   */
  void step(INDArray input, INDArray error, INDArray mask, boolean learn) {
    for (int l = 0; l < layers.size(); l++) {
      INDArray below = l == 0 ? input : states.get(l - 1).r();
      INDArray above = l + 1 < layers.size() ? states.get(l + 1).f() : error;
      layers.get(l).step(states.get(l), below, above == null ? noError : above, mask, learn);
    }
    states.forEach(NeuronState::publish);
  }

  /** One step of all layers without errors. */
  void infer(INDArray input, INDArray mask) {
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).infer(states.get(l), l == 0 ? input : states.get(l - 1).r(), mask);
    }
    states.forEach(NeuronState::publishRate);
  }

  private NeuronState top() {
    return states.get(states.size() - 1);
  }
}

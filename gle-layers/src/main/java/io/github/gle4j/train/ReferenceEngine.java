// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.List;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The readable engine: INDArray operations, any floating-point type, any backend. */
final class ReferenceEngine implements Engine {
  private final List<StreamingLayer> layers;
  private final OutputLoss loss;
  private final ParameterUpdate update;
  private List<NeuronState> states = List.of();
  private INDArray noError;
  private SequenceSteps steps;
  private long latest;

  ReferenceEngine(List<StreamingLayer> layers, OutputLoss loss, ParameterUpdate update) {
    this.layers = layers;
    this.loss = loss;
    this.update = update;
  }

  @Override
  public List<NeuronState> states() {
    return states.stream().map(NeuronState::copy).toList();
  }

  @Override
  public void set(List<NeuronState> newStates) {
    states = newStates;
  }

  @Override
  public Engine fresh() {
    return new ReferenceEngine(layers, loss, update);
  }

  @Override
  public INDArray output() {
    return top().r().dup('f');
  }

  @Override
  public void open(SequenceSteps sequences) {
    update.requireFiniteParameters();
    steps = sequences;
    states = StreamingNetworks.fit(states, layers, sequences.batch());
    noError = Nd4j.zerosLike(top().r());
  }

  @Override
  public void begin() {
    update.begin();
  }

  @Override
  public double step(long t, boolean learn, Tally tally) {
    latest = t;
    try (MemoryWorkspace memory = StepMemory.open()) {
      INDArray output = top().r();
      Pair<Double, INDArray> lossAndError =
          steps.hasLabels()
              ? loss.of(steps.labels(t), output, steps.labelsMask(t))
              : new Pair<>(0.0, noError);
      if (tally != null) {
        tally.add(t, output, lossAndError.getFirst());
      }
      step(steps.features(t), lossAndError.getSecond(), steps.featuresMask(t), learn);
      return lossAndError.getFirst();
    }
  }

  private void step(INDArray input, INDArray error, INDArray mask, boolean learn) {
    for (int l = 0; l < layers.size(); l++) {
      INDArray below = l == 0 ? input : states.get(l - 1).r();
      INDArray above = l + 1 < layers.size() ? states.get(l + 1).f() : error;
      layers.get(l).step(states.get(l), below, above, mask, learn);
    }
    states.forEach(NeuronState::publish);
  }

  @Override
  public void update(long batch) {
    update.apply(batch, latest);
  }

  @Override
  public void close() {
    steps = null;
  }

  private NeuronState top() {
    return states.get(states.size() - 1);
  }
}

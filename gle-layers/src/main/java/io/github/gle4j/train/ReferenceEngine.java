// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The readable engine: INDArray operations, any floating-point type, any backend. */
final class ReferenceEngine implements Engine {
  private final Stack stack;
  private final List<StreamingLayer> layers;
  private final Propagation propagation;
  private final OutputLoss loss;
  private final ParameterUpdate update;
  private List<NeuronState> states = List.of();
  private INDArray noError;
  private SequenceSteps steps;
  private long latest;

  ReferenceEngine(Stack stack, Propagation propagation, OutputLoss loss, ParameterUpdate update) {
    this.stack = stack;
    this.layers = stack.layers();
    this.propagation = propagation;
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
    return new ReferenceEngine(stack, propagation, loss, update);
  }

  @Override
  public INDArray output() {
    return top().r().dup('f');
  }

  @Override
  public void open(SequenceSteps sequences) {
    update.requireFiniteNetwork();
    steps = sequences;
    states = StreamingNetworks.fit(states, layers, sequences.batch());
    noError = Nd4j.zerosLike(top().r());
  }

  @Override
  public double step(long t, Gradients gradients, Tally tally) {
    latest = t;
    boolean learn = gradients != Gradients.NONE;
    if (gradients == Gradients.FIRST) {
      update.begin();
    }
    try (MemoryWorkspace memory = StepMemory.open()) {
      double score =
          propagation == Propagation.SWEEP ? sweep(t, learn, tally) : together(t, learn, tally);
      for (int l = 0; l < layers.size(); l++) {
        update.requireFiniteState(states.get(l), stack.index(l), t);
      }
      return score;
    }
  }

  private double together(long t, boolean learn, Tally tally) {
    INDArray mask = steps.featuresMask(t);
    Pair<Double, INDArray> lossAndError = lossAndError(t, tally);
    List<INDArray> below = new ArrayList<>(List.of(steps.features(t)));
    for (int l = 0; l + 1 < layers.size(); l++) {
      below.add(stack.above().get(l).up(states.get(l).r(), learn));
    }
    for (int l = 0; l < layers.size(); l++) {
      INDArray above = above(l, lossAndError.getSecond(), learn);
      layers.get(l).step(states.get(l), below.get(l), above, mask, learn && stack.learns(l));
    }
    states.forEach(NeuronState::publish);
    return lossAndError.getFirst();
  }

  private double sweep(long t, boolean learn, Tally tally) {
    INDArray mask = steps.featuresMask(t);
    List<INDArray> below = new ArrayList<>(List.of(steps.features(t)));
    for (int l = 0; l < layers.size(); l++) {
      NeuronState state = states.get(l);
      layers.get(l).advanceRates(state, below.get(l), mask);
      state.publishRate();
      below.add(stack.above().get(l).up(state.r(), learn));
    }
    Pair<Double, INDArray> lossAndError = lossAndError(t, tally);
    for (int l = layers.size() - 1; l >= 0; l--) {
      NeuronState state = states.get(l);
      layers.get(l).advanceErrors(state, above(l, lossAndError.getSecond(), learn), mask);
      layers.get(l).passDown(state, below.get(l), mask, learn && stack.learns(l));
      state.publishFeedback();
    }
    return lossAndError.getFirst();
  }

  private Pair<Double, INDArray> lossAndError(long t, Tally tally) {
    INDArray output = top().r();
    update.requireFiniteOutput(output, stack.index(stack.size() - 1), t);
    Pair<Double, INDArray> lossAndError =
        steps.hasLabels()
            ? loss.of(steps.labels(t), output, steps.labelsMask(t))
            : new Pair<>(0.0, noError);
    if (tally != null) {
      tally.add(t, output, lossAndError.getFirst());
    }
    return lossAndError;
  }

  /** The error that reaches a layer from above, as it is published now. */
  private INDArray above(int l, INDArray outputError, boolean learn) {
    return l + 1 < layers.size()
        ? stack.above().get(l).down(states.get(l + 1).f(), learn)
        : outputError;
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

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable.Phase;
import io.github.gle4j.nn.layers.LayerSteps;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The readable engine: INDArray operations, any floating-point type, any backend. */
final class ReferenceEngine implements Engine {
  private final Stack stack;
  private final Propagation propagation;
  private final OutputLoss loss;
  private final ParameterUpdate update;
  private List<State<INDArray>> states = List.of();
  private List<LayerSteps<INDArray>> layers = List.of(); // between open and close
  private INDArray noError;
  private SequenceSteps steps;
  private long latest;

  ReferenceEngine(Stack stack, Propagation propagation, OutputLoss loss, ParameterUpdate update) {
    this.stack = stack;
    this.propagation = propagation;
    this.loss = loss;
    this.update = update;
  }

  @Override
  public List<State<INDArray>> states() {
    return states.stream().map(State::copy).toList();
  }

  @Override
  public void set(List<State<INDArray>> newStates) {
    states = newStates;
  }

  @Override
  public Engine fresh() {
    return new ReferenceEngine(stack, propagation, loss, update);
  }

  @Override
  public INDArray output() {
    return top().get(LayerSteps.UP).dup('f');
  }

  @Override
  public void open(SequenceSteps sequences) {
    update.requireFiniteNetwork();
    steps = sequences;
    states = StreamingNetworks.forBatch(states, stack.layers(), sequences.batch());
    noError = Nd4j.zerosLike(top().get(LayerSteps.UP));
    bind();
  }

  /** Takes up the network's arrays, in whose place a listener may put others. */
  private void bind() {
    layers =
        IntStream.range(0, states.size())
            .mapToObj(l -> stack.layers().get(l).reference(states.get(l)))
            .toList();
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
      below.add(stack.above().get(l).up(states.get(l).get(LayerSteps.UP), learn));
    }
    for (int l = 0; l < layers.size(); l++) {
      INDArray above = above(l, lossAndError.getSecond(), learn);
      LayerSteps<INDArray> layer = layers.get(l);
      layer.advanceErrors(above, mask);
      layer.advanceRates(below.get(l), mask);
      layer.passDown(below.get(l), mask, learn && stack.learns(l), true);
    }
    states.forEach(State::publish);
    return lossAndError.getFirst();
  }

  private double sweep(long t, boolean learn, Tally tally) {
    INDArray mask = steps.featuresMask(t);
    List<INDArray> below = new ArrayList<>(List.of(steps.features(t)));
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).advanceRates(below.get(l), mask);
      states.get(l).publish(Phase.RATES);
      below.add(stack.above().get(l).up(states.get(l).get(LayerSteps.UP), learn));
    }
    Pair<Double, INDArray> lossAndError = lossAndError(t, tally);
    for (int l = layers.size() - 1; l >= 0; l--) {
      layers.get(l).advanceErrors(above(l, lossAndError.getSecond(), learn), mask);
      layers.get(l).passDown(below.get(l), mask, learn && stack.learns(l), true);
      states.get(l).publish(Phase.PASS_DOWN);
    }
    return lossAndError.getFirst();
  }

  private Pair<Double, INDArray> lossAndError(long t, Tally tally) {
    INDArray output = top().get(LayerSteps.UP);
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
        ? stack.above().get(l).down(states.get(l + 1).get(LayerSteps.DOWN), learn)
        : outputError;
  }

  @Override
  public void update(long batch) {
    update.apply(batch, latest);
    if (steps != null) {
      bind();
    }
  }

  @Override
  public void close() {
    steps = null;
    layers = List.of();
  }

  private State<INDArray> top() {
    return states.get(states.size() - 1);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.ArrayMath;
import io.github.gle4j.dynamics.FloatArrays;
import io.github.gle4j.dynamics.Nd4jArrays;
import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable.Phase;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The steps of a layer over a whole sequence with fixed weights: membranes through all steps, and
 * later the error neurons, forward in time, too. The numbers are those of single steps, except that
 * errors do not move membranes. All sequences are [batch, size, time], in 'f' order without gaps.
 *
 * @param steps of the layer, on a state of their own
 * @param math of its arrays
 * @param access to the steps of sequences
 * @param read copies an INDArray
 * @param write copies to an INDArray
 */
record SequencePass<A>(
    NeuronSteps<A> steps,
    ArrayMath<A> math,
    Function<INDArray, TimeSteps<A>> access,
    BiConsumer<INDArray, A> read,
    BiConsumer<A, INDArray> write) {

  /** By ND4J's operations. */
  static SequencePass<INDArray> reference(NeuronSteps<INDArray> steps, Nd4jArrays math) {
    return new SequencePass<>(steps, math, TimeSteps::views, math::copy, math::copy);
  }

  /** On Java arrays. */
  static SequencePass<float[]> fused(NeuronSteps<float[]> steps) {
    return new SequencePass<>(
        steps, FloatArrays.INSTANCE, TimeSteps::copies, NativeFloats::read, NativeFloats::write);
  }

  /**
   * Membranes and rates.
   *
   * @param from where the neurons start, and out: the membranes and rates after the last step
   * @param below rates of the layer below, [batch, inputs, time]
   * @param mask [batch, 1, time], or null
   * @param rates out: [batch, neurons, time]
   * @param recorded out: sequences for {@link #backward} by the names of {@link #recorded}; empty:
   *     not wanted
   * @param delayed whether the rates are those before the steps, or those after them
   */
  void forward(
      State<INDArray> from,
      INDArray below,
      INDArray mask,
      INDArray rates,
      Map<String, INDArray> recorded,
      boolean delayed) {
    State<A> state = start(from);
    TimeSteps<A> belows = access.apply(below);
    TimeSteps<A> masks = mask == null ? null : access.apply(mask);
    TimeSteps<A> ofRates = access.apply(rates);
    Map<String, TimeSteps<A>> records = steps(recorded);
    for (int t = 0; t < belows.count(); t++) {
      if (delayed) {
        ofRates.write(state.get(NeuronModel.RATE), t);
      }
      write(steps.model().readByErrors(), records, t);
      steps.advanceRates(belows.read(t), masks == null ? null : masks.read(t));
      write(steps.model().readByGradients(), records, t);
      if (!delayed) {
        ofRates.write(state.next(NeuronModel.RATE), t);
      }
      state.publish(Phase.RATES);
    }
    from.copyFrom(state, EnumSet.of(Phase.RATES), write);
  }

  /**
   * Error neurons, feedback and gradients, which are added to the layer's.
   *
   * @param from where the neurons start, and out: the errors and feedback after the last step
   * @param epsilon gradient of the loss by the rates, minus the errors: [batch, neurons, time]
   * @param below as in the forward pass
   * @param mask as in the forward pass
   * @param recorded what it wrote
   * @param belowEpsilon out: minus the feedback before each step, [batch, inputs, time]
   */
  void backward(
      State<INDArray> from,
      INDArray epsilon,
      INDArray below,
      INDArray mask,
      Map<String, INDArray> recorded,
      INDArray belowEpsilon) {
    State<A> state = start(from);
    TimeSteps<A> epsilons = access.apply(epsilon);
    TimeSteps<A> belows = access.apply(below);
    TimeSteps<A> masks = mask == null ? null : access.apply(mask);
    TimeSteps<A> belowEpsilons = access.apply(belowEpsilon);
    Map<String, TimeSteps<A>> records = steps(recorded);
    A above = math.zeros(Math.toIntExact(epsilon.size(1)), state.batch());
    A minusFeedback = math.zeros(Math.toIntExact(below.size(1)), state.batch());
    for (int t = 0; t < belows.count(); t++) {
      A maskNow = masks == null ? null : masks.read(t);
      for (Map.Entry<String, TimeSteps<A>> record : records.entrySet()) {
        math.copy(record.getValue().read(t), state.get(record.getKey()));
      }
      math.scale(-1, epsilons.read(t), above);
      steps.advanceErrors(above, maskNow);
      math.scale(-1, state.get(LayerSteps.DOWN), minusFeedback);
      belowEpsilons.write(minusFeedback, t);
      steps.passDown(belows.read(t), maskNow, true, true);
      state.publish(Phase.PASS_DOWN);
    }
    from.copyFrom(state, EnumSet.of(Phase.ERRORS, Phase.PASS_DOWN), write);
  }

  private State<A> start(State<INDArray> from) {
    State<A> state = steps.state();
    state.reset();
    state.copyFrom(from, read);
    return state;
  }

  /** What a forward pass has to write down. */
  static List<String> recorded(NeuronModel model) {
    List<String> names = new ArrayList<>(model.readByErrors());
    names.addAll(model.readByGradients());
    return names;
  }

  private Map<String, TimeSteps<A>> steps(Map<String, INDArray> sequences) {
    Map<String, TimeSteps<A>> steps = new LinkedHashMap<>();
    sequences.forEach((name, sequence) -> steps.put(name, access.apply(sequence)));
    return steps;
  }

  private void write(List<String> names, Map<String, TimeSteps<A>> records, int t) {
    for (String name : names) {
      if (records.containsKey(name)) {
        records.get(name).write(steps.state().get(name), t);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.Neurons;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable;
import io.github.gle4j.dynamics.Variable.Kind;
import io.github.gle4j.dynamics.Variable.Phase;
import io.github.gle4j.nn.connectivity.Connectivity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The step of a layer that is one population of neurons with a connection from the layer below: the
 * only place that says in which order a step does what, and what its mask does, for all models,
 * connections and forms of arrays. It allocates nothing of its own.
 */
final class NeuronSteps<A> implements LayerSteps<A> {
  /** Sums of absolute values below it, and what a step makes of them, are surely finite. */
  private static final double SURELY_FINITE = 1e15;

  private final NeuronModel model;
  private final Neurons<A> neurons;
  private final LayerConstants<A> constants;
  private final Connectivity<A> connection;
  private final State<A> state;
  private final Map<String, INDArray> gradients;
  private final boolean isWatched;
  private final boolean isBounded;
  private float sizeOfCurrents; // in the latest step, as of errors and gradients; NaN: not known
  private float sizeOfErrors;
  private float sizeOfGradients;

  /**
   * Steps that go on from a state.
   *
   * @param model of the neurons, for what it says of itself
   * @param neurons their equations
   * @param constants of the neurons
   * @param connection from the layer below
   * @param state of the variables of {@link #variables}
   * @param gradients the layer's views by name, to be looked at; empty: it does not learn
   * @param isWatched whether {@link #isSuspect} and {@link #sizeOfGradients} are going to be asked;
   *     else no step takes the time to find out
   * @param isBounded whether the activation function is bounded by a multiple of its argument
   */
  NeuronSteps(
      NeuronModel model,
      Neurons<A> neurons,
      LayerConstants<A> constants,
      Connectivity<A> connection,
      State<A> state,
      Map<String, INDArray> gradients,
      boolean isWatched,
      boolean isBounded) {
    this.model = model;
    this.neurons = neurons;
    this.constants = constants;
    this.connection = connection;
    this.state = state;
    this.gradients = gradients;
    this.isWatched = isWatched;
    this.isBounded = isBounded && model.staysFinite();
  }

  /** What such a layer declares. */
  static List<Variable> variables(NeuronModel model, int inputs, int neurons) {
    List<Variable> variables = new ArrayList<>(model.variables(neurons));
    variables.add(new Variable(DOWN, inputs, Phase.PASS_DOWN, Kind.MESSAGE));
    variables.add(new Variable(NeuronModel.CURRENT, neurons, Phase.RATES, Kind.WORK));
    return variables;
  }

  @Override
  public State<A> state() {
    return state;
  }

  NeuronModel model() {
    return model;
  }

  @Override
  public void advanceErrors(A above, A mask) {
    state.begin(Phase.ERRORS, mask);
    neurons.error(constants.values(), state, above);
    state.end(Phase.ERRORS, mask);
  }

  @Override
  public void advanceRates(A below, A mask) {
    state.begin(Phase.RATES, mask);
    connection.forward(below, state.get(NeuronModel.CURRENT), false);
    if (isWatched) {
      sizeOfCurrents = connection.sizeOfCurrents();
    }
    neurons.membrane(constants.values(), state);
    state.end(Phase.RATES, mask);
  }

  @Override
  public void passDown(A below, A mask, boolean learn, boolean add) {
    state.begin(Phase.PASS_DOWN, mask);
    A e = state.get(NeuronModel.ERROR);
    connection.feedback(e, state.next(DOWN), false);
    boolean looksAtErrors = isWatched && (!learn || model.errorsMoveMembranes());
    sizeOfErrors = looksAtErrors ? connection.sizeOfErrors() : 0;
    if (learn) {
      connection.gradient(below, e, add);
      neurons.constantGradients(state, constants, add);
    }
    sizeOfGradients = isWatched && learn ? connection.sizeOfGradients() : 0;
    state.end(Phase.PASS_DOWN, mask);
  }

  @Override
  public void parametersChanged() {
    constants.parametersChanged();
    connection.parametersChanged();
  }

  @Override
  public boolean isSuspect() {
    return !isWatched
        || !isBounded
        || !(sizeOfCurrents < SURELY_FINITE)
        || !(sizeOfErrors < SURELY_FINITE)
        || !(sizeOfGradients < SURELY_FINITE);
  }

  @Override
  public float sizeOfGradients() {
    return isWatched ? sizeOfGradients : Float.NaN;
  }

  @Override
  public String firstNonFinite(boolean learned) {
    String quantity = state.firstNonFinite();
    if (quantity == null && learned) {
      for (Map.Entry<String, INDArray> gradient : gradients.entrySet()) {
        if (!Finite.all(gradient.getValue())) {
          return "gradient of " + gradient.getKey();
        }
      }
    }
    return quantity;
  }
}

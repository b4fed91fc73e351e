// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * The equations of a layer's neurons on arrays that a {@link State} owns. It holds no state.
 *
 * <p>In every time step a layer calls {@link #error} (unless it only infers), then computes the
 * current {@code W r + b} and calls {@link #membrane}; then, to learn, {@link #constantGradients}.
 * When layers act one after another, the membranes come first.
 *
 * @param <A> type of an array
 */
public interface Neurons<A> {

  /**
   * The error neurons: reads the variables of the step before and the error from above, writes
   * those of phase {@link Variable.Phase#ERRORS}, {@link NeuronModel#ERROR} among them.
   *
   * @param constants of the neurons
   * @param state changed
   * @param above in: error from the layer above or the target; positive raises the rate
   */
  void error(Constants<A> constants, State<A> state, A above);

  /**
   * The membranes: reads {@link NeuronModel#CURRENT} and the errors, writes the variables of phase
   * {@link Variable.Phase#RATES}, of which {@link NeuronModel#RATE} goes to {@link State#next}.
   *
   * @param constants of the neurons
   * @param state changed
   */
  void membrane(Constants<A> constants, State<A> state);

  /**
   * Gradients of the constants that are learned; none unless overridden.
   *
   * @param state after the other two
   * @param to is told of every constant's
   * @param add whether to add to the gradients that are there
   */
  default void constantGradients(State<A> state, ConstantGradients<A> to, boolean add) {}
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.List;

/**
 * What a layer's neurons are: the arrays they need, and their equations. A model is a value without
 * state. Its {@link Neurons} declare their own variables, {@link #ERROR} and {@link #RATE} among
 * them; the layer adds {@link #CURRENT} and what it passes down.
 *
 * <p>Over whole sequences ({@code fit}) the membranes run through all steps before the error
 * neurons do: {@link #readByErrors} and {@link #readByGradients} say what has to be written down.
 */
public interface NeuronModel {
  /** Name of the prospective error, which goes down and is learned from. */
  String ERROR = "e";

  /** Name of the message to the layer above. */
  String RATE = "r";

  /** Name of the current into the membranes; no defined content after they have taken it. */
  String CURRENT = "current";

  /**
   * The neurons' variables.
   *
   * @param neurons number of neurons
   * @return in the order in which they are saved and looked at
   */
  List<Variable> variables(int neurons);

  /**
   * Names of the constants, which are parameters of the layer.
   *
   * @return in the order of the parameters
   */
  List<String> constants();

  /**
   * The equations for any form of arrays.
   *
   * @param math operations on them
   * @param phi activation function
   * @param <A> type of an array
   * @return holds no state
   */
  <A> Neurons<A> on(ArrayMath<A> math, Phi<A> phi);

  /**
   * The equations in loops over Java arrays, where a model has such; else those for any form.
   *
   * @param phi activation function
   * @return holds no state
   */
  default Neurons<float[]> fused(Phi<float[]> phi) {
    return on(FloatArrays.INSTANCE, phi);
  }

  /**
   * Variables of phase RATES that {@link Neurons#error} reads, as they are before the step.
   *
   * @return names
   */
  List<String> readByErrors();

  /**
   * Variables of phase RATES that {@link Neurons#constantGradients} reads, as they are after the
   * step; empty when no constant is learned.
   *
   * @return names
   */
  List<String> readByGradients();

  /**
   * Whether errors act on the membranes of the same step.
   *
   * @return true: sequences can only be learned from step by step
   */
  boolean errorsMoveMembranes();

  /**
   * Whether a step makes finite values of currents and errors that are finite and not huge, so that
   * these alone have to be looked at.
   *
   * @return false: every step's values are looked at
   */
  default boolean staysFinite() {
    return false;
  }
}

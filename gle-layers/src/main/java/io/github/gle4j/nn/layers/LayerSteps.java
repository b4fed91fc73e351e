// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.State;

/**
 * The time steps of one layer, for one batch size and one thread at a time. It reads and writes the
 * layer's parameters and gradients in place.
 *
 * <p>In every time step an engine calls, for all layers in any order, {@link #advanceErrors} with
 * what the layer above sent {@link #DOWN} in the step before, {@link #advanceRates} with what the
 * layer below sent {@link #UP} in the step before, and {@link #passDown}; and then {@link
 * State#publish} for all. Or it sweeps: {@link #advanceRates} from the lowest layer to the top,
 * then the other two from the top down, so that neighbours read what was written in the same step;
 * no errors may move membranes then.
 *
 * @param <A> type of an array
 */
public interface LayerSteps<A> {
  /** Name of the message to the layer above: its rates. */
  String UP = NeuronModel.RATE;

  /** Name of the message to the layer below: the errors of its rates, as feedback. */
  String DOWN = "f";

  /**
   * What the layer carries from step to step.
   *
   * @return not a copy
   */
  State<A> state();

  /**
   * The part of a step that advances the error neurons.
   *
   * @param above error from the layer above or the target, positive where a higher rate would lower
   *     the loss: one per output and sample
   * @param mask 1 where time passes and 0 where a sample stands still, one per sample; null: all 1.
   *     A sample that stands still keeps its state and adds nothing to the gradients.
   */
  void advanceErrors(A above, A mask);

  /**
   * The part of a step that advances the membranes.
   *
   * @param below rates of the layer below, or the input: one per input and sample
   * @param mask as for {@link #advanceErrors}
   */
  void advanceRates(A below, A mask);

  /**
   * The part of a step that uses its errors: feedback and gradients.
   *
   * @param below as for {@link #advanceRates}; unchanged since then
   * @param mask as for {@link #advanceErrors}
   * @param learn whether to compute gradients, summed over the batch and with the sign an optimiser
   *     subtracts, in the layer's gradient view
   * @param add whether to add to those that are there
   */
  void passDown(A below, A mask, boolean learn, boolean add);

  /** Must be called after the parameters have changed. */
  void parametersChanged();

  /**
   * Whether something may have become infinite or not a number in the latest step, so that {@link
   * #firstNonFinite} has to look.
   *
   * @return false: all is surely finite
   */
  boolean isSuspect();

  /**
   * The size of the gradients of the latest step.
   *
   * @return the sum of their absolute values, or more; NaN: not known
   */
  float sizeOfGradients();

  /**
   * What became infinite or not a number in the latest step, before it is published.
   *
   * @param learned whether gradients were computed
   * @return its name, or null when all is well
   */
  String firstNonFinite(boolean learned);
}

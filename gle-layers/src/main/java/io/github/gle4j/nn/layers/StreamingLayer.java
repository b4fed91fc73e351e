// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer that can be advanced by one time step with a state its caller owns.
 *
 * <p>The caller makes one state per layer with {@link #newState}. In every time step it calls
 * {@link #step} for all layers, in any order, with what the neighbours published in the step
 * before, and then {@link NeuronState#publish} on all states. Or it sweeps: {@link #advanceRates}
 * and {@link NeuronState#publishRate} from the lowest layer to the top, then {@link
 * #advanceErrors}, {@link #passDown} and {@link NeuronState#publishFeedback} from the top down, so
 * that neighbours read what was published in the same step; gamma must be 0 then. Without errors it
 * can walk through many steps at once, layer by layer from the lowest: {@link #infer}.
 */
public interface StreamingLayer {

  /**
   * Number of inputs of a sample.
   *
   * @return at least 1
   */
  long inputs();

  /**
   * Number of neurons.
   *
   * @return at least 1
   */
  long outputs();

  /**
   * The state before the first step.
   *
   * @param batch number of samples
   * @return a state of zeros
   */
  NeuronState newState(long batch);

  /**
   * One Euler step of the errors, membranes and rates of this layer.
   *
   * @param state changed in place; new rate and feedback are left in {@code nextR} and {@code
   *     nextF}
   * @param below rates of the layer below in the step before, or the input: [batch, inputs]
   * @param above error from the layer above in the step before, or from the target: [batch,
   *     neurons], positive where a higher rate would lower the loss
   * @param mask 1 where time passes and 0 where a sample stands still, [batch, 1]; null: all 1. A
   *     sample that stands still keeps its state and adds nothing to the gradients.
   * @param learn whether to add this step's gradients, summed over the batch and with the sign an
   *     optimiser subtracts, to the layer's gradient view
   */
  default void step(
      NeuronState state, INDArray below, INDArray above, INDArray mask, boolean learn) {
    advanceErrors(state, above, mask);
    advanceRates(state, below, mask);
    passDown(state, below, mask, learn);
  }

  /**
   * The part of a step that advances the error neurons.
   *
   * @param state {@code v} is changed, {@code q} and {@code e} are written
   * @param above as for {@link #step}
   * @param mask as for {@link #step}
   */
  void advanceErrors(NeuronState state, INDArray above, INDArray mask);

  /**
   * The part of a step that advances the membranes.
   *
   * @param state {@code u} and {@code d} are changed, the new rate is left in {@code nextR}
   * @param below as for {@link #step}
   * @param mask as for {@link #step}
   */
  void advanceRates(NeuronState state, INDArray below, INDArray mask);

  /**
   * The part of a step that uses its errors: gradients and feedback.
   *
   * @param state the new feedback is left in {@code nextF}
   * @param below as for {@link #step}
   * @param mask as for {@link #step}
   * @param learn as for {@link #step}
   */
  void passDown(NeuronState state, INDArray below, INDArray mask, boolean learn);

  /**
   * Euler steps of the membranes and rates alone, without errors: one product for all steps, then a
   * scan.
   *
   * @param state changed in place to that after the last step; errors stay as they are
   * @param below what the layer below returned, or the inputs: [batch, inputs, time]
   * @param mask as for {@link #step}, [batch, time]
   * @param delayed whether the layer above reads the rates of the step before, as in {@link #step},
   *     or those of the same step
   * @return rates as the layer above reads them, [batch, neurons, time]: delayed, those of the
   *     state and then those of all steps but the last; else those of all steps
   */
  INDArray infer(NeuronState state, INDArray below, INDArray mask, boolean delayed);

  /**
   * The constants of the layer's neurons: one pair of time constants per neuron, or one for every
   * group of as many neighbouring neurons.
   *
   * @return the layer's own time constants, not copies
   */
  NeuronParameters<INDArray> neurons();

  /**
   * The layer's products for float on the CPU, reading its parameters and writing its gradient view
   * in place.
   *
   * @param batch number of samples
   * @param scratch working memory, which layers may share that one thread advances
   * @return products for this batch size
   * @throws IllegalArgumentException when parameters are not floats in plain memory
   */
  Connectivity connectivity(int batch, Scratch scratch);
}

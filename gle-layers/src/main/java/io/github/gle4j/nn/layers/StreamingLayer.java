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
 * before, and then {@link NeuronState#publish} on all states. Without errors it can walk through
 * many steps at once, layer by layer from the lowest: {@link #infer}.
 */
public interface StreamingLayer {

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
   * @param below rates of the layer below in the step before, or the input: [batch, nIn]
   * @param above error from the layer above in the step before, or from the target: [batch, nOut],
   *     positive where a higher rate would lower the loss
   * @param mask 1 where time passes and 0 where a sample stands still, [batch, 1]; null: all 1. A
   *     sample that stands still keeps its state and adds nothing to the gradients.
   * @param learn whether to add this step's gradients, summed over the batch and with the sign an
   *     optimiser subtracts, to the layer's gradient view
   */
  void step(NeuronState state, INDArray below, INDArray above, INDArray mask, boolean learn);

  /**
   * Euler steps of the membranes and rates alone, without errors: one product for all steps, then a
   * scan.
   *
   * @param state changed in place to that after the last step; errors stay as they are
   * @param below what the layer below returned, or the inputs: [batch, nIn, time]
   * @param mask as for {@link #step}, [batch, time]
   * @return rates delayed by one step, as the layer above reads them: those of the state, then
   *     those of all steps but the last, [batch, nOut, time]
   */
  INDArray infer(NeuronState state, INDArray below, INDArray mask);

  /**
   * The constants of the layer's neurons.
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

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.NeuronState;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer that can be advanced by one time step with a state its caller owns.
 *
 * <p>The caller makes one state per layer with {@link #newState}. In every time step it calls, for
 * all layers in any order, either {@link #step} or {@link #infer} with what the neighbours
 * published in the step before, and then {@link NeuronState#publish} (after {@code infer}: {@link
 * NeuronState#publishRate}) on all states.
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
   * One Euler step of the membranes and rates alone, without errors.
   *
   * @param state changed in place; the new rate is left in {@code nextR}
   * @param below as for {@link #step}
   * @param mask as for {@link #step}
   */
  void infer(NeuronState state, INDArray below, INDArray mask);
}

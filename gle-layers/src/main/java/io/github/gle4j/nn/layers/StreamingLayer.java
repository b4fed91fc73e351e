// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable;
import io.github.gle4j.nn.connectivity.Scratch;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer that can be advanced by one time step with a state its caller owns: what a layer of DL4J
 * offers to the engines of {@code train}, whatever it is made of. {@link LayerSteps} says what a
 * caller does in a time step. Without errors it can walk through many steps at once, layer by layer
 * from the lowest: {@link #infer}.
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
   * Length of its time step.
   *
   * @return a positive number
   */
  double dt();

  /**
   * Whether errors act on the membranes of the same step, so that they must come first.
   *
   * @return true: layers cannot act one after another, and nothing can be inferred without errors
   */
  boolean errorsMoveMembranes();

  /**
   * Why the layer cannot be streamed as it is.
   *
   * @param learns whether it is to learn
   * @return what it has, and what is allowed; empty: it can
   */
  Optional<String> obstacle(boolean learns);

  /**
   * What the fused steps have to do by ND4J's operations.
   *
   * @return a name for the log; empty: nothing
   */
  Optional<String> slowPart();

  /**
   * What the layer declares for its state.
   *
   * @return in the order in which they are saved
   */
  List<Variable> variables();

  /**
   * The state before the first step.
   *
   * @param batch number of samples
   * @return a state of zeros
   */
  State<INDArray> newState(long batch);

  /**
   * The layer's steps by ND4J's operations, with its present parameter and gradient arrays.
   *
   * @param state goes on; of {@link #newState}, or from there
   * @return for the batch size of the state
   */
  LayerSteps<INDArray> reference(State<INDArray> state);

  /**
   * The layer's steps for float on the CPU, with its present parameter and gradient arrays.
   *
   * @param batch number of samples
   * @param scratch working memory, which layers may share that one thread advances
   * @return steps that start from zero
   * @throws IllegalArgumentException when parameters are not floats in plain memory
   */
  LayerSteps<float[]> fused(int batch, Scratch scratch);

  /**
   * Steps of the membranes and rates alone, without errors.
   *
   * @param state changed in place to that after the last step; errors stay as they are
   * @param below what the layer below returned, or the inputs: [batch, inputs, time]
   * @param mask as for {@link LayerSteps#advanceErrors}, [batch, time]
   * @param delayed whether the layer above reads the rates of the step before, or those of the same
   *     step
   * @return rates as the layer above reads them, [batch, neurons, time]: delayed, those of the
   *     state and then those of all steps but the last; else those of all steps
   */
  INDArray infer(State<INDArray> state, INDArray below, INDArray mask, boolean delayed);
}

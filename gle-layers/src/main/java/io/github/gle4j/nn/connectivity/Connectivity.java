// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

/**
 * What a connection f(r; W, b) does for one batch size: forward pass, vector-Jacobian product and
 * parameter gradient. Parameters and gradients are a layer's, in place. Arrays are as {@link
 * io.github.gle4j.dynamics.ArrayMath} says: one value per input, or per neuron, and sample.
 *
 * <p>In every time step the layer calls {@link #forward}, later {@link #feedback} and right after
 * it {@link #gradient}, if it learns. The array that forward read may not change until then.
 *
 * @param <A> type of an array
 */
public interface Connectivity<A> {

  /**
   * Computes the current into the neurons, {@code W r + b}.
   *
   * @param from in: rates, per input
   * @param current out: per neuron
   * @param add whether to add to what is there
   */
  void forward(A from, A current, boolean add);

  /**
   * Computes the feedback, {@code W^T e}, where other weights may stand for W.
   *
   * @param e in: prospective errors, per neuron
   * @param to out: per input
   * @param add whether to add to what is there
   */
  void feedback(A e, A to, boolean add);

  /**
   * Writes or adds {@code -post pre^T}, summed over the samples, as the gradient of the weights,
   * and {@code -post} as that of the biases: with the sign that an optimiser subtracts.
   *
   * @param pre what a rule takes for the inputs, mostly what {@link #forward} read
   * @param post what a rule takes for the neurons, mostly what {@link #feedback} read
   * @param add whether to add to the gradients that are there
   */
  void gradient(A pre, A post, boolean add);

  /** Must be called after the parameters have changed. */
  void parametersChanged();

  /**
   * The size of the currents, right after {@link #forward}: not finite when one of them is not.
   *
   * @return the sum of the absolute values, or more; NaN: not known, all values must be looked at
   */
  default float sizeOfCurrents() {
    return Float.NaN;
  }

  /**
   * The size of the errors, right after {@link #feedback}: not finite when one of them is not.
   *
   * @return as {@link #sizeOfCurrents}
   */
  default float sizeOfErrors() {
    return Float.NaN;
  }

  /**
   * The size of the gradients as they are now: not finite when one of them is not.
   *
   * @return as {@link #sizeOfCurrents}
   */
  default float sizeOfGradients() {
    return Float.NaN;
  }
}

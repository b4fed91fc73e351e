// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * One Euler step of a layer's membranes and error neurons on arrays the caller owns: the only home
 * of the neuron equations (GLE Eqs. 6-15 and Algorithm 1).
 *
 * <p>A layer calls, once per time step, first {@link #error} (unless it only infers), then {@link
 * #membrane}; between the two it computes the current {@code W r + b}, afterwards gradients,
 * feedback and the rate {@code phi(p)}. A superscript dot means the derivative by time.
 *
 * <p>Arrays are [batch, neurons] with memory in 'f' order, so that the samples of one neuron lie
 * side by side.
 *
 * @param <A> type of an array
 */
public interface GleKernel<A> {

  /**
   * The error neuron: {@code q = above * d; v. = (q - v) / tauR; e = v + tauM v.; v += dt v.}, or
   * {@code v = e = q} when prospective errors are off.
   *
   * @param neurons constants of the neurons
   * @param above in: error from the layer above or the target; positive raises the rate
   * @param d in: derivative {@code phi'} of the step before
   * @param v in and out: membrane potential of the error neuron
   * @param q out: instantaneous error
   * @param vDot working memory, no defined content afterwards
   * @param e out: prospective error
   */
  void error(NeuronParameters<A> neurons, A above, A d, A v, A q, A vDot, A e);

  /**
   * The membrane: {@code u. = (current + gamma e - u) / tauM; p = u + tauR u.; u += dt u.}.
   *
   * @param neurons constants of the neurons
   * @param current in: {@code W r + b}; working memory, no defined content afterwards
   * @param e in: prospective error of this step; null stands for zero
   * @param u in and out: membrane potential
   * @param uDot out: its derivative by time, {@code u.}
   * @param p out: prospective voltage
   */
  void membrane(NeuronParameters<A> neurons, A current, A e, A u, A uDot, A p);
}

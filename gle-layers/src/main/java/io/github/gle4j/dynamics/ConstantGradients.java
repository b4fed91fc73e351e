// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * Where gradients of constants go.
 *
 * @param <A> type of an array
 */
@FunctionalInterface
public interface ConstantGradients<A> {

  /**
   * Writes or adds {@code sign sum(a b)} as a constant's gradient, with the sign that an optimiser
   * subtracts: the sum over the samples and over the neurons that share the constant.
   *
   * @param constant its name
   * @param sign 1 or -1
   * @param a per neuron and sample
   * @param b per neuron and sample
   * @param add whether to add to the gradient that is there
   */
  void sum(String constant, int sign, A a, A b, boolean add);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * The activation function of a layer's neurons and its derivative. It holds no state and may be
 * shared between threads.
 *
 * @param <A> type of an array
 */
@FunctionalInterface
public interface Phi<A> {

  /**
   * Computes {@code r = phi(p)} and {@code d = phi'(p)}.
   *
   * @param p in: prospective voltages; no defined content afterwards
   * @param r out: rates, of the same shape
   * @param d out: derivatives, of the same shape
   */
  void apply(A p, A r, A d);
}

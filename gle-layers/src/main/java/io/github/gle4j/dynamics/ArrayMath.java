// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * Elementwise operations on arrays of one form, so that a model is written once for all forms.
 *
 * <p>An array holds a number of values for every sample of a batch, the samples of one value side
 * by side: as {@code float[]} it is [values][batch], as INDArray [batch, values] in 'f' order. A
 * constant has one value per neuron, or one for as many neighbouring neurons each. An operation's
 * target may be one of its operands.
 *
 * @param <A> type of an array
 */
public interface ArrayMath<A> {

  /**
   * A new array of zeros.
   *
   * @param size values per sample
   * @param batch number of samples
   * @return an array that lasts
   */
  A zeros(int size, int batch);

  /**
   * {@code to = from}.
   *
   * @param from in
   * @param to out
   */
  void copy(A from, A to);

  /**
   * Sets all values.
   *
   * @param value the same for all
   * @param to out
   */
  void fill(double value, A to);

  /**
   * {@code to = a + factor b}.
   *
   * @param a in
   * @param factor of b
   * @param b in
   * @param to out
   */
  void sum(A a, double factor, A b, A to);

  /**
   * {@code to = a b}.
   *
   * @param a in
   * @param b in
   * @param to out
   */
  void product(A a, A b, A to);

  /**
   * {@code to = factor a}.
   *
   * @param factor of a
   * @param a in
   * @param to out
   */
  void scale(double factor, A a, A to);

  /**
   * {@code to = a constant}.
   *
   * @param a in
   * @param constant in, per neuron
   * @param to out
   */
  void multiply(A a, A constant, A to);

  /**
   * {@code to = a / constant}.
   *
   * @param a in
   * @param constant in, per neuron
   * @param to out
   */
  void divide(A a, A constant, A to);

  /**
   * Puts old values of samples back that stand still: {@code after = mask after + (1 - mask)
   * before}.
   *
   * @param mask 1 for samples whose time passes, 0 for those that stand still: one per sample
   * @param before in
   * @param after in and out
   */
  void hold(A mask, A before, A after);

  /**
   * Clears what samples do that stand still: {@code values = mask values}, and 0 where the mask is,
   * whatever is there.
   *
   * @param mask as for {@link #hold}
   * @param values in and out
   */
  void clear(A mask, A values);

  /**
   * Puts 0 where samples stand still, whatever is there.
   *
   * @param mask as for {@link #hold}
   * @param values in and out
   */
  void hide(A mask, A values);

  /**
   * Another batch of an array's samples.
   *
   * @param from in
   * @param batch number of its samples
   * @param rows which of them, in this order
   * @return a new array
   */
  A samples(A from, int batch, int[] rows);

  /**
   * Looks for a value that is infinite or not a number.
   *
   * @param values in
   * @return the first one's place in memory, or -1
   */
  long firstNonFinite(A values);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import org.bytedeco.javacpp.FloatPointer;

/**
 * The products of a connectivity f(r; W, b) for float on the CPU: forward pass, vector-Jacobian
 * product and parameter gradient, for one batch size. Parameters and gradients are the layer's, in
 * place. Java arrays are [neurons][batch] or [inputs][batch].
 *
 * <p>In every time step the caller calls {@link #forward}, then {@link #feedback} and, to learn,
 * {@link #gradient}, with the same {@code below}, and asks for sizes before the step of another
 * layer with the same {@link Scratch}. Nothing is allocated.
 */
public interface Connectivity {

  /**
   * Computes the current into the neurons, {@code W r + b}.
   *
   * @param below rates of the layer below, [inputs][batch]
   * @param current out: [neurons][batch]
   */
  void forward(FloatPointer below, float[] current);

  /**
   * Computes the feedback, {@code W^T e}, where fixed feedback weights may stand for W.
   *
   * @param e prospective errors, [neurons][batch]
   * @param f out: [inputs][batch]
   */
  void feedback(float[] e, float[] f);

  /**
   * Writes or adds gradients for the errors last given to {@link #feedback} to the layer's.
   *
   * @param below as for {@link #forward}
   * @param scale factor of the sum over the batch of errors times rates
   * @param add whether to add to the gradients that are there
   */
  void gradient(FloatPointer below, float scale, boolean add);

  /** Must be called after the parameters have changed. */
  void parametersChanged();

  /**
   * The size of the currents of the last {@link #forward}: not finite when one of them is not.
   *
   * @return the sum of the absolute values
   */
  float sizeOfCurrents();

  /**
   * The size of the errors of the last {@link #feedback}: not finite when one of them is not.
   *
   * @return the sum of the absolute values
   */
  float sizeOfErrors();

  /**
   * The size of the gradients as they are now: not finite when one of them is not.
   *
   * @return the sum of the absolute values
   */
  float sizeOfGradients();
}

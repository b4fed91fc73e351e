// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import java.util.Locale;

/**
 * A state, a gradient, an update, or what a network gives became infinite or not a number. The
 * parameters are those of the last update that was finite. In a streaming trainer's {@code fit} and
 * {@code step} the neurons' states may hold values that are not finite; evaluation, prediction and
 * DL4J's own calls have kept no state.
 */
public final class NonFiniteException extends ArithmeticException {
  private NonFiniteException(String message) {
    super(message);
  }

  /**
   * In a step of a stream.
   *
   * @param quantity what is not finite
   * @param layer where
   * @param step of the sequences at hand
   * @param update number of the update that was to come
   * @return the exception with its message
   */
  public static NonFiniteException of(String quantity, int layer, long step, int update) {
    return new NonFiniteException(
        String.format(
                Locale.ROOT,
                "the %s in layer %d is not finite in step %d, before update %d; the parameters are those",
                quantity,
                layer,
                step,
                update)
            + " before it. Is the learning rate too high? Before going on, call resetState() or"
            + " restoreState(): the neurons may have taken damage");
  }

  /**
   * In a pass over a sequence, which is given up.
   *
   * @param quantity what is not finite
   * @param layer where
   * @param step of the sequence
   * @return the exception with its message
   */
  public static NonFiniteException inSequence(String quantity, String layer, long step) {
    return new NonFiniteException(
        String.format(
            Locale.ROOT,
            "the %s in %s is not finite in step %d: inputs, weights or states are too large for it, or"
                + " not finite; no parameter and no state was changed",
            quantity,
            layer,
            step));
  }
}

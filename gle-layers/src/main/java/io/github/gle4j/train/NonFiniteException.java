// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.Locale;

/**
 * A state, a gradient or an update became infinite or not a number. The parameters are those of the
 * last update that was finite; the neurons' states may hold values that are not finite.
 */
public final class NonFiniteException extends ArithmeticException {
  private NonFiniteException(String message) {
    super(message);
  }

  /**
   * The exception with its message.
   *
   * @param step of the sequences at hand
   * @param update number of the update that was to come
   */
  static NonFiniteException of(String quantity, int layer, long step, int update) {
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
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

/**
 * A gradient or an update became infinite or not a number. The parameters are those before the
 * update that failed; the neurons' states and the updater's may hold values that are not finite.
 */
public final class NonFiniteException extends ArithmeticException {
  NonFiniteException(String message) {
    super(message);
  }
}

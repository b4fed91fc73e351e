// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

/**
 * A gradient became infinite or not a number. The parameters are those before the step that failed.
 */
public final class NonFiniteException extends ArithmeticException {
  NonFiniteException(String message) {
    super(message);
  }
}

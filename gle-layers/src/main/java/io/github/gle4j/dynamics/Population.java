// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.io.Serializable;

/**
 * A number of neighbouring neurons that share their time constants. Time is unit-free.
 *
 * @param count number of neurons, at least 1
 * @param tauM membrane time constant of every neuron, positive and finite
 * @param tauR prospective time constant of every neuron, positive and finite
 */
public record Population(int count, double tauM, double tauR) implements Serializable {

  /**
   * Checks the values.
   *
   * @param count number of neurons, at least 1
   * @param tauM membrane time constant, positive and finite
   * @param tauR prospective time constant, positive and finite
   * @throws IllegalArgumentException when a value is outside its range
   */
  public Population {
    if (count < 1) {
      throw new IllegalArgumentException(
          "population of " + count + " neurons: at least 1 is allowed");
    }
    requirePositive("tauM", tauM);
    requirePositive("tauR", tauR);
  }

  /**
   * As the constructor, for static import.
   *
   * @param count number of neurons
   * @param tauM membrane time constant
   * @param tauR prospective time constant
   * @return the population
   */
  public static Population of(int count, double tauM, double tauR) {
    return new Population(count, tauM, tauR);
  }

  static void requirePositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          name + " = " + value + ": a positive, finite time constant is allowed");
    }
  }
}

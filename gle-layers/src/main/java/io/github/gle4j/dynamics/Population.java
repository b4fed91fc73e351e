// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Objects;

/**
 * A number of neighbouring neurons that share their time constants. Time is unit-free.
 *
 * <p>A class rather than a record because DL4J's JSON mapper fills it through its fields.
 */
public final class Population {
  private int count;
  private double tauM;
  private double tauR;

  private Population() {} // for DL4J's JSON mapper

  private Population(int count, double tauM, double tauR) {
    this.count = count;
    this.tauM = tauM;
    this.tauR = tauR;
  }

  /**
   * A population of {@code count} neurons.
   *
   * @param count number of neurons, at least 1
   * @param tauM membrane time constant, positive and finite
   * @param tauR prospective time constant, positive and finite
   * @return the population
   * @throws IllegalArgumentException when a value is outside its range
   */
  public static Population of(int count, double tauM, double tauR) {
    if (count < 1) {
      throw new IllegalArgumentException("population of " + count + " neurons: at least 1 allowed");
    }
    requirePositive("tauM", tauM);
    requirePositive("tauR", tauR);
    return new Population(count, tauM, tauR);
  }

  static void requirePositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " = " + value + ": positive and finite allowed");
    }
  }

  /**
   * The number of neurons.
   *
   * @return at least 1
   */
  public int getCount() {
    return count;
  }

  /**
   * The membrane time constant of every neuron in the population.
   *
   * @return a positive number
   */
  public double getTauM() {
    return tauM;
  }

  /**
   * The prospective time constant of every neuron in the population.
   *
   * @return a positive number
   */
  public double getTauR() {
    return tauR;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Population other
        && count == other.count
        && tauM == other.tauM
        && tauR == other.tauR;
  }

  @Override
  public int hashCode() {
    return Objects.hash(count, tauM, tauR);
  }

  @Override
  public String toString() {
    return count + " x " + tauM + "/" + tauR;
  }
}

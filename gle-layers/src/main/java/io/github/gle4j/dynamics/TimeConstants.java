// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;

/**
 * Where the membrane and prospective time constants of a layer's neurons come from.
 *
 * <p>A layer's builder calls {@link #populations(int)} once, with its number of neurons, and keeps
 * the result: a saved configuration holds the numbers, not the recipe. Time is unit-free; all
 * values must be at least the layer's {@code dt}, which the layer checks.
 */
@FunctionalInterface
public interface TimeConstants {

  /**
   * The time constants of a layer, as runs of neurons with equal values, first neuron first.
   *
   * @param neurons number of neurons of the layer
   * @return the populations; the layer refuses them when their counts do not add up
   */
  List<Population> populations(int neurons);

  /**
   * The given populations, in this order.
   *
   * @param populations their counts must add up to the layer's number of neurons
   * @return the time constants
   */
  static TimeConstants populations(Population... populations) {
    List<Population> list = List.of(populations);
    return neurons -> list;
  }

  /**
   * The same time constants for every neuron of a layer of any size.
   *
   * @param tauM membrane time constant
   * @param tauR prospective time constant
   * @return the time constants
   * @throws IllegalArgumentException when a value is not positive and finite
   */
  static TimeConstants constant(double tauM, double tauR) {
    Population.requirePositive("tauM", tauM);
    Population.requirePositive("tauR", tauR);
    return neurons -> List.of(Population.of(neurons, tauM, tauR));
  }

  /**
   * Values that change linearly from the first neuron to the last; a single neuron gets the first.
   *
   * @param firstTauM membrane time constant of the first neuron
   * @param lastTauM membrane time constant of the last neuron
   * @param firstTauR prospective time constant of the first neuron
   * @param lastTauR prospective time constant of the last neuron
   * @return the time constants
   * @throws IllegalArgumentException when a value is not positive and finite
   */
  static TimeConstants linear(
      double firstTauM, double lastTauM, double firstTauR, double lastTauR) {
    Population.requirePositive("firstTauM", firstTauM);
    Population.requirePositive("lastTauM", lastTauM);
    Population.requirePositive("firstTauR", firstTauR);
    Population.requirePositive("lastTauR", lastTauR);
    return neurons -> {
      double steps = Math.max(1, neurons - 1);
      return runs(
          neurons,
          i -> between(firstTauM, lastTauM, i / steps),
          i -> between(firstTauR, lastTauR, i / steps));
    };
  }

  /**
   * Values given neuron by neuron.
   *
   * @param tauM membrane time constants
   * @param tauR prospective time constants, as many
   * @return the time constants
   * @throws IllegalArgumentException when the lengths differ or a value is not positive and finite
   */
  static TimeConstants explicit(double[] tauM, double[] tauR) {
    if (tauM.length != tauR.length) {
      throw new IllegalArgumentException(
          tauM.length + " values of tauM but " + tauR.length + " of tauR: as many are allowed");
    }
    List<Population> runs = runs(tauM.length, i -> tauM[i], i -> tauR[i]);
    return neurons -> runs;
  }

  /**
   * Independent draws whose logarithms are uniformly distributed; equal bounds give a constant.
   *
   * @param lowestTauM lower bound of the membrane time constants
   * @param highestTauM upper bound of the membrane time constants
   * @param lowestTauR lower bound of the prospective time constants
   * @param highestTauR upper bound of the prospective time constants
   * @param seed the same seed gives the same values
   * @return the time constants
   * @throws IllegalArgumentException when a bound is not positive and finite or out of order
   */
  static TimeConstants logUniform(
      double lowestTauM, double highestTauM, double lowestTauR, double highestTauR, long seed) {
    requireOrdered("TauM", lowestTauM, highestTauM);
    requireOrdered("TauR", lowestTauR, highestTauR);
    return neurons -> {
      Random random = new Random(seed);
      return runs(
          neurons,
          i -> logUniform(random, lowestTauM, highestTauM),
          i -> logUniform(random, lowestTauR, highestTauR));
    };
  }

  /**
   * Independent draws from normal distributions truncated below at {@code lowest}: draws below it
   * are repeated.
   *
   * @param meanTauM mean of the membrane time constants before truncation, at least {@code lowest}
   * @param deviationTauM their standard deviation, not negative
   * @param meanTauR mean of the prospective time constants, at least {@code lowest}
   * @param deviationTauR their standard deviation, not negative
   * @param lowest smallest value drawn, positive; the layer's {@code dt} or more
   * @param seed the same seed gives the same values
   * @return the time constants
   * @throws IllegalArgumentException when a value is outside its range
   */
  static TimeConstants normal(
      double meanTauM,
      double deviationTauM,
      double meanTauR,
      double deviationTauR,
      double lowest,
      long seed) {
    Population.requirePositive("lowest", lowest);
    requireNormal("TauM", meanTauM, deviationTauM, lowest);
    requireNormal("TauR", meanTauR, deviationTauR, lowest);
    return neurons -> {
      Random random = new Random(seed);
      return runs(
          neurons,
          i -> atLeast(lowest, () -> meanTauM + deviationTauM * random.nextGaussian()),
          i -> atLeast(lowest, () -> meanTauR + deviationTauR * random.nextGaussian()));
    };
  }

  private static List<Population> runs(
      int neurons, IntToDoubleFunction tauM, IntToDoubleFunction tauR) {
    List<Population> runs = new ArrayList<>();
    for (int i = 0; i < neurons; i++) {
      double m = tauM.applyAsDouble(i);
      double r = tauR.applyAsDouble(i);
      int last = runs.size() - 1;
      if (last >= 0 && runs.get(last).tauM() == m && runs.get(last).tauR() == r) {
        runs.set(last, Population.of(runs.get(last).count() + 1, m, r));
      } else {
        runs.add(Population.of(1, m, r));
      }
    }
    return List.copyOf(runs);
  }

  private static double logUniform(Random random, double lowest, double highest) {
    return clamp(
        lowest * Math.exp(random.nextDouble() * Math.log(highest / lowest)), lowest, highest);
  }

  private static double between(double first, double last, double share) {
    return clamp(first + (last - first) * share, Math.min(first, last), Math.max(first, last));
  }

  /** Rounding must not leave the range. */
  private static double clamp(double value, double lowest, double highest) {
    return Math.min(Math.max(value, lowest), highest);
  }

  private static double atLeast(double lowest, DoubleSupplier draw) {
    double value = draw.getAsDouble();
    while (value < lowest) {
      value = draw.getAsDouble();
    }
    return value;
  }

  private static void requireOrdered(String name, double lowest, double highest) {
    Population.requirePositive("lowest" + name, lowest);
    Population.requirePositive("highest" + name, highest);
    if (highest < lowest) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "highest%s = %s is below lowest%s = %s", name, highest, name, lowest));
    }
  }

  private static void requireNormal(String name, double mean, double deviation, double lowest) {
    Population.requirePositive("mean" + name, mean);
    if (mean < lowest) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "mean%s = %s is below lowest = %s", name, mean, lowest));
    }
    if (!(deviation >= 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "deviation%s = %s: a finite number >= 0 is allowed", name, deviation));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The learning rates of a network's updaters. DL4J's {@code net.setLearningRate} skips updaters of
 * single parameters; these are all.
 */
final class LearningRates {
  /** Below it, steps are lost in rounding, until Adam takes rates for 0 and walks on by epsilon. */
  private static final double LOWEST = 1e-12;

  private LearningRates() {}

  /**
   * Refuses schedules. An updater does not tell whether it has one, so its rate is asked for at
   * times far apart.
   */
  static void requireFixed(MultiLayerNetwork network) {
    for (IUpdater updater : updaters(network)) {
      if (!isFixed(updater)) {
        throw new IllegalStateException(
            updater
                + " has a learning-rate schedule: reduce-on-plateau needs a fixed learning rate");
      }
    }
  }

  /**
   * Refuses rates that would climb, or are no numbers.
   *
   * @throws IllegalArgumentException naming updater and rate
   */
  static void requireSound(MultiLayerNetwork network) {
    for (IUpdater updater : updaters(network)) {
      double rate = updater.getLearningRate(network.getIterationCount(), network.getEpochCount());
      if (!(rate >= 0 && Double.isFinite(rate))) {
        throw new IllegalArgumentException(
            "learning rate of "
                + updater.getClass().getSimpleName()
                + " = "
                + rate
                + ": 0 or a positive, finite number is allowed");
      }
    }
  }

  /**
   * Whether rates stay above 0 in single precision, and finite, when they are multiplied; those
   * that are 0 do not matter.
   */
  static boolean canMultiply(MultiLayerNetwork network, double factor) {
    for (double rate : fixed(network)) {
      double next = rate * factor;
      if (rate > 0 && !(next >= Float.MIN_NORMAL && next <= Float.MAX_VALUE)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Multiplies every rate, unless one that is not 0 would fall below the lowest that is of use.
   *
   * @return whether they were
   */
  static boolean reduce(MultiLayerNetwork network, double factor) {
    for (double rate : fixed(network)) {
      if (rate > 0 && rate * factor < LOWEST) {
        return false;
      }
    }
    multiply(network, factor);
    return true;
  }

  private static boolean isFixed(IUpdater updater) {
    double rate = updater.getLearningRate(0, 0);
    for (int time = 1; time > 0; time = 2 * time + 1) {
      if (updater.getLearningRate(time, 0) != rate || updater.getLearningRate(0, time) != rate) {
        return false;
      }
    }
    return true;
  }

  /** The rate of every updater; NaN where a schedule gives it. */
  static double[] fixed(Model network) {
    return updaters(network).stream()
        .mapToDouble(updater -> isFixed(updater) ? updater.getLearningRate(0, 0) : Double.NaN)
        .toArray();
  }

  /** Sets what {@link #fixed} returned, in place. */
  static void setFixed(Model network, double... rates) {
    List<IUpdater> updaters = updaters(network);
    for (int i = 0; i < rates.length; i++) {
      if (!Double.isNaN(rates[i])) {
        updaters.get(i).setLrAndSchedule(rates[i], null);
      }
    }
  }

  /** Multiplies every rate, in place, so that the updaters' states live on. */
  static void multiply(MultiLayerNetwork network, double factor) {
    requireFixed(network);
    for (IUpdater updater : updaters(network)) {
      updater.setLrAndSchedule(updater.getLearningRate(0, 0) * factor, null);
    }
  }

  /** The rate of the first parameter whose rate is not 0; 0 if all are; NaN if there is none. */
  static double first(MultiLayerNetwork network, int iteration, int epoch) {
    double first = Double.NaN;
    for (IUpdater updater : updaters(network)) {
      first = updater.getLearningRate(iteration, epoch);
      if (first != 0) {
        return first;
      }
    }
    return first;
  }

  /** Every updater object that has a rate, once, lowest layer first. */
  private static List<IUpdater> updaters(Model network) {
    Set<IUpdater> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<IUpdater> updaters = new ArrayList<>();
    for (Layer layer : layers(network)) {
      for (String key : layer.paramTable().keySet()) {
        IUpdater updater = layer.getConfig().getUpdaterByParam(key);
        if (updater.hasLearningRate() && seen.add(updater)) {
          updaters.add(updater);
        }
      }
    }
    return updaters;
  }

  private static Layer[] layers(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getLayers()
        : ((MultiLayerNetwork) network).getLayers();
  }
}

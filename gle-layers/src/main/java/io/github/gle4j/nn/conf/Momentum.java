// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Gradient descent with classical momentum: {@code m = momentum m + gradient}, then {@code
 * parameter -= learningRate m}. DL4J offers Nesterov's variant only.
 */
public final class Momentum implements IUpdater {
  /** Name of the updater's only state, the accumulated gradient. */
  public static final String STATE_KEY = "M";

  private double learningRate;
  private ISchedule learningRateSchedule;
  private double momentum;

  private Momentum() {} // for DL4J's JSON mapper

  private Momentum(double learningRate, ISchedule schedule, double momentum) {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "momentum = " + momentum + ": at least 0 and below 1 is allowed");
    }
    if (schedule == null && !(learningRate >= 0 && Double.isFinite(learningRate))) {
      throw new IllegalArgumentException(
          "learning rate = " + learningRate + ": a finite number >= 0 is allowed");
    }
    this.learningRate = learningRate;
    this.learningRateSchedule = schedule;
    this.momentum = momentum;
  }

  /**
   * A fixed learning rate.
   *
   * @param learningRate factor of the accumulated gradient, not negative
   * @param momentum at least 0 and below 1
   * @throws IllegalArgumentException when a value is outside its range
   */
  public Momentum(double learningRate, double momentum) {
    this(learningRate, null, momentum);
  }

  /**
   * A learning rate that follows a schedule.
   *
   * @param schedule factor of the accumulated gradient
   * @param momentum at least 0 and below 1
   * @throws IllegalArgumentException when a value is outside its range
   */
  public Momentum(ISchedule schedule, double momentum) {
    this(Double.NaN, schedule, momentum);
  }

  /**
   * The share of the accumulated gradient that is kept in every update.
   *
   * @return at least 0 and below 1
   */
  public double getMomentum() {
    return momentum;
  }

  @Override
  public long stateSize(long numParams) {
    return numParams;
  }

  @Override
  public GradientUpdater<Momentum> instantiate(INDArray viewArray, boolean initializeViewArray) {
    Updater updater = new Updater(this);
    updater.setStateViewArray(
        viewArray, viewArray.shape(), viewArray.ordering(), initializeViewArray);
    return updater;
  }

  @Override
  public GradientUpdater<Momentum> instantiate(
      Map<String, INDArray> updaterState, boolean initializeStateArrays) {
    Updater updater = new Updater(this);
    updater.setState(updaterState, initializeStateArrays);
    return updater;
  }

  @Override
  public Momentum clone() {
    return new Momentum(learningRate, learningRateSchedule, momentum);
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return learningRateSchedule == null
        ? learningRate
        : learningRateSchedule.valueAt(iteration, epoch);
  }

  @Override
  public boolean hasLearningRate() {
    return true;
  }

  @Override
  public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
    learningRate = lr;
    learningRateSchedule = lrSchedule;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Momentum other
        && Double.compare(learningRate, other.learningRate) == 0
        && Objects.equals(learningRateSchedule, other.learningRateSchedule)
        && momentum == other.momentum;
  }

  @Override
  public int hashCode() {
    return Objects.hash(learningRate, learningRateSchedule, momentum);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Momentum(learningRate=%s, learningRateSchedule=%s, momentum=%s)",
        learningRate,
        learningRateSchedule,
        momentum);
  }

  private static final class Updater implements GradientUpdater<Momentum> {
    private final Momentum config;
    private INDArray accumulated;

    Updater(Momentum config) {
      this.config = config;
    }

    @Override
    public Momentum getConfig() {
      return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
      INDArray state = stateMap.get(STATE_KEY);
      if (state == null || stateMap.size() != 1) {
        throw new IllegalStateException(
            "state of the momentum updater has keys "
                + stateMap.keySet()
                + ": one array \""
                + STATE_KEY
                + "\" is allowed");
      }
      accumulated = state;
      if (initialize) {
        accumulated.assign(0);
      }
    }

    @Override
    public Map<String, INDArray> getState() {
      return Map.of(STATE_KEY, accumulated);
    }

    @Override
    public void setStateViewArray(
        INDArray viewArray, long[] gradientShape, char gradientOrder, boolean initialize) {
      accumulated = viewArray.reshape(viewArray.length());
      if (initialize) {
        accumulated.assign(0);
      }
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
      accumulated.muli(config.momentum).addi(gradient.reshape(accumulated.shape()));
      accumulated.muli(
          config.getLearningRate(iteration, epoch), gradient.reshape(accumulated.shape()));
    }
  }
}

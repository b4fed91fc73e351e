// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.layers.GleDenseImpl;
import io.github.gle4j.nn.layers.GleDenseParamInitializer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * A fully connected layer of GLE neurons: leaky integrators that look ahead (GLE Eqs. 6-15).
 *
 * <p>Input and output are [batch, size, time] (or [batch, time, size], as configured); the output
 * lags the input by one step. Parameters: {@code W} [nIn, nOut], {@code b} [1, nOut] and the time
 * constants {@code tauM} and {@code tauR} [1, nOut], which stay as initialised unless {@link
 * Builder#learnTimeConstants} says otherwise. Time is unit-free; all time constants are at least
 * {@code dt}.
 *
 * <p>Networks of this layer are trained step by step by {@code StreamingTrainer}, or a sequence at
 * a time by DL4J's {@code fit}; the top is a parameterless {@code RnnLossLayer}. The number of
 * neurons is fixed with the time constants: {@code TransferLearning} must replace the layer, not
 * its nOut.
 */
public final class GleDense extends BaseRecurrentLayer {
  private List<Population> timeConstants;
  private double dt;
  private double gamma;
  private boolean prospectiveErrors;
  private LearnedTimeConstants learnedTimeConstants;
  private double timeConstantLowerBound;
  private boolean hasBias;
  private IWeightInit biasWeightInit;

  private GleDense() {} // for DL4J's JSON mapper

  private GleDense(Builder builder) {
    super(builder);
    dt = builder.dt;
    gamma = builder.gamma;
    prospectiveErrors = builder.prospectiveErrors;
    learnedTimeConstants = builder.learnedTimeConstants;
    timeConstantLowerBound =
        builder.timeConstantLowerBound == null ? dt : builder.timeConstantLowerBound;
    hasBias = builder.hasBias;
    biasWeightInit = builder.biasWeightInit;
    LayerValidation.assertNOutSet("GleDense", getLayerName(), -1, getNOut());
    timeConstants =
        builder.timeConstants == null
            ? null
            : List.copyOf(builder.timeConstants.populations((int) getNOut()));
    validate();
    initializeConstraints(builder);
  }

  /**
   * Keeps the user's constraints off the time constants, which have a bound of their own. Called
   * once, when the layer is built.
   */
  @Override
  protected void initializeConstraints(
      org.deeplearning4j.nn.conf.layers.Layer.Builder<?> layerBuilder) {
    super.initializeConstraints(layerBuilder);
    List<LayerConstraint> own = new ArrayList<>();
    if (constraints != null) {
      for (LayerConstraint constraint : constraints) {
        Set<String> params = new TreeSet<>(constraint.getParams());
        params.removeIf(GleDense::isTimeConstant);
        constraint.setParams(params);
        own.add(constraint);
      }
    }
    if (((Builder) layerBuilder).inputWeights() != null) {
      for (LayerConstraint constraint : ((Builder) layerBuilder).inputWeights()) {
        LayerConstraint copy = constraint.clone();
        copy.setParams(Set.of(GleDenseParamInitializer.WEIGHT_KEY));
        own.add(copy);
      }
    }
    if (learnedTimeConstants != LearnedTimeConstants.NONE) {
      Set<String> learned = new TreeSet<>(initializer().paramKeys(this));
      learned.removeIf(key -> !isTimeConstant(key) || isFrozen(key));
      own.add(new TimeConstantBound(timeConstantLowerBound, learned));
    }
    constraints = own.isEmpty() ? null : own;
  }

  /** Checks what can be known before the network is put together. */
  private void validate() {
    require(
        timeConstants != null,
        "timeConstants are not set: for example TimeConstants.constant(1.2, 0.2)");
    require(dt > 0 && Double.isFinite(dt), "dt = " + dt + ": a positive, finite step is allowed");
    require(
        gamma >= 0 && Double.isFinite(gamma),
        "gamma = " + gamma + ": a finite coupling >= 0 is allowed");
    require(
        timeConstantLowerBound >= dt && Double.isFinite(timeConstantLowerBound),
        "lower bound " + timeConstantLowerBound + " of the time constants: at least dt = " + dt);
    long neurons = timeConstants.stream().mapToLong(Population::count).sum();
    require(
        neurons == getNOut(),
        "the populations "
            + timeConstants
            + " have "
            + neurons
            + " neurons, but nOut = "
            + getNOut());
    for (Population population : timeConstants) {
      require(
          population.tauM() >= dt,
          "tauM = " + population.tauM() + " is below dt = " + dt + ": at least dt is allowed");
      require(
          population.tauR() >= dt,
          "tauR = " + population.tauR() + " is below dt = " + dt + ": at least dt is allowed");
    }
    requireElementwise(getActivationFn());
    require(
        gamma == 0 || (getIDropout() == null && getWeightNoise() == null),
        "gamma = "
            + gamma
            + " with dropout or weight noise: errors that act on the membranes are learned from"
            + " step by step, without either");
  }

  private void requireElementwise(IActivation activation) {
    require(
        Elementwise.is(activation),
        "activation "
            + activation
            + " has no derivative that depends on one neuron's voltage alone:"
            + " an elementwise, deterministic function without parameters is allowed"
            + " (a softmax belongs into the RnnLossLayer)");
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      String name = getLayerName() == null ? "" : " \"" + getLayerName() + "\"";
      throw new DL4JInvalidConfigException("GleDense" + name + ": " + message);
    }
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> trainingListeners,
      int layerIndex,
      INDArray layerParamsView,
      boolean initializeParams,
      DataType networkDataType) {
    LayerValidation.assertNInNOutSet("GleDense", getLayerName(), layerIndex, getNIn(), getNOut());
    validate(); // again: defaults of the network and changes by the user came after build()
    GleDenseImpl layer = new GleDenseImpl(conf, networkDataType);
    layer.setListeners(trainingListeners);
    layer.setIndex(layerIndex);
    layer.setParamsViewArray(layerParamsView);
    layer.setParamTable(initializer().init(conf, layerParamsView, initializeParams));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return GleDenseParamInitializer.INSTANCE;
  }

  /** The layer's updater; time constants that are not learned have none. */
  @Override
  public IUpdater getUpdaterByParam(String paramName) {
    return isFrozen(paramName) ? new NoOp() : super.getUpdaterByParam(paramName);
  }

  /** As DL4J's dense layer; time constants are never regularised. */
  @Override
  public List<Regularization> getRegularizationByParam(String paramName) {
    return isTimeConstant(paramName) ? null : super.getRegularizationByParam(paramName);
  }

  private static boolean isTimeConstant(String paramName) {
    return paramName.equals(GleDenseParamInitializer.TAU_M_KEY)
        || paramName.equals(GleDenseParamInitializer.TAU_R_KEY);
  }

  /**
   * Whether a parameter is a time constant that is not learned: its gradient is always zero.
   *
   * @param paramName key of a parameter
   * @return true for such a time constant
   */
  public boolean isFrozen(String paramName) {
    return switch (paramName) {
      case GleDenseParamInitializer.TAU_M_KEY -> !learnedTimeConstants.tauM();
      case GleDenseParamInitializer.TAU_R_KEY -> !learnedTimeConstants.tauR();
      default -> false;
    };
  }

  /**
   * Memory per sequence: the current, voltage and rate of every time step, and for training also
   * the derivative, the membrane's derivative by time and both errors.
   */
  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    InputType outputType = getOutputType(-1, inputType);
    long outputs = outputType.arrayElementsPerExample();
    long numParams = initializer().numParams(this);
    long updaterState = 0;
    for (String key : initializer().paramKeys(this)) {
      long length = key.equals(GleDenseParamInitializer.WEIGHT_KEY) ? nIn * nOut : nOut;
      updaterState += getUpdaterByParam(key).stateSize(length);
    }
    return new LayerMemoryReport.Builder(layerName, GleDense.class, inputType, outputType)
        .standardMemory(numParams, updaterState)
        .workingMemory(0, 3 * outputs, 0, 7 * outputs + inputType.arrayElementsPerExample())
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  /**
   * Initial time constants.
   *
   * @return populations whose counts add up to nOut
   */
  public List<Population> getTimeConstants() {
    return timeConstants;
  }

  /**
   * Length of an Euler step.
   *
   * @return a positive number
   */
  public double getDt() {
    return dt;
  }

  /**
   * Apical coupling of the error into the soma.
   *
   * @return a number that is not negative
   */
  public double getGamma() {
    return gamma;
  }

  /**
   * Whether the error neurons look ahead.
   *
   * @return false: errors are instantaneous
   */
  public boolean isProspectiveErrors() {
    return prospectiveErrors;
  }

  /**
   * Which time constants are learned.
   *
   * @return never null
   */
  public LearnedTimeConstants getLearnedTimeConstants() {
    return learnedTimeConstants;
  }

  /**
   * Lower bound of learned time constants.
   *
   * @return at least dt
   */
  public double getTimeConstantLowerBound() {
    return timeConstantLowerBound;
  }

  /**
   * Whether the layer has the parameter {@code b}.
   *
   * @return true by default
   */
  public boolean isHasBias() {
    return hasBias;
  }

  /**
   * How {@code b} is drawn.
   *
   * @return null: all biases start at {@link #getBiasInit()}
   */
  public IWeightInit getBiasWeightInit() {
    return biasWeightInit;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GleDense other
        && super.equals(o)
        && timeConstants.equals(other.timeConstants)
        && dt == other.dt
        && gamma == other.gamma
        && prospectiveErrors == other.prospectiveErrors
        && learnedTimeConstants == other.learnedTimeConstants
        && timeConstantLowerBound == other.timeConstantLowerBound
        && hasBias == other.hasBias
        && Objects.equals(biasWeightInit, other.biasWeightInit);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        super.hashCode(),
        timeConstants,
        dt,
        gamma,
        prospectiveErrors,
        learnedTimeConstants,
        timeConstantLowerBound,
        hasBias,
        biasWeightInit);
  }

  @Override
  public String toString() {
    return "GleDense(super=%s, timeConstants=%s, dt=%s, gamma=%s, learned=%s)"
        .formatted(super.toString(), timeConstants, dt, gamma, learnedTimeConstants);
  }

  /** Builds a {@link GleDense} in DL4J's style. */
  @SuppressWarnings("unchecked") // DL4J declares <E extends Layer> E build()
  public static final class Builder extends BaseRecurrentLayer.Builder<Builder> {
    private TimeConstants timeConstants;
    private double dt = 0.2;
    private double gamma = 0;
    private boolean prospectiveErrors = true;
    private LearnedTimeConstants learnedTimeConstants = LearnedTimeConstants.NONE;
    private Double timeConstantLowerBound;
    private boolean hasBias = true;
    private IWeightInit biasWeightInit;

    /** Starts with dt = 0.2, gamma = 0, prospective errors, fixed time constants and a bias. */
    public Builder() {}

    /**
     * Time constants of the neurons; required.
     *
     * @param timeConstants asked for nOut neurons by {@link #build()}
     * @return this builder
     */
    public Builder timeConstants(TimeConstants timeConstants) {
      this.timeConstants = timeConstants;
      return this;
    }

    /**
     * Length of an Euler step.
     *
     * @param dt positive, and not above any time constant
     * @return this builder
     */
    public Builder dt(double dt) {
      this.dt = dt;
      return this;
    }

    /**
     * Apical coupling: how strongly the error acts back on the membrane.
     *
     * @param gamma not negative; 0 (the default) makes the rates independent of the errors
     * @return this builder
     */
    public Builder gamma(double gamma) {
      this.gamma = gamma;
      return this;
    }

    /**
     * Whether the error neurons filter and look ahead.
     *
     * @param prospectiveErrors false: errors are instantaneous, as in Latent Equilibrium
     * @return this builder
     */
    public Builder prospectiveErrors(boolean prospectiveErrors) {
      this.prospectiveErrors = prospectiveErrors;
      return this;
    }

    /**
     * Learns time constants, bounded below by dt.
     *
     * @param which those to learn
     * @return this builder
     */
    public Builder learnTimeConstants(LearnedTimeConstants which) {
      this.learnedTimeConstants = Objects.requireNonNull(which, "which");
      return this;
    }

    /**
     * Learns time constants.
     *
     * @param which those to learn
     * @param lowerBound smallest value they may take, at least dt; the first update raises initial
     *     values below it
     * @return this builder
     */
    public Builder learnTimeConstants(LearnedTimeConstants which, double lowerBound) {
      this.timeConstantLowerBound = lowerBound;
      return learnTimeConstants(which);
    }

    /**
     * Whether the layer has a bias.
     *
     * @param hasBias false: the layer has no parameter {@code b}
     * @return this builder
     */
    public Builder hasBias(boolean hasBias) {
      this.hasBias = hasBias;
      return this;
    }

    /**
     * Draws the biases instead of setting them to {@link #biasInit(double)}; fan-in and fan-out are
     * those of the weights.
     *
     * @param biasWeightInit the distribution, such as {@link WeightInit#UNIFORM}
     * @return this builder
     */
    public Builder biasInit(WeightInit biasWeightInit) {
      return biasInit(biasWeightInit.getWeightInitFunction());
    }

    /**
     * Draws the biases instead of setting them to {@link #biasInit(double)}; fan-in and fan-out are
     * those of the weights.
     *
     * @param biasWeightInit the distribution
     * @return this builder
     */
    public Builder biasInit(IWeightInit biasWeightInit) {
      this.biasWeightInit = biasWeightInit;
      return this;
    }

    private List<LayerConstraint> inputWeights() {
      return inputWeightConstraints;
    }

    /**
     * Builds the configuration.
     *
     * @return the configuration
     * @throws DL4JInvalidConfigException when a value is missing or outside its range
     */
    @Override
    public GleDense build() {
      if (weightInitFnRecurrent != null || recurrentConstraints != null) {
        throw new DL4JInvalidConfigException(
            "GleDense has no recurrent weights: weightInitRecurrent and constrainRecurrent do not"
                + " apply");
      }
      return new GleDense(this);
    }
  }
}

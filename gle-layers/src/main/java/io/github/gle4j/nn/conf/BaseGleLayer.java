// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.dynamics.GleNeurons;
import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.layers.GleParamInitializer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
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
 * What all layers of GLE neurons are configured with: leaky integrators that look ahead (GLE Eqs.
 * 6-15), whatever connects them to the layer below.
 *
 * <p>The time constants {@code tauM} and {@code tauR} [1, nOut] are parameters of the layer, which
 * stay as initialised unless {@link Builder#learnTimeConstants} says otherwise. Time is unit-free;
 * all time constants are at least {@code dt}.
 */
public abstract class BaseGleLayer extends BaseRecurrentLayer {
  private List<Population> timeConstants;
  private double dt;
  private double gamma;
  private boolean prospectiveErrors;
  private LearnedTimeConstants learnedTimeConstants;
  private double timeConstantLowerBound;
  private boolean hasBias;
  private IWeightInit biasWeightInit;
  private FeedbackWeights feedbackWeights = FeedbackWeights.symmetric();

  BaseGleLayer() {} // for DL4J's JSON mapper

  BaseGleLayer(Builder<?> builder) {
    super(builder);
    dt = builder.dt;
    gamma = builder.gamma;
    prospectiveErrors = builder.prospectiveErrors;
    learnedTimeConstants = builder.learnedTimeConstants;
    timeConstantLowerBound =
        builder.timeConstantLowerBound == null ? dt : builder.timeConstantLowerBound;
    hasBias = builder.hasBias;
    biasWeightInit = builder.biasWeightInit;
    feedbackWeights = builder.feedbackWeights;
    LayerValidation.assertNOutSet(getClass().getSimpleName(), getLayerName(), -1, getNOut());
    timeConstants =
        builder.timeConstants == null
            ? null
            : List.copyOf(builder.timeConstants.populations((int) getNOut()));
    validateNeurons();
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
        params.removeIf(BaseGleLayer::isTimeConstant);
        constraint.setParams(params);
        own.add(constraint);
      }
    }
    if (((Builder<?>) layerBuilder).inputWeights() != null) {
      for (LayerConstraint constraint : ((Builder<?>) layerBuilder).inputWeights()) {
        LayerConstraint copy = constraint.clone();
        copy.setParams(Set.of(GleParamInitializer.WEIGHT_KEY));
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
  private void validateNeurons() {
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

  final void require(boolean condition, String message) {
    if (!condition) {
      String name = getLayerName() == null ? "" : " \"" + getLayerName() + "\"";
      throw new DL4JInvalidConfigException(getClass().getSimpleName() + name + ": " + message);
    }
  }

  @Override
  public final Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> trainingListeners,
      int layerIndex,
      INDArray layerParamsView,
      boolean initializeParams,
      DataType networkDataType) {
    LayerValidation.assertNInNOutSet(
        getClass().getSimpleName(), getLayerName(), layerIndex, getNIn(), getNOut());
    String obstacle = DataTypes.obstacle(networkDataType);
    require(obstacle == null, obstacle);
    validate(); // again: defaults of the network and changes by the user came after build()
    Layer layer = newLayer(conf, networkDataType);
    layer.setListeners(trainingListeners);
    layer.setIndex(layerIndex);
    layer.setParamsViewArray(layerParamsView);
    layer.setParamTable(initializer().init(conf, layerParamsView, initializeParams));
    layer.setConf(conf);
    return layer;
  }

  /** Checks what must be known by now: that the layer can be built. */
  void validate() {
    requireSet("activationFn", getActivationFn());
    requireSet("weightInitFn", getWeightInitFn());
    requireSet("iupdater", getIUpdater());
    requireSet("learnedTimeConstants", learnedTimeConstants);
    requireSet("feedbackWeights", feedbackWeights);
    require(nIn > 0, "nIn = " + nIn + ": at least 1 is allowed");
    validateNeurons();
  }

  private void requireSet(String name, Object value) {
    require(value != null, name + " is null: it must be set");
  }

  /** The layer at run time, without parameters yet. */
  abstract Layer newLayer(NeuralNetConfiguration conf, DataType dataType);

  @Override
  public abstract GleParamInitializer initializer();

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
    return paramName.equals(GleParamInitializer.TAU_M_KEY)
        || paramName.equals(GleParamInitializer.TAU_R_KEY);
  }

  /**
   * What the layer's neurons are.
   *
   * @return the model with the layer's settings
   */
  public NeuronModel neurons() {
    Set<String> learned = new TreeSet<>();
    if (learnedTimeConstants.tauM()) {
      learned.add(GleNeurons.TAU_M);
    }
    if (learnedTimeConstants.tauR()) {
      learned.add(GleNeurons.TAU_R);
    }
    return new GleNeurons(dt, gamma, prospectiveErrors, learned);
  }

  /**
   * Whether a parameter is a time constant that is not learned: its gradient is always zero.
   *
   * @param paramName key of a parameter
   * @return true for such a time constant
   */
  public boolean isFrozen(String paramName) {
    return switch (paramName) {
      case GleParamInitializer.TAU_M_KEY -> !learnedTimeConstants.tauM();
      case GleParamInitializer.TAU_R_KEY -> !learnedTimeConstants.tauR();
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
      updaterState += getUpdaterByParam(key).stateSize(initializer().length(this, key));
    }
    return new LayerMemoryReport.Builder(layerName, getClass(), inputType, outputType)
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

  /**
   * The weights that carry errors down.
   *
   * @return never null
   */
  public FeedbackWeights getFeedbackWeights() {
    return feedbackWeights;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s(super=%s, timeConstants=%s, dt=%s, gamma=%s, learned=%s)",
        getClass().getSimpleName(),
        super.toString(),
        timeConstants,
        dt,
        gamma,
        learnedTimeConstants);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof BaseGleLayer other
        && super.equals(o)
        && timeConstants.equals(other.timeConstants)
        && dt == other.dt
        && gamma == other.gamma
        && prospectiveErrors == other.prospectiveErrors
        && learnedTimeConstants == other.learnedTimeConstants
        && timeConstantLowerBound == other.timeConstantLowerBound
        && hasBias == other.hasBias
        && Objects.equals(biasWeightInit, other.biasWeightInit)
        && feedbackWeights.equals(other.feedbackWeights);
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
        biasWeightInit,
        feedbackWeights);
  }

  /**
   * Builds a layer in DL4J's style.
   *
   * @param <T> type of the builder
   */
  @SuppressWarnings("unchecked") // DL4J's builders return themselves as T
  public abstract static class Builder<T extends Builder<T>> extends BaseRecurrentLayer.Builder<T> {
    private TimeConstants timeConstants;
    private double dt = 0.2;
    private double gamma = 0;
    private boolean prospectiveErrors = true;
    private LearnedTimeConstants learnedTimeConstants = LearnedTimeConstants.NONE;
    private Double timeConstantLowerBound;
    private boolean hasBias = true;
    private IWeightInit biasWeightInit;
    private FeedbackWeights feedbackWeights = FeedbackWeights.symmetric();

    /** Starts with dt = 0.2, gamma = 0, prospective errors, fixed time constants and a bias. */
    protected Builder() {}

    /**
     * Time constants of the neurons; required.
     *
     * @param timeConstants asked for nOut neurons by {@link #build()}
     * @return this builder
     */
    public T timeConstants(TimeConstants timeConstants) {
      this.timeConstants = timeConstants;
      return (T) this;
    }

    /**
     * Length of an Euler step.
     *
     * @param dt positive, and not above any time constant
     * @return this builder
     */
    public T dt(double dt) {
      this.dt = dt;
      return (T) this;
    }

    /**
     * Apical coupling: how strongly the error acts back on the membrane.
     *
     * @param gamma not negative; 0 (the default) makes the rates independent of the errors
     * @return this builder
     */
    public T gamma(double gamma) {
      this.gamma = gamma;
      return (T) this;
    }

    /**
     * Whether the error neurons filter and look ahead.
     *
     * @param prospectiveErrors false: errors are instantaneous, as in Latent Equilibrium
     * @return this builder
     */
    public T prospectiveErrors(boolean prospectiveErrors) {
      this.prospectiveErrors = prospectiveErrors;
      return (T) this;
    }

    /**
     * Learns time constants, bounded below by dt.
     *
     * @param which those to learn
     * @return this builder
     */
    public T learnTimeConstants(LearnedTimeConstants which) {
      this.learnedTimeConstants = Objects.requireNonNull(which, "which");
      return (T) this;
    }

    /**
     * Learns time constants.
     *
     * @param which those to learn
     * @param lowerBound smallest value they may take, at least dt; the first update raises initial
     *     values below it
     * @return this builder
     */
    public T learnTimeConstants(LearnedTimeConstants which, double lowerBound) {
      this.timeConstantLowerBound = lowerBound;
      return learnTimeConstants(which);
    }

    /**
     * Whether the layer has a bias.
     *
     * @param hasBias false: the layer has no parameter {@code b}
     * @return this builder
     */
    public T hasBias(boolean hasBias) {
      this.hasBias = hasBias;
      return (T) this;
    }

    /**
     * Draws the biases instead of setting them to {@link #biasInit(double)}; fan-in and fan-out are
     * those of the weights.
     *
     * @param biasWeightInit the distribution, such as {@link WeightInit#UNIFORM}
     * @return this builder
     */
    public T biasInit(WeightInit biasWeightInit) {
      return biasInit(biasWeightInit.getWeightInitFunction());
    }

    /**
     * Draws the biases instead of setting them to {@link #biasInit(double)}; fan-in and fan-out are
     * those of the weights.
     *
     * @param biasWeightInit the distribution
     * @return this builder
     */
    public T biasInit(IWeightInit biasWeightInit) {
      this.biasWeightInit = biasWeightInit;
      return (T) this;
    }

    /**
     * The weights that carry this layer's errors to the layer below.
     *
     * @param feedbackWeights symmetric by default
     * @return this builder
     */
    public T feedback(FeedbackWeights feedbackWeights) {
      this.feedbackWeights = Objects.requireNonNull(feedbackWeights, "feedbackWeights");
      return (T) this;
    }

    private List<LayerConstraint> inputWeights() {
      return inputWeightConstraints;
    }

    /**
     * Refuses what does not apply to these layers.
     *
     * @param layer name of the layer's class
     */
    final void requireNoRecurrentWeights(String layer) {
      if (weightInitFnRecurrent != null || recurrentConstraints != null) {
        throw new DL4JInvalidConfigException(
            layer
                + " has no recurrent weights: weightInitRecurrent and constrainRecurrent do not"
                + " apply");
      }
    }
  }
}

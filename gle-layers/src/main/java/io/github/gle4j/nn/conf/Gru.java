// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.nn.layers.GruImpl;
import io.github.gle4j.nn.layers.GruParamInitializer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
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
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer of gated recurrent units whose reset gate acts after the recurrent product, as in cuDNN
 * and PyTorch:
 *
 * <pre>
 *   r_t = sigmoid(x_t W_r + b_r + h_{t-1} RW_r + Rb_r)             reset gate
 *   z_t = sigmoid(x_t W_z + b_z + h_{t-1} RW_z + Rb_z)             update gate
 *   n_t = tanh(x_t W_n + b_n + r_t * (h_{t-1} RW_n + Rb_n))        candidate
 *   h_t = (1 - z_t) * n_t + z_t * h_{t-1}                          output
 * </pre>
 *
 * <p>Input and output are [batch, size, time] (or [batch, time, size], as configured). Parameters,
 * each with the gates r, z, n side by side: {@code W} [nIn, 3 nOut], {@code RW} [nOut, 3 nOut],
 * {@code b} and {@code Rb} [1, 3 nOut]; 3 nOut (nIn + nOut + 2) numbers.
 *
 * <p>Where a feature mask is 0, output and state are 0. Truncated segments go on from the stored
 * state and are differentiated from there. For {@code Bidirectional} use its constructor.
 */
public final class Gru extends BaseRecurrentLayer {
  private IActivation gateActivationFn;
  private IWeightInit biasWeightInit;

  private Gru() {} // for DL4J's JSON mapper

  private Gru(Builder builder) {
    super(builder);
    gateActivationFn = builder.gateActivationFn;
    biasWeightInit = builder.biasWeightInit;
    LayerValidation.assertNOutSet("Gru", getLayerName(), -1, getNOut());
    validateActivations();
    initializeConstraints(builder);
  }

  @Override
  protected void initializeConstraints(
      org.deeplearning4j.nn.conf.layers.Layer.Builder<?> layerBuilder) {
    super.initializeConstraints(layerBuilder);
    List<LayerConstraint> all = new ArrayList<>();
    if (constraints != null) {
      all.addAll(constraints);
    }
    Builder builder = (Builder) layerBuilder;
    constrain(builder.inputWeights(), GruParamInitializer.WEIGHT_KEY, all);
    constrain(builder.recurrentWeights(), GruParamInitializer.RECURRENT_WEIGHT_KEY, all);
    constraints = all.isEmpty() ? null : all;
  }

  private static void constrain(
      List<LayerConstraint> given, String key, List<LayerConstraint> all) {
    if (given != null) {
      for (LayerConstraint constraint : given) {
        LayerConstraint copy = constraint.clone();
        copy.setParams(Set.of(key));
        all.add(copy);
      }
    }
  }

  /** Checks what must be known by now: that the layer can be built. */
  void validate() {
    requireSet("activationFn", getActivationFn());
    requireSet("gateActivationFn", gateActivationFn);
    requireSet("weightInitFn", getWeightInitFn());
    requireSet("iupdater", getIUpdater());
    require(
        nIn > 0 && nOut > 0,
        String.format(Locale.ROOT, "nIn = %d, nOut = %d: at least 1 is allowed", nIn, nOut));
    validateActivations();
  }

  private void validateActivations() {
    requireElementwise("activation", getActivationFn());
    requireElementwise("gate activation", gateActivationFn);
  }

  private void requireSet(String name, Object value) {
    require(value != null, name + " is null: it must be set");
  }

  private void requireElementwise(String what, IActivation activation) {
    require(
        Elementwise.is(activation),
        what
            + " "
            + activation
            + ": an elementwise, deterministic function without parameters is allowed");
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      String name = getLayerName() == null ? "" : " \"" + getLayerName() + "\"";
      throw new DL4JInvalidConfigException("Gru" + name + ": " + message);
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
    LayerValidation.assertNInNOutSet("Gru", getLayerName(), layerIndex, getNIn(), getNOut());
    String obstacle = DataTypes.obstacle(networkDataType);
    require(obstacle == null, obstacle);
    validate(); // again: the user may have changed the configuration after build()
    GruImpl layer = new GruImpl(conf, networkDataType);
    layer.setListeners(trainingListeners);
    layer.setIndex(layerIndex);
    layer.setParamsViewArray(layerParamsView);
    layer.setParamTable(initializer().init(conf, layerParamsView, initializeParams));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return GruParamInitializer.INSTANCE;
  }

  /**
   * Memory per sequence: the three pre-activations, gates, candidate, recurrent product and states
   * of every time step, and for training the derivatives and the gradients by pre-activation.
   */
  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    InputType outputType = getOutputType(-1, inputType);
    long outputs = outputType.arrayElementsPerExample();
    long inputs = inputType.arrayElementsPerExample();
    long numParams = initializer().numParams(this);
    long updaterState = 0;
    for (String key : initializer().paramKeys(this)) {
      updaterState +=
          getUpdaterByParam(key).stateSize(GruParamInitializer.rows(this, key) * 3 * getNOut());
    }
    return new LayerMemoryReport.Builder(layerName, Gru.class, inputType, outputType)
        .standardMemory(numParams, updaterState)
        .workingMemory(0, inputs + 12 * outputs, 0, 3 * inputs + 28 * outputs)
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  /**
   * Activation function of the reset and update gates.
   *
   * @return sigmoid by default
   */
  public IActivation getGateActivationFn() {
    return gateActivationFn;
  }

  /**
   * How both bias vectors are drawn.
   *
   * @return null: all biases start at {@link #getBiasInit()}
   */
  public IWeightInit getBiasWeightInit() {
    return biasWeightInit;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Gru other
        && super.equals(o)
        && Objects.equals(gateActivationFn, other.gateActivationFn)
        && Objects.equals(biasWeightInit, other.biasWeightInit);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), gateActivationFn, biasWeightInit);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "Gru(super=%s, gateActivationFn=%s)", super.toString(), gateActivationFn);
  }

  /** Builds a {@link Gru} in DL4J's style. */
  @SuppressWarnings("unchecked") // DL4J declares <E extends Layer> E build()
  public static final class Builder extends BaseRecurrentLayer.Builder<Builder> {
    private IActivation gateActivationFn = new ActivationSigmoid();
    private IWeightInit biasWeightInit;

    /**
     * Starts with sigmoid gates and a tanh candidate; the network's default activation does not
     * apply.
     */
    public Builder() {
      activation(Activation.TANH);
    }

    /**
     * Activation function of the reset and update gates.
     *
     * @param gateActivationFn usually with values between 0 and 1, such as {@link
     *     Activation#SIGMOID} (the default) or {@link Activation#HARDSIGMOID}
     * @return this builder
     */
    public Builder gateActivationFunction(Activation gateActivationFn) {
      return gateActivationFunction(gateActivationFn.getActivationFunction());
    }

    /**
     * Activation function of the reset and update gates.
     *
     * @param gateActivationFn usually with values between 0 and 1
     * @return this builder
     */
    public Builder gateActivationFunction(IActivation gateActivationFn) {
      this.gateActivationFn = Objects.requireNonNull(gateActivationFn, "gateActivationFn");
      return this;
    }

    /**
     * Draws the biases instead of setting all of them to {@link #biasInit(double)}; fan-in and
     * fan-out are those of the weights beside them.
     *
     * @param biasWeightInit the distribution, such as {@link WeightInit#UNIFORM}
     * @return this builder
     */
    public Builder biasInit(WeightInit biasWeightInit) {
      return biasInit(biasWeightInit.getWeightInitFunction());
    }

    /**
     * Draws the biases instead of setting all of them to {@link #biasInit(double)}; fan-in and
     * fan-out are those of the weights beside them.
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

    private List<LayerConstraint> recurrentWeights() {
      return recurrentConstraints;
    }

    /**
     * Builds the configuration.
     *
     * @return the configuration
     * @throws DL4JInvalidConfigException when nOut is missing or an activation is not elementwise
     */
    @Override
    public Gru build() {
      return new Gru(this);
    }
  }
}

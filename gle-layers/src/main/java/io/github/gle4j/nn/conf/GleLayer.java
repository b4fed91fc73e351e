// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.nn.layers.GleLayerImpl;
import io.github.gle4j.nn.layers.GleLayerParamInitializer;
import io.github.gle4j.nn.layers.GleParamInitializer;
import java.util.Locale;
import java.util.Objects;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BasePretrainNetwork;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Gives a feed-forward layer of DL4J GLE neurons: leaky integrators that look ahead (GLE Eqs. 6-15)
 * and receive what the layer computes. It works for any layer without state whose outputs are a
 * vector or images, such as separable and transposed convolutions, through DL4J's own forward and
 * backward pass in every time step. {@link GleDense} and {@link GleConvolution} are faster.
 *
 * <p>The activation function, updaters, regularisation and initial weights are those of this layer;
 * the layer inside has none of its own. Parameters: those of the layer inside, then {@code tauM}
 * and {@code tauR} [1, nOut], one pair for every output or map of outputs. Input and output are as
 * those of {@link GleConvolution} where they are images, else as those of {@link GleDense}. {@code
 * setInputType} must be called on the network.
 */
public final class GleLayer extends BaseGleLayer {
  private Layer inside;
  private InputType inputType;

  private GleLayer() {} // for DL4J's JSON mapper

  private GleLayer(Builder builder) {
    super(builder);
    inside = builder.inside;
    require(
        getFeedbackWeights().getSeed() == null,
        "feedback " + getFeedbackWeights() + ": symmetric is allowed");
    require(
        getRnnDataFormat() == RNNFormat.NCW,
        "dataFormat " + getRnnDataFormat() + ": NCW is allowed");
    require(
        getIDropout() == null && getWeightNoise() == null,
        "dropout or weight noise: a DropoutLayer below does it");
    initializeConstraints(builder);
  }

  @Override
  void validate() {
    super.validate();
    require(inputType != null, "the input is not known: call setInputType on the network");
    require(
        inside instanceof FeedForwardLayer layer
            && layer.getNIn() == nIn
            && layer.getNOut() == nOut
            && (inputType instanceof InputType.InputTypeConvolutional
                || inputType.arrayElementsPerExample() == nIn),
        String.format(
            Locale.ROOT,
            "the layer inside, %s, must have nIn = %d and nOut = %d, and inputs of %s",
            inside,
            nIn,
            nOut,
            inputType));
  }

  @Override
  org.deeplearning4j.nn.api.Layer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new GleLayerImpl(conf, dataType);
  }

  @Override
  public GleParamInitializer initializer() {
    return GleLayerParamInitializer.INSTANCE;
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType type) {
    InputType result = inside.getOutputType(layerIndex, insideType(type));
    return result instanceof InputType.InputTypeConvolutional
        ? result
        : InputType.recurrent(result.arrayElementsPerExample());
  }

  @Override
  public void setNIn(InputType type, boolean override) {
    inputType = insideType(type);
    inside.setNIn(inputType, override);
    nIn = ((FeedForwardLayer) inside).getNIn();
    require(
        ((FeedForwardLayer) inside).getNOut() == nOut,
        "the layer inside has "
            + ((FeedForwardLayer) inside).getNOut()
            + " outputs with input "
            + type
            + ", but "
            + nOut
            + " without: set nOut");
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType type) {
    return takesImages(type)
        ? null
        : InputTypeUtil.getPreprocessorForInputTypeRnnLayers(type, RNNFormat.NCW, getLayerName());
  }

  private boolean takesImages(InputType type) {
    return type instanceof InputType.InputTypeConvolutional
        && inside.getPreProcessorForInputType(type) == null;
  }

  /** What the layer inside takes: an image, or a vector. */
  private InputType insideType(InputType type) {
    if (takesImages(type)) {
      return type;
    }
    require(
        type instanceof InputType.InputTypeRecurrent
            && inside.getPreProcessorForInputType(type) != null,
        "a "
            + inside.getClass().getSimpleName()
            + " with input "
            + type
            + ": images, or sequences for layers that take vectors, are allowed");
    return InputType.feedForward(((InputType.InputTypeRecurrent) type).getSize());
  }

  /**
   * The layer that connects the neurons to the layer below.
   *
   * @return a layer of DL4J without activation function
   */
  public Layer getInside() {
    return inside;
  }

  /**
   * What the layer inside takes in a time step.
   *
   * @return null as long as it is not known
   */
  public InputType getInputType() {
    return inputType;
  }

  @Override
  public GleLayer clone() {
    GleLayer clone = (GleLayer) super.clone();
    clone.inside = inside.clone();
    return clone;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GleLayer other
        && super.equals(o)
        && inside.equals(other.inside)
        && Objects.equals(inputType, other.inputType);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), inside, inputType);
  }

  /** Builds a {@link GleLayer} in DL4J's style. */
  @SuppressWarnings("unchecked") // DL4J declares <E extends Layer> E build()
  public static final class Builder extends BaseGleLayer.Builder<Builder> {
    private final Layer inside;

    /**
     * Puts GLE neurons behind a layer.
     *
     * @param inside a feed-forward layer that keeps nothing from one call to the next, with nOut
     *     and without an activation function, dropout, weight noise or constraints of its own
     * @throws DL4JInvalidConfigException when it is another layer
     */
    public Builder(Layer inside) {
      this.inside = inside;
      requireVectorsOrImages(inside);
      boolean isPossible =
          inside instanceof FeedForwardLayer
              && !(inside instanceof BaseRecurrentLayer
                  || inside instanceof BaseOutputLayer
                  || inside instanceof BasePretrainNetwork
                  || inside instanceof BatchNormalization);
      if (!isPossible) {
        throw new DL4JInvalidConfigException(
            "GleLayer around a "
                + inside.getClass().getSimpleName()
                + ": feed-forward layers with nOut, that keep nothing from one call to the next, are"
                + " allowed");
      }
      BaseLayer layer = (BaseLayer) inside;
      boolean hasActivation =
          layer.getActivationFn() != null
              && !(layer.getActivationFn() instanceof ActivationIdentity);
      boolean hasConstraints = layer.getConstraints() != null && !layer.getConstraints().isEmpty();
      if (hasActivation
          || hasConstraints
          || layer.getIDropout() != null
          || layer.getWeightNoise() != null) {
        throw new DL4JInvalidConfigException(
            "GleLayer around a "
                + inside.getClass().getSimpleName()
                + " with an activation function, dropout, weight noise or constraints: set the"
                + " activation function and constraints of the GleLayer");
      }
      layer.setActivationFn(new ActivationIdentity());
      if (inside instanceof ConvolutionLayer convolution
          && convolution.getConvolutionMode() == null) {
        convolution.setConvolutionMode(ConvolutionMode.Truncate);
      }
      nOut(((FeedForwardLayer) inside).getNOut());
    }

    /** DL4J derives these from layers of images, which they are not. */
    private static void requireVectorsOrImages(Layer inside) {
      String what = "GleLayer around a " + inside.getClass().getSimpleName() + ": ";
      if (inside instanceof Convolution1DLayer || inside instanceof LocallyConnected1D) {
        throw new DL4JInvalidConfigException(
            what
                + "use GleConvolution.Builder(k), whose kernel of length k slides over signals, which"
                + " are images of width 1");
      }
      if (inside instanceof Convolution3D || inside instanceof Deconvolution3D) {
        throw new DL4JInvalidConfigException(
            what + "three dimensions are not supported: layers of images or vectors are allowed");
      }
    }

    /**
     * Builds the configuration.
     *
     * @return the configuration
     * @throws DL4JInvalidConfigException when a value is missing or outside its range
     */
    @Override
    public GleLayer build() {
      requireNoRecurrentWeights("GleLayer");
      return new GleLayer(this);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.nn.connectivity.ConvolutionShape;
import io.github.gle4j.nn.layers.GleConvolutionImpl;
import io.github.gle4j.nn.layers.GleConvolutionParamInitializer;
import io.github.gle4j.nn.layers.GleParamInitializer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A convolution whose outputs are GLE neurons: leaky integrators that look ahead (GLE Eqs. 6-15).
 *
 * <p>Each time step presents an image. Input is either DL4J's rank 4, [batch * time, channels,
 * height, width] with the samples of a step side by side, as DL4J's own convolutions have it in a
 * network over time, or a sequence of flattened images, [batch, channels * height * width, time].
 * Output is always of rank 4, so that DL4J's subsampling can follow; {@link GleDense} and output
 * layers of sequences get DL4J's {@code CnnToRnnPreProcessor} by {@code setInputType}. Plain images
 * are sequences of one step; {@code StreamingTrainer} presents them for several. The output lags
 * the input by one step.
 *
 * <p>Signals are images of width 1: {@code new GleConvolution.Builder(5)} has kernel 5 x 1 and
 * takes {@code InputType.convolutional(length, 1, channels)}.
 *
 * <p>Parameters, as DL4J's convolution has them: {@code b} [1, nOut], {@code W} [nOut, channels,
 * kernel height, kernel width] in 'c' order; then {@code tauM} and {@code tauR} [1, nOut], one pair
 * for all neurons of a feature map. The populations given to the builder are of feature maps.
 *
 * <p>The input shape comes from {@code setInputType} or {@link Builder#inputShape}.
 */
public final class GleConvolution extends BaseGleLayer {
  private int[] kernelSize;
  private int[] stride;
  private int[] padding;
  private int[] dilation;
  private ConvolutionMode convolutionMode;
  private long height;
  private long width;

  private GleConvolution() {} // for DL4J's JSON mapper

  private GleConvolution(Builder builder) {
    super(builder);
    kernelSize = builder.kernelSize;
    stride = builder.stride;
    padding = builder.padding;
    dilation = builder.dilation;
    convolutionMode = builder.convolutionMode;
    height = builder.height;
    width = builder.width;
    validateKernel();
    initializeConstraints(builder);
  }

  private void validateKernel() {
    requireSizes("kernelSize", kernelSize, 1);
    requireSizes("stride", stride, 1);
    requireSizes("padding", padding, 0);
    requireSizes("dilation", dilation, 1);
    require(
        convolutionMode != null && convolutionMode != ConvolutionMode.Causal,
        "convolutionMode " + convolutionMode + ": Strict, Truncate and Same are allowed");
    require(
        getRnnDataFormat() == RNNFormat.NCW,
        "dataFormat "
            + getRnnDataFormat()
            + ": NCW is allowed, with images [channels, height, width]");
  }

  private void requireSizes(String name, int[] sizes, int smallest) {
    require(
        sizes != null && sizes.length == 2,
        name + " " + Arrays.toString(sizes) + ": two numbers, height and width, are allowed");
    require(
        Arrays.stream(sizes).allMatch(size -> size >= smallest),
        name + " " + Arrays.toString(sizes) + ": at least " + smallest + " is allowed");
  }

  @Override
  void validate() {
    super.validate();
    validateKernel();
    require(
        height > 0 && width > 0,
        "the height and width of the input are not set: call setInputType(InputType.convolutional("
            + "height, width, channels)) on the network or inputShape on the builder");
    requireCountable("input", nIn, height, width);
    requireCountable("kernel", nIn, extent(0), extent(1));
    InputType.InputTypeConvolutional out =
        (InputType.InputTypeConvolutional) getOutputType(-1, imageType(nIn));
    requireCountable("output", nOut, out.getHeight(), out.getWidth());
  }

  /** The native code counts by int. */
  private void requireCountable(String what, long channels, long height, long width) {
    require(
        1.0 * channels * height * width <= Integer.MAX_VALUE,
        String.format(
            Locale.ROOT,
            "%d x %d x %d values in the %s: at most %d are allowed",
            channels,
            height,
            width,
            what,
            Integer.MAX_VALUE));
  }

  @Override
  Layer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new GleConvolutionImpl(conf, dataType);
  }

  @Override
  public GleParamInitializer initializer() {
    return GleConvolutionParamInitializer.INSTANCE;
  }

  /**
   * The sizes of input, kernel and output.
   *
   * @return sizes that fit each other
   * @throws DL4JInvalidConfigException when the kernel does not fit the input
   */
  public ConvolutionShape shape() {
    InputType.InputTypeConvolutional out =
        (InputType.InputTypeConvolutional) getOutputType(-1, imageType(nIn));
    int[] before = padding;
    if (convolutionMode == ConvolutionMode.Same) {
      before =
          new int[] {
            paddingBefore(out.getHeight(), height, 0), paddingBefore(out.getWidth(), width, 1)
          };
    }
    return new ConvolutionShape(
        (int) nIn,
        (int) height,
        (int) width,
        (int) nOut,
        (int) out.getHeight(),
        (int) out.getWidth(),
        kernelSize[0],
        kernelSize[1],
        stride[0],
        stride[1],
        before[0],
        before[1],
        dilation[0],
        dilation[1]);
  }

  /** In mode Same, as DL4J: the smaller half of what is missing, the larger one is behind. */
  private int paddingBefore(long out, long in, int dimension) {
    return (int) Math.max(0, ((out - 1) * stride[dimension] + extent(dimension) - in) / 2);
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType inputType) {
    InputType.InputTypeConvolutional image = image(inputType);
    if (convolutionMode != ConvolutionMode.Same) {
      requireFit("height", image.getHeight(), 0);
      requireFit("width", image.getWidth(), 1);
    }
    return InputTypeUtil.getOutputTypeCnnLayers(
        image,
        kernelSize,
        stride,
        padding,
        dilation,
        convolutionMode,
        nOut,
        layerIndex,
        getLayerName(),
        CNN2DFormat.NCHW,
        GleConvolution.class);
  }

  /** What the kernel spans, in pixels. */
  private long extent(int dimension) {
    return (kernelSize[dimension] - 1L) * dilation[dimension] + 1;
  }

  private void requireFit(String name, long size, int dimension) {
    long extent = extent(dimension);
    long padded = size + 2L * padding[dimension];
    require(
        extent <= padded,
        String.format(
            Locale.ROOT,
            "the kernel's %s %d is above that of the input, %d: at most as large is allowed",
            name,
            extent,
            padded));
  }

  @Override
  public void setNIn(InputType inputType, boolean override) {
    InputType.InputTypeConvolutional image = image(inputType);
    if (nIn <= 0 || override) {
      nIn = image.getChannels();
    }
    height = image.getHeight();
    width = image.getWidth();
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
    return inputType instanceof InputType.InputTypeConvolutionalFlat
        ? InputTypeUtil.getPreProcessorForInputTypeCnnLayers(inputType, getLayerName())
        : null;
  }

  /** An image of which the input is, or consists in every time step. */
  private InputType.InputTypeConvolutional image(InputType inputType) {
    if (inputType instanceof InputType.InputTypeConvolutional image) {
      require(
          image.getFormat() == CNN2DFormat.NCHW,
          "images in format " + image.getFormat() + ": NCHW is allowed");
      return image;
    }
    if (inputType instanceof InputType.InputTypeConvolutionalFlat flat) {
      return (InputType.InputTypeConvolutional)
          InputType.convolutional(flat.getHeight(), flat.getWidth(), flat.getDepth());
    }
    if (inputType instanceof InputType.InputTypeRecurrent sequence) {
      require(
          height > 0 && width > 0,
          "the input is " + inputType + ": inputShape on the builder must tell the images' shape");
      require(
          sequence.getFormat() == RNNFormat.NCW,
          "sequences in format " + sequence.getFormat() + ": NCW is allowed");
      require( // DL4J takes the input to be recurrent(nIn) where setInputType was not called
          sequence.getSize() == nIn || sequence.getSize() == nIn * height * width,
          String.format(
              Locale.ROOT,
              "the input has %d values per time step: images of shape [%d, %d, %d] have %d",
              sequence.getSize(),
              nIn,
              height,
              width,
              nIn * height * width));
      return imageType(nIn);
    }
    throw new DL4JInvalidConfigException(
        "GleConvolution: input of type " + inputType + ": images or sequences of them are allowed");
  }

  private InputType.InputTypeConvolutional imageType(long channels) {
    return (InputType.InputTypeConvolutional) InputType.convolutional(height, width, channels);
  }

  /**
   * Size of the kernel.
   *
   * @return height and width
   */
  public int[] getKernelSize() {
    return kernelSize;
  }

  /**
   * Distance between neighbouring outputs, in pixels of the input.
   *
   * @return along height and width
   */
  public int[] getStride() {
    return stride;
  }

  /**
   * Zeros around the input; not used in mode Same.
   *
   * @return along height and width, on either side
   */
  public int[] getPadding() {
    return padding;
  }

  /**
   * Distance between neighbouring weights of the kernel, in pixels of the input.
   *
   * @return along height and width
   */
  public int[] getDilation() {
    return dilation;
  }

  /**
   * What happens at the edges.
   *
   * @return as DL4J defines it
   */
  public ConvolutionMode getConvolutionMode() {
    return convolutionMode;
  }

  /**
   * Height of the input.
   *
   * @return 0 as long as it is unknown
   */
  public long getHeight() {
    return height;
  }

  /**
   * Width of the input.
   *
   * @return 0 as long as it is unknown
   */
  public long getWidth() {
    return width;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GleConvolution other
        && super.equals(o)
        && Arrays.equals(kernelSize, other.kernelSize)
        && Arrays.equals(stride, other.stride)
        && Arrays.equals(padding, other.padding)
        && Arrays.equals(dilation, other.dilation)
        && convolutionMode == other.convolutionMode
        && height == other.height
        && width == other.width;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        super.hashCode(),
        Arrays.hashCode(kernelSize),
        Arrays.hashCode(stride),
        Arrays.hashCode(padding),
        Arrays.hashCode(dilation),
        convolutionMode,
        height,
        width);
  }

  /** Builds a {@link GleConvolution} in DL4J's style. */
  @SuppressWarnings("unchecked") // DL4J declares <E extends Layer> E build()
  public static final class Builder extends BaseGleLayer.Builder<Builder> {
    private int[] kernelSize;
    private int[] stride = {1, 1};
    private int[] padding = {0, 0};
    private int[] dilation = {1, 1};
    private ConvolutionMode convolutionMode = ConvolutionMode.Truncate;
    private long height;
    private long width;

    /**
     * Starts with stride 1, no padding and the defaults of all GLE layers.
     *
     * @param kernelSize height and width; a single number is the length of a kernel for signals,
     *     which are images of width 1
     */
    public Builder(int... kernelSize) {
      this.kernelSize = two("kernelSize", kernelSize, 1);
    }

    /**
     * Distance between neighbouring outputs.
     *
     * @param stride along height and width, or along a signal; default 1
     * @return this builder
     * @throws DL4JInvalidConfigException when these are not one or two numbers
     */
    public Builder stride(int... stride) {
      this.stride = two("stride", stride, 1);
      return this;
    }

    /**
     * Zeros around the input.
     *
     * @param padding along height and width, or along a signal; default 0. Not used in mode Same.
     * @return this builder
     * @throws DL4JInvalidConfigException when these are not one or two numbers
     */
    public Builder padding(int... padding) {
      this.padding = two("padding", padding, 0);
      return this;
    }

    /**
     * Distance between neighbouring weights of the kernel.
     *
     * @param dilation along height and width, or along a signal; default 1
     * @return this builder
     * @throws DL4JInvalidConfigException when these are not one or two numbers
     */
    public Builder dilation(int... dilation) {
      this.dilation = two("dilation", dilation, 1);
      return this;
    }

    /**
     * What happens at the edges.
     *
     * @param convolutionMode Truncate (default), Strict or Same
     * @return this builder
     */
    public Builder convolutionMode(ConvolutionMode convolutionMode) {
      this.convolutionMode = Objects.requireNonNull(convolutionMode, "convolutionMode");
      return this;
    }

    /**
     * Shape of the images; needed where {@code setInputType} does not tell, as for a network whose
     * input are sequences of flattened images.
     *
     * @param channels number of input maps
     * @param height of each, in pixels
     * @param width of each, in pixels; 1 for signals
     * @return this builder
     */
    public Builder inputShape(long channels, long height, long width) {
      nIn(channels);
      this.height = height;
      this.width = width;
      return this;
    }

    private static int[] two(String name, int[] sizes, int other) {
      if (sizes.length < 1 || sizes.length > 2) {
        throw new DL4JInvalidConfigException(
            "GleConvolution: "
                + name
                + " "
                + Arrays.toString(sizes)
                + ": one number (signals) or two (height, width) are allowed");
      }
      return new int[] {sizes[0], sizes.length == 2 ? sizes[1] : other};
    }

    /**
     * Builds the configuration.
     *
     * @return the configuration
     * @throws DL4JInvalidConfigException when a value is missing or outside its range
     */
    @Override
    public GleConvolution build() {
      requireNoRecurrentWeights("GleConvolution");
      return new GleConvolution(this);
    }
  }
}

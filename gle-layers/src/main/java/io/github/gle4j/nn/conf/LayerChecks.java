// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutional;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeFeedForward;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeRecurrent;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.NoParamLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.CnnToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToCnnPreProcessor;

/**
 * Whether the layers of a network are complete and fit each other: each must take what the one
 * below it gives. DL4J's builders see to it, where they know the input; a configuration that was
 * changed since, or came as JSON from somebody else, can hold anything.
 *
 * <p>Sizes are followed from the lowest layer that tells its own upwards. Where they cannot be
 * known, as behind a vertex or layer of a kind that does not tell, nothing is refused.
 */
public final class LayerChecks {
  /** Multiples of them, as of the gates of a recurrent layer, do not wrap around. */
  private static final double MOST_WEIGHTS = 1e17;

  private LayerChecks() {}

  /**
   * Refuses a network whose layers do not fit.
   *
   * @param network any
   * @throws DL4JInvalidConfigException when a layer takes another number of values, or images of
   *     another shape, than it gets, its sizes are no sizes, or something is null that must not be
   */
  public static void require(MultiLayerConfiguration network) {
    InputType type = null;
    for (int l = 0; l < network.getConfs().size(); l++) {
      type =
          through(
              "layer " + l, network.getInputPreProcess(l), network.getConf(l).getLayer(), type, l);
    }
  }

  /**
   * Refuses a graph whose layers do not fit.
   *
   * @param graph any
   * @throws DL4JInvalidConfigException as for a network of layers
   */
  public static void require(ComputationGraphConfiguration graph) {
    Map<String, InputType> types = new HashMap<>(); // null: not known
    graph.getNetworkInputs().forEach(input -> types.put(input, null));
    Deque<String> waiting = new ArrayDeque<>(graph.getVertices().keySet());
    Set<String> seenSinceProgress = new HashSet<>(); // a cycle: DL4J refuses it
    while (!waiting.isEmpty() && seenSinceProgress.size() < waiting.size()) {
      String name = waiting.remove();
      List<String> below = graph.getVertexInputs().get(name);
      if (below == null || below.isEmpty() || !types.keySet().containsAll(below)) {
        waiting.add(name);
        seenSinceProgress.add(name);
        continue;
      }
      seenSinceProgress.clear();
      InputType[] given = below.stream().map(types::get).toArray(InputType[]::new);
      GraphVertex vertex = graph.getVertices().get(name);
      if (vertex instanceof LayerVertex layer
          && layer.getPreProcessor() == null
          && graph.getNetworkInputs().contains(below.get(0))) {
        types.putIfAbsent(below.get(0), own(inner(layer.getLayerConf().getLayer())));
      }
      types.put(name, through("layer \"" + name + "\"", vertex, given));
    }
  }

  private static InputType through(String where, GraphVertex vertex, InputType[] given) {
    if (vertex instanceof LayerVertex layer) {
      return through(
          where,
          layer.getPreProcessor(),
          layer.getLayerConf().getLayer(),
          given.length == 1 ? given[0] : null,
          0);
    }
    try {
      return Arrays.asList(given).contains(null) ? null : vertex.getOutputType(0, given);
    } catch (RuntimeException e) {
      return null; // DL4J's to refuse when it is built
    }
  }

  private static InputType through(
      String where, InputPreProcessor preProcessor, Layer layer, InputType given, int index) {
    Layer inner = inner(layer);
    String what = where + " (" + (inner == null ? "none" : inner.getClass().getSimpleName()) + ")";
    require(inner != null, what, "has no layer inside");
    requireComplete(what, inner);
    requireSizes(what, inner);
    if (layer instanceof Bidirectional both) {
      require(
          both.getBwd() != null
              && both.getBwd().getClass() == inner.getClass()
              && Objects.equals(own(both.getBwd()), own(inner)),
          what,
          "has two directions that are not alike");
      requireComplete(what, both.getBwd());
      requireSizes(what, both.getBwd());
    }
    InputType type = preProcessor == null ? given : shaped(what, preProcessor, given);
    InputType own = own(inner);
    if (type == null || (own != null && own.getClass() != type.getClass() && !isImages(own))) {
      // What the layer itself says; what it is given is not known, or DL4J reshapes it.
      requireElements(what, type, own);
      type = own == null ? type : own;
    } else {
      requireFit(what, inner, type, own);
    }
    if (type == null) {
      return null;
    }
    InputType output = output(what, layer, type, index);
    requirePositive(what, output);
    return output;
  }

  /**
   * The layer that wrappers are around.
   *
   * @param layer wrapped, frozen, in two directions, or none of these
   * @return that of the forward direction; null when a wrapper is empty
   */
  public static Layer inner(Layer layer) {
    Layer inner = layer;
    while (true) {
      if (inner instanceof BaseWrapperLayer wrapper) {
        inner = wrapper.getUnderlying();
      } else if (inner instanceof FrozenLayer frozen) {
        inner = frozen.getLayer();
      } else if (inner instanceof Bidirectional both) {
        inner = both.getFwd();
      } else {
        return inner;
      }
    }
  }

  /** What a layer says it takes; null when that does not tell the shape. */
  private static InputType own(Layer layer) {
    if (layer instanceof GleConvolution images) {
      return InputType.convolutional(images.getHeight(), images.getWidth(), images.getNIn());
    }
    if (layer instanceof GleLayer around) {
      return around.getInputType() instanceof InputTypeConvolutional images
          ? images
          : InputType.recurrent(around.getNIn());
    }
    if (layer instanceof BaseRecurrentLayer || layer instanceof RnnOutputLayer) {
      return InputType.recurrent(((FeedForwardLayer) layer).getNIn());
    }
    return layer instanceof DenseLayer || layer instanceof OutputLayer
        ? InputType.feedForward(((FeedForwardLayer) layer).getNIn())
        : null;
  }

  private static void requireFit(String what, Layer layer, InputType type, InputType own) {
    if (own instanceof InputTypeConvolutional image
        && type instanceof InputTypeConvolutional given) {
      require(
          image.getChannels() == given.getChannels()
              && image.getHeight() == given.getHeight()
              && image.getWidth() == given.getWidth(),
          what,
          "takes images " + shape(image) + ", but gets " + shape(given) + ": the same are allowed");
    } else if (own != null) {
      requireElements(what, type, own);
    } else if (layer instanceof ConvolutionLayer convolution
        && type instanceof InputTypeConvolutional given) {
      require(
          convolution.getNIn() == given.getChannels(),
          what,
          String.format(
              Locale.ROOT,
              "takes %d channels, but gets %d: the same are allowed",
              convolution.getNIn(),
              given.getChannels()));
    }
  }

  private static void requireElements(String what, InputType given, InputType own) {
    if (given != null && own != null) {
      require(
          elements(own) == elements(given),
          what,
          String.format(
              Locale.ROOT,
              "takes %d values, but gets %d from below: nIn must be as many",
              elements(own),
              elements(given)));
    }
  }

  /** Behind a preprocessor, all of whose sizes must be those of what it gets. */
  private static InputType shaped(String what, InputPreProcessor preProcessor, InputType given) {
    InputType images = imagesOf(preProcessor);
    if (images != null && given != null) {
      require(
          elements(images) == elements(given),
          what,
          String.format(
              Locale.ROOT,
              "has a %s for images %s, which gets %d values: the same size is allowed",
              preProcessor.getClass().getSimpleName(),
              shape(images),
              elements(given)));
    }
    if (given == null) {
      boolean makesImages =
          preProcessor instanceof FeedForwardToCnnPreProcessor
              || preProcessor instanceof RnnToCnnPreProcessor;
      return makesImages ? images : null;
    }
    try {
      return preProcessor.getOutputType(given);
    } catch (RuntimeException e) {
      return null; // not the kind that it is for: DL4J's to refuse
    }
  }

  private static InputType imagesOf(InputPreProcessor preProcessor) {
    if (preProcessor instanceof CnnToRnnPreProcessor p) {
      return images(p.getInputHeight(), p.getInputWidth(), p.getNumChannels());
    }
    if (preProcessor instanceof CnnToFeedForwardPreProcessor p) {
      return images(p.getInputHeight(), p.getInputWidth(), p.getNumChannels());
    }
    if (preProcessor instanceof FeedForwardToCnnPreProcessor p) {
      return images(p.getInputHeight(), p.getInputWidth(), p.getNumChannels());
    }
    return preProcessor instanceof RnnToCnnPreProcessor p
        ? images(p.getInputHeight(), p.getInputWidth(), p.getNumChannels())
        : null;
  }

  /** Null when the sizes are not set: DL4J takes any then. */
  private static InputType images(long height, long width, long channels) {
    return height == 0 && width == 0 && channels == 0
        ? null
        : InputType.convolutional(height, width, channels);
  }

  private static InputType output(String what, Layer layer, InputType type, int index) {
    try {
      return layer.getOutputType(index, type);
    } catch (DL4JInvalidConfigException e) {
      throw new DL4JInvalidConfigException(
          what + ": " + e.getMessage().lines().findFirst().orElse(""), e);
    } catch (ArithmeticException | IndexOutOfBoundsException | NullPointerException e) {
      require(!(layer instanceof NoParamLayer), what, "has sizes that are none: " + layer);
      return null;
    } catch (RuntimeException e) {
      return null; // not the kind of input that it is for: DL4J's to refuse
    }
  }

  private static void requireComplete(String what, Layer layer) {
    if (layer instanceof BaseGleLayer own) {
      own.validate();
    } else if (layer instanceof Gru own) {
      own.validate();
    } else if (layer instanceof BaseLayer own) {
      requireSet(what, "activationFn", own.getActivationFn());
      requireSet(what, "weightInitFn", own.getWeightInitFn());
      requireSet(what, "iupdater", own.getIUpdater());
    }
    requireConstraints(what, layer);
    if (layer instanceof BaseOutputLayer own) {
      requireSet(what, "lossFn", own.getLossFn());
    } else if (layer instanceof LossLayer own) {
      requireSet(what, "lossFn", own.getLossFn());
    } else if (layer instanceof RnnLossLayer own) {
      requireSet(what, "lossFn", own.getLossFn());
    } else if (layer instanceof CnnLossLayer own) {
      requireSet(what, "lossFn", own.getLossFn());
    }
  }

  /** A constraint on a parameter that the layer does not have would fail in training. */
  private static void requireConstraints(String what, Layer layer) {
    if (layer.getConstraints() != null) {
      List<String> keys = layer.initializer().paramKeys(layer);
      for (LayerConstraint constraint : layer.getConstraints()) {
        requireSet(what, "a constraint", constraint);
        requireSet(what, "params of a constraint", constraint.getParams());
        require(
            keys.containsAll(constraint.getParams()),
            what,
            "has a constraint of " + constraint.getParams() + ": some of " + keys + " are allowed");
      }
    }
  }

  private static void requireSet(String what, String name, Object value) {
    require(value != null, what, name + " is null: it must be set");
  }

  /** Sizes that are no sizes; products must not wrap around. */
  private static void requireSizes(String what, Layer layer) {
    long kernel = 1;
    if (layer instanceof SubsamplingLayer pooling) {
      requireAll(what, "kernelSize", pooling.getKernelSize(), 1);
      requireAll(what, "stride", pooling.getStride(), 1);
      requireAll(what, "padding", pooling.getPadding(), 0);
      requireAll(what, "dilation", pooling.getDilation(), 1);
    } else if (layer instanceof ConvolutionLayer convolution) {
      requireAll(what, "kernelSize", convolution.getKernelSize(), 1);
      requireAll(what, "stride", convolution.getStride(), 1);
      requireAll(what, "padding", convolution.getPadding(), 0);
      requireAll(what, "dilation", convolution.getDilation(), 1);
      kernel = product(what, convolution.getKernelSize());
    } else if (layer instanceof GleConvolution convolution) {
      kernel = product(what, convolution.getKernelSize());
    }
    if (layer instanceof FeedForwardLayer own) {
      require(
          own.getNIn() >= 0 && own.getNIn() <= Integer.MAX_VALUE,
          what,
          "nIn = " + own.getNIn() + ": at most " + Integer.MAX_VALUE + " is allowed");
      require(
          own.getNOut() >= 0 && own.getNOut() <= Integer.MAX_VALUE,
          what,
          "nOut = " + own.getNOut() + ": at most " + Integer.MAX_VALUE + " is allowed");
      double columns =
          layer instanceof BaseRecurrentLayer ? own.getNIn() + own.getNOut() : own.getNIn();
      require(
          columns * own.getNOut() * kernel <= MOST_WEIGHTS,
          what,
          "its weights are more than can be counted");
    }
  }

  private static long product(String what, int[] sizes) {
    double product = Arrays.stream(sizes).asDoubleStream().reduce(1, (a, b) -> a * b);
    require(
        product <= Integer.MAX_VALUE,
        what,
        "kernelSize "
            + Arrays.toString(sizes)
            + ": at most "
            + Integer.MAX_VALUE
            + " weights allowed");
    return (long) product;
  }

  private static void requireAll(String what, String name, int[] sizes, int least) {
    require(
        sizes != null && sizes.length > 0 && Arrays.stream(sizes).allMatch(size -> size >= least),
        what,
        name + " " + Arrays.toString(sizes) + ": at least " + least + " is allowed");
  }

  private static void requirePositive(String what, InputType output) {
    if (output instanceof InputTypeConvolutional image) {
      double elements = 1.0 * image.getChannels() * image.getHeight() * image.getWidth();
      require(
          image.getChannels() > 0
              && image.getHeight() > 0
              && image.getWidth() > 0
              && elements <= Integer.MAX_VALUE,
          what,
          String.format(
              Locale.ROOT,
              "gives images %s: sizes of at least 1, and no more than %d values, are allowed",
              shape(image),
              Integer.MAX_VALUE));
    }
  }

  private static boolean isImages(InputType type) {
    return type instanceof InputTypeConvolutional;
  }

  private static String shape(InputType type) {
    InputTypeConvolutional image = (InputTypeConvolutional) type;
    return String.format(
        Locale.ROOT, "[%d, %d, %d]", image.getChannels(), image.getHeight(), image.getWidth());
  }

  /**
   * Number of values of a sample, of a sequence in a time step.
   *
   * @param type of what a layer takes or gives
   * @return that of an image is the product of its sizes
   */
  public static long elements(InputType type) {
    if (type instanceof InputTypeRecurrent sequence) {
      return sequence.getSize();
    }
    return type instanceof InputTypeFeedForward vector
        ? vector.getSize()
        : type.arrayElementsPerExample();
  }

  private static void require(boolean condition, String what, String problem) {
    if (!condition) {
      throw new DL4JInvalidConfigException(what + " " + problem);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.conf.LayerChecks;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.CnnToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/** Which DL4J networks can be streamed, and where their parts are. */
final class StreamingNetworks {
  private StreamingNetworks() {}

  /** Layers that pass rates up and errors down: no parameters, no state, the same for any batch. */
  private static final Set<Class<?>> PASSING =
      Set.of(
          SubsamplingLayer.class,
          ActivationLayer.class,
          DropoutLayer.class,
          ZeroPaddingLayer.class,
          Cropping2D.class,
          Upsampling2D.class,
          LocalResponseNormalization.class);

  /** Preprocessors that keep the order of a sample's values, whatever their shape. */
  private static final Set<Class<?>> FLATTENING =
      Set.of(
          CnnToRnnPreProcessor.class,
          RnnToCnnPreProcessor.class,
          CnnToFeedForwardPreProcessor.class,
          FeedForwardToCnnPreProcessor.class,
          RnnToFeedForwardPreProcessor.class,
          FeedForwardToRnnPreProcessor.class);

  /** The layers below the loss layer, after checking that the trainer does all they ask for. */
  static Stack stack(MultiLayerNetwork network) {
    int count = network.getnLayers() - 1;
    require(count > 0, "the network has no layer below its top: at least one GLE layer is needed");
    DataType dataType = network.params().dataType();
    require(
        dataType == DataType.FLOAT || dataType == DataType.DOUBLE,
        "the network is of type "
            + dataType
            + ": FLOAT and DOUBLE are allowed, as from network.convertDataType(DataType.FLOAT)");
    try {
      LayerChecks.require(network.getLayerWiseConfigurations());
    } catch (DL4JInvalidConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    Stack stack = new Stack(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<Layer> passing = new ArrayList<>();
    List<InputType> inputs = new ArrayList<>();
    InputType type = null;
    for (int l = 0; l < count; l++) {
      Layer layer = Frozen.inside(network.getLayer(l));
      boolean learns = !Frozen.is(network.getLayer(l));
      InputPreProcessor preProcessor = network.getLayerWiseConfigurations().getInputPreProcess(l);
      if (preProcessor != null) {
        require(
            FLATTENING.contains(preProcessor.getClass()),
            "layer "
                + l
                + " has an input preprocessor "
                + preProcessor.getClass().getSimpleName()
                + ", which cannot be streamed: those that change nothing but the shape are allowed");
        type = type == null ? null : preProcessor.getOutputType(type);
      }
      if (layer instanceof StreamingLayer streaming) {
        if (stack.layers().isEmpty()) {
          type = inputOf(layer.conf().getLayer());
        } else {
          long given = LayerChecks.elements(type);
          require( // also where the layer is not what its configuration says by now
              given == streaming.inputs(),
              String.format(
                  Locale.ROOT,
                  "layer %d takes %d values, but gets %d from below: as many are allowed",
                  l,
                  streaming.inputs(),
                  given));
          stack.above().add(new Passage(passing, inputs, streaming.inputs()));
        }
        requireStreamable(l, streaming, learns, stack.layers());
        stack.layers().add(streaming);
        stack.learning().add(learns);
        passing = new ArrayList<>();
        inputs = new ArrayList<>();
      } else {
        requirePassing(l, layer, stack.layers().isEmpty());
        passing.add(network.getLayer(l));
        inputs.add(type);
      }
      type = layer.conf().getLayer().getOutputType(l, type);
    }
    require(
        passing.isEmpty(),
        "layer "
            + (count - 1)
            + " is a "
            + Frozen.inside(network.getLayer(count - 1)).getClass().getSimpleName()
            + ": the layer below the RnnLossLayer must be a GLE layer");
    stack.above().add(new Passage(passing, inputs, stack.top().outputs()));
    return stack;
  }

  private static InputType inputOf(org.deeplearning4j.nn.conf.layers.Layer lowest) {
    if (lowest instanceof GleLayer layer
        && layer.getInputType() instanceof InputType.InputTypeConvolutional images) {
      return images;
    }
    return lowest instanceof GleConvolution images
        ? InputType.convolutional(images.getHeight(), images.getWidth(), images.getNIn())
        : InputType.recurrent(((FeedForwardLayer) lowest).getNIn());
  }

  private static void requirePassing(int l, Layer layer, boolean isLowest) {
    String what = "layer " + l + " is a " + layer.getClass().getSimpleName();
    require(
        PASSING.contains(layer.conf().getLayer().getClass()),
        what
            + ": GLE layers below one RnnLossLayer can be streamed, and between them layers without"
            + " parameters and state, such as SubsamplingLayer, ActivationLayer and DropoutLayer");
    if (layer.conf().getLayer() instanceof SubsamplingLayer pooling) {
      require(
          pooling.getPoolingType() != PoolingType.PNORM,
          "layer "
              + l
              + " pools by PNORM, which has no derivative where all rates are 0, as before the first"
              + " step: MAX and AVG are allowed");
    }
    require(!isLowest, what + ": the lowest layer must be a GLE layer");
  }

  private static void requireStreamable(
      int l, StreamingLayer streaming, boolean learns, List<StreamingLayer> below) {
    String where = "layer " + l;
    streaming.obstacle(learns).ifPresent(obstacle -> require(false, where + " has " + obstacle));
    for (StreamingLayer lower : below) {
      require(
          lower.dt() == streaming.dt(),
          where
              + " has dt = "
              + streaming.dt()
              + " but the layers below "
              + lower.dt()
              + ": a step of the trainer is one Euler step of every layer");
    }
  }

  /** The loss layer's configuration. */
  static RnnLossLayer top(MultiLayerNetwork network) {
    org.deeplearning4j.nn.conf.layers.Layer conf = network.getOutputLayer().conf().getLayer();
    require(
        conf instanceof RnnLossLayer,
        "the top layer is a "
            + conf.getClass().getSimpleName()
            + ": a parameterless RnnLossLayer is allowed; make the readout a GLE layer with"
            + " identity activation below it");
    RnnLossLayer top = (RnnLossLayer) conf;
    require(
        !(top.getLossFn() instanceof LossSparseMCXENT),
        "the loss function is SPARSE_MCXENT, whose labels are numbers of classes: MCXENT with"
            + " one-hot labels [batch, classes] is allowed");
    require(
        top.getIDropout() == null,
        "the RnnLossLayer has dropout, which cannot be streamed: remove it");
    return top;
  }

  /** States for a batch, that carry on the values of others, or start from zero without any. */
  static List<State<INDArray>> forBatch(
      List<State<INDArray>> states, List<StreamingLayer> layers, long batch) {
    return IntStream.range(0, layers.size())
        .mapToObj(
            l ->
                states.isEmpty()
                    ? layers.get(l).newState(batch)
                    : states.get(l).forBatch(Math.toIntExact(batch)))
        .toList();
  }

  /** What the fused engine has no function of its own for. */
  static List<String> slowParts(MultiLayerNetwork network, Stack stack, OutputLoss loss) {
    List<String> parts = new ArrayList<>();
    for (int l = 0; l < stack.size(); l++) {
      int index = stack.index(l);
      stack.layers().get(l).slowPart().ifPresent(part -> parts.add(part + " in layer " + index));
    }
    for (Passage passage : stack.above()) {
      if (FusedPassage.of(passage, 1).isSlow()) {
        passage
            .layers()
            .forEach(layer -> parts.add(Frozen.inside(layer).getClass().getSimpleName()));
      }
    }
    if (loss.isSlow()) {
      parts.add("loss " + top(network).getLossFn());
    }
    return parts;
  }

  /** Whether the score has a part that does not come from the loss. */
  static boolean isRegularised(MultiLayerNetwork network) {
    for (Layer layer : network.getLayers()) {
      for (String key : layer.paramTable().keySet()) {
        List<?> regularization = layer.getConfig().getRegularizationByParam(key);
        if (regularization != null && !regularization.isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  static RNNFormat inputFormat(MultiLayerNetwork network) {
    return Frozen.inside(network.getLayer(0)).conf().getLayer()
            instanceof BaseRecurrentLayer recurrent
        ? recurrent.getRnnDataFormat()
        : RNNFormat.NCW;
  }

  /** Parameters can be set to anything after the configuration was checked. */
  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}

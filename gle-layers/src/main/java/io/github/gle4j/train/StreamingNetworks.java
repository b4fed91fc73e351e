// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.layers.GleDenseParamInitializer;
import io.github.gle4j.nn.layers.RateFunctions;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Which DL4J networks can be streamed, and where their parts are. */
final class StreamingNetworks {
  private static final double ROUNDING = 1e-6;

  private StreamingNetworks() {}

  /** The layers below the loss layer, after checking that the trainer does all they ask for. */
  static List<StreamingLayer> layers(MultiLayerNetwork network) {
    int count = network.getnLayers() - 1;
    require(count > 0, "the network has no layer below its top: at least one GLE layer is needed");
    List<StreamingLayer> layers = new ArrayList<>();
    double dt = Double.NaN;
    for (int l = 0; l < count; l++) {
      String where = "layer " + l;
      Layer layer = network.getLayer(l);
      require(
          network.getLayerWiseConfigurations().getInputPreProcess(l) == null,
          where + " has an input preprocessor, which cannot be streamed: remove it");
      require(
          layer instanceof StreamingLayer,
          where
              + " is a "
              + layer.getClass().getSimpleName()
              + ": GLE layers below one RnnLossLayer can be streamed");
      if (layer.conf().getLayer() instanceof GleDense dense) {
        require(
            dense.getIDropout() == null && dense.getWeightNoise() == null,
            where + " has dropout or weight noise, which cannot be streamed: remove it");
        requireAtLeast(dense.getDt(), where, GleDenseParamInitializer.TAU_M_KEY, layer);
        requireAtLeast(dense.getDt(), where, GleDenseParamInitializer.TAU_R_KEY, layer);
        require(
            Double.isNaN(dt) || dt == dense.getDt(),
            where
                + " has dt = "
                + dense.getDt()
                + " but the layers below "
                + dt
                + ": a step of the trainer is one Euler step of every layer");
        dt = dense.getDt();
      }
      layers.add((StreamingLayer) layer);
    }
    return layers;
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
        top.getIDropout() == null,
        "the RnnLossLayer has dropout, which cannot be streamed: remove it");
    return top;
  }

  /** States for a batch, that carry on the values of others, or start from zero without any. */
  static List<NeuronState> fit(List<NeuronState> states, List<StreamingLayer> layers, long batch) {
    return IntStream.range(0, layers.size())
        .mapToObj(
            l -> states.isEmpty() ? layers.get(l).newState(batch) : states.get(l).forBatch(batch))
        .toList();
  }

  /** What the fused engine has no function of its own for. */
  static List<String> slowParts(MultiLayerNetwork network, OutputLoss loss) {
    List<String> parts = new ArrayList<>();
    for (Layer layer : network.getLayers()) {
      if (layer.conf().getLayer() instanceof GleDense dense
          && !RateFunctions.isFast(dense.getActivationFn())) {
        parts.add("activation " + dense.getActivationFn() + " in layer " + layer.getIndex());
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
    return ((GleDense) network.getLayer(0).conf().getLayer()).getRnnDataFormat();
  }

  /** Parameters can be set to anything after the configuration was checked. */
  private static void requireAtLeast(double dt, String where, String key, Layer layer) {
    double smallest = layer.getParam(key).minNumber().doubleValue();
    require(
        smallest >= dt * (1 - ROUNDING),
        where
            + " has "
            + key
            + " = "
            + smallest
            + ", below dt = "
            + dt
            + ": at least dt is allowed");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}

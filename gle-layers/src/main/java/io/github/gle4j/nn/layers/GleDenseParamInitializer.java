// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Lays out and initialises the parameters {@code W b tauM tauR} of a {@link GleDense} layer. */
public final class GleDenseParamInitializer implements ParamInitializer {
  /** Key of the weights, [nIn, nOut] in 'f' order. */
  public static final String WEIGHT_KEY = DefaultParamInitializer.WEIGHT_KEY;

  /** Key of the biases, [1, nOut]. */
  public static final String BIAS_KEY = DefaultParamInitializer.BIAS_KEY;

  /** Key of the membrane time constants, [1, nOut]. */
  public static final String TAU_M_KEY = "tauM";

  /** Key of the prospective time constants, [1, nOut]. */
  public static final String TAU_R_KEY = "tauR";

  /** The only instance; it holds no state. */
  public static final GleDenseParamInitializer INSTANCE = new GleDenseParamInitializer();

  private GleDenseParamInitializer() {}

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    GleDense conf = (GleDense) layer;
    return conf.getNOut() * (conf.getNIn() + (conf.isHasBias() ? 3 : 2));
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>(weightKeys(layer));
    keys.addAll(biasKeys(layer));
    keys.add(TAU_M_KEY);
    keys.add(TAU_R_KEY);
    return keys;
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return List.of(WEIGHT_KEY);
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return ((GleDense) layer).isHasBias() ? List.of(BIAS_KEY) : List.of();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return WEIGHT_KEY.equals(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return BIAS_KEY.equals(key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray paramsView, boolean initializeParams) {
    GleDense layer = (GleDense) conf.getLayer();
    Map<String, INDArray> params = views(layer, paramsView);
    params.keySet().forEach(conf::addVariable);
    if (initializeParams) {
      initialize(layer, params);
    }
    return params;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradientView) {
    return views((GleDense) conf.getLayer(), gradientView);
  }

  private static void initialize(GleDense layer, Map<String, INDArray> params) {
    double fanIn = layer.getNIn();
    double fanOut = layer.getNOut();
    INDArray weights = params.get(WEIGHT_KEY);
    layer.getWeightInitFn().init(fanIn, fanOut, weights.shape(), 'f', flat(weights));
    INDArray biases = params.get(BIAS_KEY);
    if (biases != null) {
      if (layer.getBiasWeightInit() != null) {
        layer.getBiasWeightInit().init(fanIn, fanOut, biases.shape(), 'f', flat(biases));
      } else {
        biases.assign(layer.getBiasInit());
      }
    }
    INDArray tauM = params.get(TAU_M_KEY);
    INDArray tauR = params.get(TAU_R_KEY);
    long neuron = 0;
    for (Population population : layer.getTimeConstants()) {
      for (int i = 0; i < population.count(); i++, neuron++) {
        tauM.putScalar(0, neuron, population.tauM());
        tauR.putScalar(0, neuron, population.tauR());
      }
    }
  }

  private static Map<String, INDArray> views(GleDense layer, INDArray flattened) {
    INDArray flat = flat(flattened);
    Map<String, INDArray> views = new LinkedHashMap<>();
    long position = 0;
    for (String key : INSTANCE.paramKeys(layer)) {
      long rows = key.equals(WEIGHT_KEY) ? layer.getNIn() : 1;
      long length = rows * layer.getNOut();
      INDArray view = flat.get(NDArrayIndex.interval(position, position + length));
      views.put(key, view.reshape('f', rows, layer.getNOut()));
      position += length;
    }
    return views;
  }

  private static INDArray flat(INDArray array) {
    return array.reshape('f', new long[] {array.length()});
  }
}

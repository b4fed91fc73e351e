// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.BaseGleLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Lays out and initialises the parameters of a {@link BaseGleLayer}. It holds no state. */
public abstract class GleParamInitializer implements ParamInitializer {
  /** Key of the weights, whose shape the connectivity defines. */
  public static final String WEIGHT_KEY = DefaultParamInitializer.WEIGHT_KEY;

  /** Key of the biases, [1, nOut]. */
  public static final String BIAS_KEY = DefaultParamInitializer.BIAS_KEY;

  /** Key of the membrane time constants, [1, nOut]. */
  public static final String TAU_M_KEY = "tauM";

  /** Key of the prospective time constants, [1, nOut]. */
  public static final String TAU_R_KEY = "tauR";

  private final char weightOrder;

  /** Lays weights out in this order, 'c' or 'f'. */
  GleParamInitializer(char weightOrder) {
    this.weightOrder = weightOrder;
  }

  /** Shape of the weights. */
  abstract long[] weightShape(Layer layer);

  /** What the distribution of initial weights depends on: numbers of inputs and outputs. */
  abstract double[] fanInAndOut(Layer layer);

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    long count = 0;
    for (String key : paramKeys(layer)) {
      count += length(layer, key);
    }
    return count;
  }

  /**
   * Size of a parameter.
   *
   * @param layer configuration
   * @param key of one of its parameters
   * @return number of values
   */
  public long length(Layer layer, String key) {
    return ArrayUtil.prodLong(shape(layer, key));
  }

  private long[] shape(Layer layer, String key) {
    return key.equals(WEIGHT_KEY)
        ? weightShape(layer)
        : new long[] {1, ((BaseGleLayer) layer).getNOut()};
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
    return ((BaseGleLayer) layer).isHasBias() ? List.of(BIAS_KEY) : List.of();
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
    BaseGleLayer layer = (BaseGleLayer) conf.getLayer();
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
    return views(conf.getLayer(), gradientView);
  }

  private void initialize(BaseGleLayer layer, Map<String, INDArray> params) {
    double[] fan = fanInAndOut(layer);
    INDArray weights = params.get(WEIGHT_KEY);
    INDArray flatWeights = weights.reshape(weightOrder, new long[] {weights.length()});
    layer.getWeightInitFn().init(fan[0], fan[1], weights.shape(), weightOrder, flatWeights);
    INDArray biases = params.get(BIAS_KEY);
    if (biases != null) {
      if (layer.getBiasWeightInit() != null) {
        layer.getBiasWeightInit().init(fan[0], fan[1], biases.shape(), 'f', flat(biases));
      } else {
        biases.assign(layer.getBiasInit());
      }
    }
    initializeTimeConstants(layer, params);
  }

  /** Sets the time constants to those of the configuration. */
  static void initializeTimeConstants(BaseGleLayer layer, Map<String, INDArray> params) {
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

  /**
   * Draws fixed weights for the errors of a layer, laid out as its own.
   *
   * @param layer configuration
   * @param seed the same seed gives the same weights
   * @param dataType of the result
   */
  INDArray feedbackWeights(BaseGleLayer layer, long seed, DataType dataType) {
    double[] fan = fanInAndOut(layer);
    double deviation = Math.sqrt(2 / (fan[0] + fan[1]));
    Random random = new Random(seed);
    double[] values = new double[Math.toIntExact(length(layer, WEIGHT_KEY))];
    for (int i = 0; i < values.length; i++) {
      values[i] = deviation * random.nextGaussian();
    }
    return Nd4j.createFromArray(values).castTo(dataType).reshape(weightOrder, weightShape(layer));
  }

  private Map<String, INDArray> views(Layer layer, INDArray flattened) {
    INDArray flat = flat(flattened);
    Map<String, INDArray> views = new LinkedHashMap<>();
    long position = 0;
    for (String key : paramKeys(layer)) {
      long length = length(layer, key);
      INDArray view = flat.get(NDArrayIndex.interval(position, position + length));
      char order = key.equals(WEIGHT_KEY) ? weightOrder : 'f';
      views.put(key, view.reshape(order, shape(layer, key)));
      position += length;
    }
    return views;
  }

  private static INDArray flat(INDArray array) {
    return array.reshape('f', new long[] {array.length()});
  }
}

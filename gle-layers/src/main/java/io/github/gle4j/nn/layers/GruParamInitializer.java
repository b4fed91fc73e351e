// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.github.gle4j.nn.conf.Gru;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.params.SimpleRnnParamInitializer;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Lays out and initialises the parameters {@code W RW b Rb} of a {@link Gru} layer. Each has three
 * blocks of nOut columns: reset gate, update gate, candidate; each block is drawn by itself.
 */
public final class GruParamInitializer implements ParamInitializer {
  /** Key of the input weights, [nIn, 3 nOut] in 'f' order. */
  public static final String WEIGHT_KEY = SimpleRnnParamInitializer.WEIGHT_KEY;

  /** Key of the recurrent weights, [nOut, 3 nOut] in 'f' order. */
  public static final String RECURRENT_WEIGHT_KEY = SimpleRnnParamInitializer.RECURRENT_WEIGHT_KEY;

  /** Key of the input biases, [1, 3 nOut]. */
  public static final String BIAS_KEY = SimpleRnnParamInitializer.BIAS_KEY;

  /** Key of the recurrent biases, [1, 3 nOut]. */
  public static final String RECURRENT_BIAS_KEY = "Rb";

  /** The only instance; it holds no state. */
  public static final GruParamInitializer INSTANCE = new GruParamInitializer();

  private static final int GATES = 3;

  private GruParamInitializer() {}

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    Gru conf = (Gru) layer;
    return GATES * conf.getNOut() * (conf.getNIn() + conf.getNOut() + 2);
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return List.of(WEIGHT_KEY, RECURRENT_WEIGHT_KEY, BIAS_KEY, RECURRENT_BIAS_KEY);
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return List.of(WEIGHT_KEY, RECURRENT_WEIGHT_KEY);
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return List.of(BIAS_KEY, RECURRENT_BIAS_KEY);
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return weightKeys(layer).contains(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return biasKeys(layer).contains(key);
  }

  /**
   * Number of rows of a parameter; all have 3 nOut columns.
   *
   * @param layer the layer, with nIn and nOut set
   * @param key one of {@link #paramKeys}
   * @return nIn, nOut or 1
   */
  public static long rows(Gru layer, String key) {
    return switch (key) {
      case WEIGHT_KEY -> layer.getNIn();
      case RECURRENT_WEIGHT_KEY -> layer.getNOut();
      default -> 1;
    };
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray paramsView, boolean initializeParams) {
    Gru layer = (Gru) conf.getLayer();
    Map<String, INDArray> params = views(layer, paramsView);
    params.keySet().forEach(conf::addVariable);
    if (initializeParams) {
      IWeightInit input = layer.getWeightInitFn();
      IWeightInit recurrent = layer.getWeightInitFnRecurrent();
      double nIn = layer.getNIn();
      double nOut = layer.getNOut();
      draw(input, nIn, nOut, params.get(WEIGHT_KEY));
      draw(recurrent == null ? input : recurrent, nOut, nOut, params.get(RECURRENT_WEIGHT_KEY));
      IWeightInit bias = layer.getBiasWeightInit();
      if (bias != null) {
        draw(bias, nIn, nOut, params.get(BIAS_KEY));
        draw(bias, nOut, nOut, params.get(RECURRENT_BIAS_KEY));
      } else {
        params.get(BIAS_KEY).assign(layer.getBiasInit());
        params.get(RECURRENT_BIAS_KEY).assign(layer.getBiasInit());
      }
    }
    return params;
  }

  private static void draw(IWeightInit init, double fanIn, double fanOut, INDArray param) {
    INDArray flat = flat(param);
    long rows = param.size(0);
    long columns = param.size(1) / GATES;
    for (int gate = 0; gate < GATES; gate++) {
      INDArray block = flat.get(interval(gate * rows * columns, (gate + 1) * rows * columns));
      init.init(fanIn, fanOut, new long[] {rows, columns}, 'f', block);
    }
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradientView) {
    return views((Gru) conf.getLayer(), gradientView);
  }

  private static Map<String, INDArray> views(Gru layer, INDArray flattened) {
    INDArray flat = flat(flattened);
    Map<String, INDArray> views = new LinkedHashMap<>();
    long columns = GATES * layer.getNOut();
    long position = 0;
    for (String key : INSTANCE.paramKeys(layer)) {
      long rows = rows(layer, key);
      INDArray view = flat.get(interval(position, position + rows * columns));
      views.put(key, view.reshape('f', rows, columns));
      position += rows * columns;
    }
    return views;
  }

  private static INDArray flat(INDArray array) {
    return array.reshape('f', new long[] {array.length()});
  }
}

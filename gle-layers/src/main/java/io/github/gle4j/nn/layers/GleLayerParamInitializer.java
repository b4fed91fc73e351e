// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.GleLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Lays out the parameters of a {@link GleLayer}: those of the layer inside, by its own initialiser,
 * then {@code tauM tauR}.
 */
public final class GleLayerParamInitializer extends GleParamInitializer {
  /** The only instance. */
  public static final GleLayerParamInitializer INSTANCE = new GleLayerParamInitializer();

  private GleLayerParamInitializer() {
    super('f');
  }

  /** The configuration of the layer inside, as DL4J hands it to such a layer. */
  static NeuralNetConfiguration inside(NeuralNetConfiguration conf) {
    NeuralNetConfiguration inside = conf.clone();
    GleLayer outer = (GleLayer) conf.getLayer();
    BaseLayer layer = (BaseLayer) outer.getInside();
    if (layer.getWeightInitFn() == null) {
      layer.setWeightInitFn(outer.getWeightInitFn());
    }
    layer.setBiasInit(outer.getBiasInit());
    inside.setLayer(layer);
    inside.clearVariables();
    return inside;
  }

  private static Layer inside(Layer layer) {
    return ((GleLayer) layer).getInside();
  }

  private static ParamInitializer initializer(Layer layer) {
    return inside(layer).initializer();
  }

  /** Number of parameters of the layer inside. */
  static long insideParams(Layer layer) {
    return initializer(layer).numParams(inside(layer));
  }

  @Override
  public long numParams(Layer layer) {
    return insideParams(layer) + 2 * ((BaseGleLayer) layer).getNOut();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>(initializer(layer).paramKeys(inside(layer)));
    keys.add(TAU_M_KEY);
    keys.add(TAU_R_KEY);
    return keys;
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return initializer(layer).weightKeys(inside(layer));
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return initializer(layer).biasKeys(inside(layer));
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return initializer(layer).isWeightParam(inside(layer), key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return initializer(layer).isBiasParam(inside(layer), key);
  }

  @Override
  public long length(Layer layer, String key) {
    if (key.equals(TAU_M_KEY) || key.equals(TAU_R_KEY)) {
      return ((BaseGleLayer) layer).getNOut();
    }
    NeuralNetConfiguration conf = new NeuralNetConfiguration();
    conf.setLayer(inside(layer));
    INDArray flat = Nd4j.create(1, insideParams(layer));
    return initializer(layer).getGradientsFromFlattened(conf, flat).get(key).length();
  }

  @Override
  long[] weightShape(Layer layer) {
    throw new UnsupportedOperationException("the layer inside knows the shapes of its weights");
  }

  @Override
  double[] fanInAndOut(Layer layer) {
    throw new UnsupportedOperationException("the layer inside draws its weights");
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray paramsView, boolean initializeParams) {
    BaseGleLayer layer = (BaseGleLayer) conf.getLayer();
    INDArray flat = paramsView.reshape('f', new long[] {paramsView.length()});
    INDArray ofInside = part(flat, 0, insideParams(layer));
    Map<String, INDArray> params =
        new LinkedHashMap<>(initializer(layer).init(inside(conf), ofInside, initializeParams));
    addTimeConstants(layer, flat, params);
    params.keySet().forEach(conf::addVariable);
    if (initializeParams) {
      initializeTimeConstants(layer, params);
    }
    return params;
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradientView) {
    Layer layer = conf.getLayer();
    INDArray flat = gradientView.reshape('f', new long[] {gradientView.length()});
    INDArray ofInside = part(flat, 0, insideParams(layer));
    Map<String, INDArray> views =
        new LinkedHashMap<>(initializer(layer).getGradientsFromFlattened(inside(conf), ofInside));
    addTimeConstants((BaseGleLayer) layer, flat, views);
    return views;
  }

  private static void addTimeConstants(
      BaseGleLayer layer, INDArray flat, Map<String, INDArray> views) {
    long first = insideParams(layer);
    long count = layer.getNOut();
    views.put(TAU_M_KEY, part(flat, first, count));
    views.put(TAU_R_KEY, part(flat, first + count, count));
  }

  private static INDArray part(INDArray flat, long from, long count) {
    return flat.get(NDArrayIndex.interval(from, from + count)).reshape('f', 1, count);
  }
}

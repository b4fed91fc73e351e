// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.connectivity.Connectivity;
import io.github.gle4j.nn.connectivity.Dl4jConnectivity;
import io.github.gle4j.nn.connectivity.HeapConnectivity;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.connectivity.WeightArrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** {@link GleLayer} at run time: its connectivity is a layer of DL4J. */
public final class GleLayerImpl extends BaseImageImpl<GleLayer> {
  private transient Layer inside;
  private transient INDArray insideGradients; // of the latest backward pass alone

  /**
   * Creates the layer; DL4J calls this through {@link GleLayer#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleLayer}
   * @param dataType floating-point type of parameters and states
   */
  public GleLayerImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  InputType inputType() {
    return layerConf().getInputType();
  }

  @Override
  InputType outputType() {
    return layerConf().getInside().getOutputType(index, inputType());
  }

  /** Also makes the layer inside, upon its part of the parameters. */
  @Override
  public void setParamsViewArray(INDArray params) {
    super.setParamsViewArray(params);
    long count = GleLayerParamInitializer.insideParams(layerConf());
    NeuralNetConfiguration insideConf = GleLayerParamInitializer.inside(conf);
    INDArray flat = params.reshape('f', new long[] {params.length()});
    INDArray own = flat.get(NDArrayIndex.interval(0, count)).reshape('f', 1, count);
    inside = insideConf.getLayer().instantiate(insideConf, null, index, own, false, dataType);
    insideGradients = Nd4j.create(dataType, 1, count);
    inside.setBackpropGradientsViewArray(insideGradients);
  }

  @Override
  Connectivity<INDArray> reference(WeightArrays arrays) {
    return new Dl4jConnectivity(inside, inputType(), outputType(), ownGradients());
  }

  @Override
  Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch) {
    return new HeapConnectivity(reference(arrays), batch, inputs(), outputs());
  }

  /** The part of this layer's gradients that is of the layer inside. */
  private INDArray ownGradients() {
    return gradientsFlattened == null
        ? null
        : gradientsFlattened
            .reshape('f', new long[] {gradientsFlattened.length()})
            .get(NDArrayIndex.interval(0, insideGradients.length()));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.connectivity.Connectivity;
import io.github.gle4j.nn.connectivity.ConvolutionConnectivity;
import io.github.gle4j.nn.connectivity.ConvolutionShape;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.connectivity.WeightArrays;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link GleConvolution} at run time: a patch of the input to every neuron. Takes rank 4 or
 * sequences of flattened images, gives rank 4.
 */
public final class GleConvolutionImpl extends BaseImageImpl<GleConvolution> {
  private final transient ConvolutionShape shape;

  /**
   * Creates the layer; DL4J calls this through {@link GleConvolution#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleConvolution}
   * @param dataType floating-point type of parameters and states
   */
  public GleConvolutionImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
    shape = layerConf().shape();
  }

  @Override
  InputType inputType() {
    return InputType.convolutional(shape.height(), shape.width(), shape.channels());
  }

  @Override
  InputType outputType() {
    return InputType.convolutional(shape.outHeight(), shape.outWidth(), shape.maps());
  }

  @Override
  Connectivity<INDArray> reference(WeightArrays arrays) {
    return ConvolutionConnectivity.reference(shape, arrays);
  }

  @Override
  Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch) {
    return new ConvolutionConnectivity(shape, batch, arrays, scratch);
  }
}

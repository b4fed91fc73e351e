// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleConvolution;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Lays out and initialises the parameters {@code b W tauM tauR} of a {@link GleConvolution} layer.
 * Biases and weights [nOut, channels, kernel height, kernel width] in 'c' order lie and are drawn
 * as those of DL4J's convolution.
 */
public final class GleConvolutionParamInitializer extends GleParamInitializer {
  /** The only instance. */
  public static final GleConvolutionParamInitializer INSTANCE =
      new GleConvolutionParamInitializer();

  private GleConvolutionParamInitializer() {
    super('c');
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>(biasKeys(layer));
    keys.add(WEIGHT_KEY);
    keys.add(TAU_M_KEY);
    keys.add(TAU_R_KEY);
    return keys;
  }

  @Override
  long[] weightShape(Layer layer) {
    GleConvolution conf = (GleConvolution) layer;
    int[] kernel = conf.getKernelSize();
    return new long[] {conf.getNOut(), conf.getNIn(), kernel[0], kernel[1]};
  }

  @Override
  double[] fanInAndOut(Layer layer) {
    GleConvolution conf = (GleConvolution) layer;
    double kernel = (double) conf.getKernelSize()[0] * conf.getKernelSize()[1];
    double stride = (double) conf.getStride()[0] * conf.getStride()[1];
    return new double[] {conf.getNIn() * kernel, conf.getNOut() * kernel / stride};
  }
}

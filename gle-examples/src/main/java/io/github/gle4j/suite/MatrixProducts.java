// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.connectivity.Blas;
import io.github.gle4j.nn.connectivity.ConvolutionShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * The three matrix products that every dense or convolutional layer needs in a training step,
 * forward, feedback and gradient, and nothing else: the floor of a step's time.
 */
final class MatrixProducts {
  /** Keeps the values of repeated products from growing. */
  private static final float SCALE = 0.1f;

  /**
   * The products of a layer; of a convolution, on the columns that its kernel sees.
   *
   * @param rows samples, times the places of the kernel
   * @param inputs number of weights of an output
   * @param outputs number of neurons, or of feature maps
   */
  private record LayerProducts(
      int rows,
      int inputs,
      int outputs,
      FloatPointer below,
      FloatPointer above,
      FloatPointer weights,
      FloatPointer gradients) {

    void run() {
      Blas.multiply(false, false, rows, outputs, inputs, SCALE, below, weights, 0, above);
      Blas.multiply(false, true, rows, inputs, outputs, SCALE, above, weights, 0, below);
      Blas.multiply(true, false, inputs, outputs, rows, SCALE, below, above, 0, gradients);
    }
  }

  private final List<LayerProducts> layers = new ArrayList<>();

  MatrixProducts(MultiLayerNetwork network, int batch) {
    Random random = new Random(1);
    for (Layer layer : network.getLayers()) {
      if (layer.conf().getLayer() instanceof GleConvolution convolution) {
        ConvolutionShape shape = convolution.shape();
        add(
            random,
            batch * shape.outHeight() * shape.outWidth(),
            shape.channels() * shape.kernelHeight() * shape.kernelWidth(),
            shape.maps());
      } else if (layer.conf().getLayer() instanceof GleDense dense) {
        add(random, batch, (int) dense.getNIn(), (int) dense.getNOut());
      }
    }
  }

  private void add(Random random, int rows, int inputs, int outputs) {
    layers.add(
        new LayerProducts(
            rows,
            inputs,
            outputs,
            random(random, Math.multiplyExact(rows, inputs)),
            random(random, Math.multiplyExact(rows, outputs)),
            random(random, Math.multiplyExact(inputs, outputs)),
            random(random, Math.multiplyExact(inputs, outputs))));
  }

  private static FloatPointer random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return new FloatPointer(values);
  }

  void run(int steps) {
    for (int step = 0; step < steps; step++) {
      layers.forEach(LayerProducts::run);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A patch of the input to every neuron, the same weights for all neurons of a map. */
final class ConvolutionConnectivity extends WeightedConnectivity {
  private final ConvolutionProducts products;

  /**
   * Works on these arrays.
   *
   * @param weights [maps, channels, kernel height, kernel width] in 'c' order
   * @param feedbackWeights what carries errors down, as weights, or the weights themselves
   * @param weightGradients as weights; null: only {@link #forward} and {@link #feedback} are called
   * @param biases [1, maps], or null
   * @param biasGradients as biases; null with weightGradients
   */
  ConvolutionConnectivity(
      ConvolutionShape shape,
      int batch,
      INDArray weights,
      INDArray feedbackWeights,
      INDArray weightGradients,
      INDArray biases,
      INDArray biasGradients,
      Scratch scratch) {
    super(
        shape.maps(),
        shape.outHeight() * shape.outWidth() * batch,
        (long) batch * shape.inputs(),
        weights,
        feedbackWeights,
        weightGradients,
        biases,
        biasGradients,
        scratch);
    products = new ConvolutionProducts(shape, batch, scratch);
  }

  @Override
  void multiply(FloatPointer below, FloatPointer weights, FloatPointer currents) {
    products.forward(below, weights, currents);
  }

  @Override
  void multiplyBack(FloatPointer errors, FloatPointer weights, FloatPointer feedback) {
    products.feedback(errors, weights, feedback);
  }

  @Override
  void addGradient(
      FloatPointer below, FloatPointer errors, float scale, float old, FloatPointer gradients) {
    products.gradient(below, errors, scale, old, gradients);
  }
}

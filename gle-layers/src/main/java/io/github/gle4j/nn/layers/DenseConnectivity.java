// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** All inputs to all neurons, by OpenBLAS. [neurons][batch] is ND4J's [batch, neurons] in 'f'. */
final class DenseConnectivity extends WeightedConnectivity {
  private final int batch;
  private final int inputs;
  private final int neurons;

  /**
   * Works on these arrays.
   *
   * @param weights [inputs, neurons] in 'f' order
   * @param feedbackWeights what carries errors down, as weights, or the weights themselves
   * @param weightGradients as weights; null: only {@link #forward} and {@link #feedback} are called
   * @param biases [1, neurons], or null
   * @param biasGradients as biases; null with weightGradients
   */
  DenseConnectivity(
      int batch,
      INDArray weights,
      INDArray feedbackWeights,
      INDArray weightGradients,
      INDArray biases,
      INDArray biasGradients,
      Scratch scratch) {
    super(
        Math.toIntExact(weights.size(1)),
        batch,
        batch * weights.size(0),
        weights,
        feedbackWeights,
        weightGradients,
        biases,
        biasGradients,
        scratch);
    this.batch = batch;
    inputs = Math.toIntExact(weights.size(0));
    neurons = Math.toIntExact(weights.size(1));
  }

  @Override
  void multiply(FloatPointer below, FloatPointer weights, FloatPointer currents) {
    Blas.multiply(false, false, batch, neurons, inputs, 1, below, weights, 0, currents);
  }

  @Override
  void multiplyBack(FloatPointer errors, FloatPointer weights, FloatPointer feedback) {
    Blas.multiply(false, true, batch, inputs, neurons, 1, errors, weights, 0, feedback);
  }

  @Override
  void addGradient(
      FloatPointer below, FloatPointer errors, float scale, float old, FloatPointer gradients) {
    Blas.multiply(true, false, inputs, neurons, batch, scale, below, errors, old, gradients);
  }
}

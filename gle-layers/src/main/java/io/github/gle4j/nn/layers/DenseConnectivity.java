// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

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
        (int) weights.size(1),
        batch,
        batch * weights.size(0),
        weights,
        feedbackWeights,
        weightGradients,
        biases,
        biasGradients,
        scratch);
    this.batch = batch;
    inputs = (int) weights.size(0);
    neurons = (int) weights.size(1);
  }

  @Override
  void multiply(FloatPointer below, FloatPointer weights, FloatPointer currents) {
    product(CblasNoTrans, CblasNoTrans, batch, neurons, inputs, 1, below, weights, 0, currents);
  }

  @Override
  void multiplyBack(FloatPointer errors, FloatPointer weights, FloatPointer feedback) {
    product(CblasNoTrans, CblasTrans, batch, inputs, neurons, 1, errors, weights, 0, feedback);
  }

  @Override
  void addGradient(
      FloatPointer below, FloatPointer errors, float scale, float old, FloatPointer gradients) {
    product(CblasTrans, CblasNoTrans, inputs, neurons, batch, scale, below, errors, old, gradients);
  }

  /** {@code c = scale a b + old c}, where a or b may be transposed and c is [rows, columns]. */
  private static void product(
      int transA,
      int transB,
      int rows,
      int columns,
      int inner,
      float scale,
      FloatPointer a,
      FloatPointer b,
      float old,
      FloatPointer c) {
    int heightA = transA == CblasTrans ? inner : rows;
    int heightB = transB == CblasTrans ? columns : inner;
    cblas_sgemm(
        CblasColMajor,
        transA,
        transB,
        rows,
        columns,
        inner,
        scale,
        a,
        heightA,
        b,
        heightB,
        old,
        c,
        rows);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sasum;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas.cblas_sgemv;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** All inputs to all neurons, by OpenBLAS. [neurons][batch] is ND4J's [batch, neurons] in 'f'. */
final class DenseConnectivity implements Connectivity {
  private final int batch;
  private final int inputs;
  private final int neurons;
  private final FloatPointer weights;
  private final FloatPointer feedbackWeights;
  private final FloatPointer weightGradients;
  private final FloatPointer biases; // null: none
  private final FloatPointer biasGradients;
  private final float[] bias;
  private final FloatPointer currents;
  private final FloatPointer errors;
  private final FloatPointer feedback;
  private final FloatPointer ones;

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
    this.batch = batch;
    inputs = (int) weights.size(0);
    neurons = (int) weights.size(1);
    this.weights = NativeFloats.of(weights);
    this.feedbackWeights = NativeFloats.of(feedbackWeights);
    this.weightGradients = weightGradients == null ? null : NativeFloats.of(weightGradients);
    this.biases = biases == null ? null : NativeFloats.of(biases);
    this.biasGradients = biasGradients == null ? null : NativeFloats.of(biasGradients);
    bias = new float[neurons];
    currents = scratch.memory("currents", (long) batch * neurons);
    errors = scratch.memory("errors", (long) batch * neurons);
    feedback = scratch.memory("feedback", (long) batch * inputs);
    ones = NativeFloats.ones(batch);
    parametersChanged();
  }

  @Override
  public void parametersChanged() {
    if (biases != null) {
      biases.get(bias);
    }
  }

  @Override
  public void forward(FloatPointer below, float[] current) {
    product(CblasNoTrans, CblasNoTrans, batch, neurons, inputs, 1, below, weights, 0, currents);
    currents.get(current);
    if (biases != null) {
      for (int n = 0; n < neurons; n++) {
        add(bias[n], current, n * batch, (n + 1) * batch);
      }
    }
  }

  @Override
  public void feedback(float[] e, float[] f) {
    errors.put(e);
    product(
        CblasNoTrans, CblasTrans, batch, inputs, neurons, 1, errors, feedbackWeights, 0, feedback);
    feedback.get(f);
  }

  @Override
  public void gradient(FloatPointer below, float scale, boolean add) {
    float old = add ? 1 : 0;
    product(
        CblasTrans,
        CblasNoTrans,
        inputs,
        neurons,
        batch,
        scale,
        below,
        errors,
        old,
        weightGradients);
    if (biases != null) {
      cblas_sgemv(
          CblasColMajor,
          CblasTrans,
          batch,
          neurons,
          scale,
          errors,
          batch,
          ones,
          1,
          old,
          biasGradients,
          1);
    }
  }

  @Override
  public float sizeOfCurrents() {
    float size = cblas_sasum(batch * neurons, currents, 1);
    return biases == null ? size : size + batch * cblas_sasum(neurons, biases, 1);
  }

  @Override
  public float sizeOfErrors() {
    return cblas_sasum(batch * neurons, errors, 1);
  }

  @Override
  public float sizeOfGradients() {
    float size = cblas_sasum(inputs * neurons, weightGradients, 1);
    return biases == null ? size : size + cblas_sasum(neurons, biasGradients, 1);
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

  static void add(float value, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] += value;
    }
  }
}

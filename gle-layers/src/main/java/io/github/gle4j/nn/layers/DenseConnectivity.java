// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sasum;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas.cblas_sgemv;
import static org.bytedeco.openblas.global.openblas.cblas_sger;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** All inputs to all neurons, by OpenBLAS. [neurons][batch] is ND4J's [batch, neurons] in 'f'. */
final class DenseConnectivity implements Connectivity {
  private final int batch;
  private final int inputs;
  private final int neurons;
  private final FloatPointer weights;
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
   * @param weightGradients as weights
   * @param biases [1, neurons], or null
   * @param biasGradients as biases
   */
  DenseConnectivity(
      int batch,
      INDArray weights,
      INDArray weightGradients,
      INDArray biases,
      INDArray biasGradients,
      Scratch scratch) {
    this.batch = batch;
    inputs = (int) weights.size(0);
    neurons = (int) weights.size(1);
    this.weights = NativeFloats.of(weights);
    this.weightGradients = NativeFloats.of(weightGradients);
    this.biases = biases == null ? null : NativeFloats.of(biases);
    this.biasGradients = biases == null ? null : NativeFloats.of(biasGradients);
    bias = new float[neurons];
    currents = scratch.memory("currents", (long) batch * neurons);
    errors = scratch.memory("errors", (long) batch * neurons);
    feedback = scratch.memory("feedback", (long) batch * inputs);
    ones = ones(batch);
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
    product(CblasNoTrans, CblasTrans, batch, inputs, neurons, 1, errors, weights, 0, feedback);
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

  /**
   * The products of many steps, {@code W r} without a bias.
   *
   * @param below [samples, inputs] in 'f' order
   * @param weights [inputs, neurons] in 'f' order
   * @param currents out: [samples, neurons] in 'f' order
   */
  static void products(INDArray below, INDArray weights, INDArray currents) {
    product(
        CblasNoTrans,
        CblasNoTrans,
        Math.toIntExact(below.size(0)),
        (int) weights.size(1),
        (int) weights.size(0),
        1,
        NativeFloats.of(below),
        NativeFloats.of(weights),
        0,
        NativeFloats.of(currents));
  }

  /**
   * Whether the products of many steps can be computed by OpenBLAS.
   *
   * @param matrices all that take part
   * @return true for floats on the CPU in 'f' order without gaps
   */
  static boolean isFor(INDArray... matrices) {
    for (INDArray matrix : matrices) {
      if (NativeFloats.obstacle(matrix.dataType()).isPresent()
          || matrix.stride(0) != 1
          || matrix.stride(1) != matrix.size(0)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds a bias to the currents of many steps.
   *
   * @param bias one per neuron, without gaps
   * @param currents [samples, neurons] in 'f' order, changed
   */
  static void addToRows(INDArray bias, INDArray currents) {
    int samples = Math.toIntExact(currents.size(0));
    try (FloatPointer ones = ones(samples)) {
      cblas_sger(
          CblasColMajor,
          samples,
          (int) currents.size(1),
          1,
          ones,
          1,
          NativeFloats.of(bias),
          1,
          NativeFloats.of(currents),
          samples);
    }
  }

  /**
   * The feedback of many steps, {@code W^T e}.
   *
   * @param e [samples, neurons] in 'f' order
   * @param weights [inputs, neurons] in 'f' order
   * @param f out: [samples, inputs] in 'f' order
   */
  static void feedbacks(INDArray e, INDArray weights, INDArray f) {
    product(
        CblasNoTrans,
        CblasTrans,
        Math.toIntExact(e.size(0)),
        (int) weights.size(0),
        (int) weights.size(1),
        1,
        NativeFloats.of(e),
        NativeFloats.of(weights),
        0,
        NativeFloats.of(f));
  }

  /**
   * Subtracts the sums over many steps of errors times rates from gradients.
   *
   * @param below [samples, inputs] in 'f' order
   * @param e [samples, neurons] in 'f' order
   * @param weightGradients [inputs, neurons] in 'f' order, changed
   * @param biasGradients one per neuron without gaps, changed; or null
   */
  static void subtractGradients(
      INDArray below, INDArray e, INDArray weightGradients, INDArray biasGradients) {
    int samples = Math.toIntExact(e.size(0));
    int neurons = (int) e.size(1);
    product(
        CblasTrans,
        CblasNoTrans,
        (int) below.size(1),
        neurons,
        samples,
        -1,
        NativeFloats.of(below),
        NativeFloats.of(e),
        1,
        NativeFloats.of(weightGradients));
    if (biasGradients != null) {
      try (FloatPointer ones = ones(samples)) {
        cblas_sgemv(
            CblasColMajor,
            CblasTrans,
            samples,
            neurons,
            -1,
            NativeFloats.of(e),
            samples,
            ones,
            1,
            1,
            NativeFloats.of(biasGradients),
            1);
      }
    }
  }

  private static FloatPointer ones(int count) {
    float[] one = new float[count];
    Arrays.fill(one, 1);
    return new FloatPointer((long) count).put(one);
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

  private static void add(float value, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] += value;
    }
  }
}

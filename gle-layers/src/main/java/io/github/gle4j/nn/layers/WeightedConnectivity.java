// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A connectivity of weights and, perhaps, biases in DL4J's memory. Its outputs are rows that share
 * a bias each, side by side: a neuron's samples, or a feature map's places and samples. What
 * differs are the products.
 */
abstract class WeightedConnectivity implements Connectivity {
  private final int rows;
  private final int rowLength;
  private final int weightCount;
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
   * @param rows number of biases
   * @param rowLength number of outputs that share one
   * @param inputSize number of inputs of all samples
   * @param weights as the products take them
   * @param feedbackWeights what carries errors down, as weights, or the weights themselves
   * @param weightGradients as weights; null: only {@link #forward} and {@link #feedback} are called
   * @param biases [1, rows], or null
   * @param biasGradients as biases; null with weightGradients
   */
  WeightedConnectivity(
      int rows,
      int rowLength,
      long inputSize,
      INDArray weights,
      INDArray feedbackWeights,
      INDArray weightGradients,
      INDArray biases,
      INDArray biasGradients,
      Scratch scratch) {
    this.rows = rows;
    this.rowLength = rowLength;
    weightCount = Math.toIntExact(weights.length());
    this.weights = NativeFloats.of(weights);
    this.feedbackWeights = NativeFloats.of(feedbackWeights);
    this.weightGradients = weightGradients == null ? null : NativeFloats.of(weightGradients);
    this.biases = biases == null ? null : NativeFloats.of(biases);
    this.biasGradients = biasGradients == null ? null : NativeFloats.of(biasGradients);
    bias = new float[rows];
    currents = scratch.memory("currents", (long) rows * rowLength);
    errors = scratch.memory("errors", (long) rows * rowLength);
    feedback = scratch.memory("feedback", inputSize);
    ones = NativeFloats.ones(rowLength);
    parametersChanged();
  }

  /** {@code currents = W below}. */
  abstract void multiply(FloatPointer below, FloatPointer weights, FloatPointer currents);

  /** {@code feedback = W^T errors}. */
  abstract void multiplyBack(FloatPointer errors, FloatPointer weights, FloatPointer feedback);

  /** {@code gradients = scale errors below^T + old gradients}. */
  abstract void addGradient(
      FloatPointer below, FloatPointer errors, float scale, float old, FloatPointer gradients);

  @Override
  public final void parametersChanged() {
    if (biases != null) {
      NativeFloats.read(biases, bias);
    }
  }

  @Override
  public final void forward(FloatPointer below, float[] current) {
    multiply(below, weights, currents);
    NativeFloats.read(currents, current);
    if (biases != null) {
      for (int row = 0; row < rows; row++) {
        add(bias[row], current, row * rowLength, (row + 1) * rowLength);
      }
    }
  }

  @Override
  public final void feedback(float[] e, float[] f) {
    NativeFloats.write(e, errors);
    multiplyBack(errors, feedbackWeights, feedback);
    NativeFloats.read(feedback, f);
  }

  @Override
  public final void gradient(FloatPointer below, float scale, boolean add) {
    float old = add ? 1 : 0;
    addGradient(below, errors, scale, old, weightGradients);
    if (biases != null) {
      Blas.sumColumns(rowLength, rows, scale, errors, ones, old, biasGradients);
    }
  }

  @Override
  public final float sizeOfCurrents() {
    float size = Blas.sumOfSizes(rows * rowLength, currents);
    return biases == null ? size : size + rowLength * Blas.sumOfSizes(rows, biases);
  }

  @Override
  public final float sizeOfErrors() {
    return Blas.sumOfSizes(rows * rowLength, errors);
  }

  @Override
  public final float sizeOfGradients() {
    float size = Blas.sumOfSizes(weightCount, weightGradients);
    return biases == null ? size : size + Blas.sumOfSizes(rows, biasGradients);
  }

  private static void add(float value, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] += value;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A connectivity of weights and, perhaps, biases in DL4J's memory, for float on the CPU. Its
 * outputs are rows that share a bias each, side by side: a neuron's samples, or a feature map's
 * places and samples. What differs are the products. Nothing is allocated in a step.
 */
abstract class WeightedConnectivity implements Connectivity<float[]> {
  private final int rows;
  private final int rowLength;
  private final int weightCount;
  private final FloatPointer weights;
  private final FloatPointer feedbackWeights;
  private final FloatPointer weightGradients;
  private final FloatPointer biases; // null: none
  private final FloatPointer biasGradients;
  private final float[] bias;
  private final FloatPointer inputs;
  private final FloatPointer currents;
  private final FloatPointer errors;
  private final FloatPointer feedback;
  private final FloatPointer ones;
  private final Scratch scratch;
  private float[] lastInputs; // whose copy the native memory has
  private float[] lastErrors;

  /**
   * Works on these arrays.
   *
   * @param rows number of biases
   * @param rowLength number of outputs that share one
   * @param inputSize number of inputs of all samples
   */
  WeightedConnectivity(
      int rows, int rowLength, long inputSize, WeightArrays arrays, Scratch scratch) {
    this.rows = rows;
    this.rowLength = rowLength;
    this.scratch = scratch;
    weightCount = Math.toIntExact(arrays.weights().length());
    weights = NativeFloats.of(arrays.weights());
    feedbackWeights = NativeFloats.of(arrays.feedbackWeights());
    weightGradients = memory(arrays.weightGradients());
    biases = memory(arrays.biases());
    biasGradients = memory(arrays.biasGradients());
    bias = new float[rows];
    long outputSize = (long) rows * rowLength;
    inputs = new FloatPointer(inputSize); // its own: layers above may act before it learns
    currents = scratch.memory("currents", outputSize);
    errors = scratch.memory("errors", outputSize);
    feedback = scratch.memory("feedback", inputSize);
    ones = NativeFloats.ones(rowLength);
    parametersChanged();
  }

  private static FloatPointer memory(INDArray array) {
    return array == null ? null : NativeFloats.of(array);
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
  public final void forward(float[] from, float[] current, boolean add) {
    NativeFloats.write(from, inputs);
    lastInputs = from;
    multiply(inputs, weights, currents);
    read(currents, current, add);
    if (biases != null) {
      for (int row = 0; row < rows; row++) {
        add(bias[row], current, row * rowLength, (row + 1) * rowLength);
      }
    }
  }

  @Override
  public final void feedback(float[] e, float[] to, boolean add) {
    NativeFloats.write(e, errors);
    lastErrors = e;
    multiplyBack(errors, feedbackWeights, feedback);
    read(feedback, to, add);
  }

  @Override
  public final void gradient(float[] pre, float[] post, boolean add) {
    float old = add ? 1 : 0;
    FloatPointer preInputs = inputs;
    if (pre != lastInputs) {
      preInputs = scratch.memory("pre", pre.length);
      NativeFloats.write(pre, preInputs);
    }
    if (post != lastErrors) {
      NativeFloats.write(post, errors);
    }
    lastInputs = null; // they may change from now on
    lastErrors = null;
    addGradient(preInputs, errors, -1, old, weightGradients);
    if (biases != null) {
      Blas.sumColumns(rowLength, rows, -1, errors, ones, old, biasGradients);
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

  private void read(FloatPointer memory, float[] to, boolean add) {
    if (!add) {
      NativeFloats.read(memory, to);
      return;
    }
    float[] summand = scratch.array("summand", to.length);
    NativeFloats.read(memory, summand);
    for (int i = 0; i < to.length; i++) {
      to[i] += summand[i];
    }
  }

  private static void add(float value, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] += value;
    }
  }
}

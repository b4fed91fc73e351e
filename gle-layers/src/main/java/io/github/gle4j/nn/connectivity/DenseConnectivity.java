// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every input to every neuron: weights [inputs, neurons] in 'f' order, biases [1, neurons]. */
public final class DenseConnectivity extends WeightedConnectivity {
  private final int batch;
  private final int inputs;
  private final int neurons;

  /**
   * For float on the CPU.
   *
   * @param batch number of samples
   * @param arrays parameters and gradients
   * @param scratch working memory, which layers may share that one thread advances
   */
  public DenseConnectivity(int batch, WeightArrays arrays, Scratch scratch) {
    super(
        Math.toIntExact(arrays.weights().size(1)),
        batch,
        batch * arrays.weights().size(0),
        arrays,
        scratch);
    this.batch = batch;
    inputs = Math.toIntExact(arrays.weights().size(0));
    neurons = Math.toIntExact(arrays.weights().size(1));
  }

  /**
   * By ND4J's operations.
   *
   * @param arrays parameters and gradients
   * @return for any batch size
   */
  public static Connectivity<INDArray> reference(WeightArrays arrays) {
    return new Reference(arrays);
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

  private static final class Reference extends ReferenceConnectivity {
    Reference(WeightArrays arrays) {
      super(arrays);
    }

    @Override
    public void forward(INDArray from, INDArray current, boolean add) {
      Nd4j.gemm(from, arrays().weights(), current, false, false, 1, add ? 1 : 0);
      addBias(current);
    }

    @Override
    public void feedback(INDArray e, INDArray to, boolean add) {
      Nd4j.gemm(e, arrays().feedbackWeights(), to, false, true, 1, add ? 1 : 0);
    }

    @Override
    public void gradient(INDArray pre, INDArray post, boolean add) {
      Nd4j.gemm(pre, post, arrays().weightGradients(), true, false, -1, add ? 1 : 0);
      addBiasGradient(post, add);
    }
  }
}

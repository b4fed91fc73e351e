// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Any connection for Java arrays, by its operations on INDArrays. */
public final class HeapConnectivity implements Connectivity<float[]> {
  private final Connectivity<INDArray> connection;
  private final INDArray inputs;
  private final INDArray currents;
  private final INDArray errors;
  private final INDArray feedback;

  /**
   * Goes through a connection.
   *
   * @param connection for floats
   * @param batch number of samples
   * @param inputSize number of inputs of a sample
   * @param outputSize number of neurons of a sample
   */
  public HeapConnectivity(
      Connectivity<INDArray> connection, int batch, long inputSize, long outputSize) {
    this.connection = connection;
    inputs = matrix(batch, inputSize);
    currents = matrix(batch, outputSize);
    errors = matrix(batch, outputSize);
    feedback = matrix(batch, inputSize);
  }

  private static INDArray matrix(long batch, long size) {
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return Nd4j.create(DataType.FLOAT, new long[] {batch, size}, 'f');
    }
  }

  @Override
  public void forward(float[] from, float[] current, boolean add) {
    through(connection::forward, from, inputs, current, currents, add);
  }

  @Override
  public void feedback(float[] e, float[] to, boolean add) {
    through(connection::feedback, e, errors, to, feedback, add);
  }

  /** A product of the connection. */
  @FunctionalInterface
  private interface Product {
    void compute(INDArray from, INDArray to, boolean add);
  }

  /** Computes a product on copies. */
  private static void through(
      Product product, float[] from, INDArray source, float[] to, INDArray target, boolean add) {
    NativeFloats.write(from, source);
    if (add) {
      NativeFloats.write(to, target);
    }
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      product.compute(source, target, add);
    }
    NativeFloats.read(target, to);
  }

  @Override
  public void gradient(float[] pre, float[] post, boolean add) {
    NativeFloats.write(pre, inputs);
    NativeFloats.write(post, errors);
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      connection.gradient(inputs, errors, add);
    }
  }

  @Override
  public void parametersChanged() {
    connection.parametersChanged();
  }

  @Override
  public float sizeOfCurrents() {
    return currents.norm1Number().floatValue();
  }

  @Override
  public float sizeOfErrors() {
    return errors.norm1Number().floatValue();
  }

  @Override
  public float sizeOfGradients() {
    return connection.sizeOfGradients();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.transforms.comparison.CompareAndSet;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;

/**
 * {@link ArrayMath} by ND4J's operations, [batch, values] in 'f' order: any floating-point type,
 * any backend.
 *
 * @param dataType of new arrays
 */
public record Nd4jArrays(DataType dataType) implements ArrayMath<INDArray> {

  /** Zeros outside of workspaces. */
  @Override
  public INDArray zeros(int size, int batch) {
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return Nd4j.create(dataType, new long[] {batch, size}, 'f');
    }
  }

  @Override
  public void copy(INDArray from, INDArray to) {
    CheckedCopy.copy(from, to);
  }

  @Override
  public void fill(double value, INDArray to) {
    to.assign(value);
  }

  /** As one operation. */
  @Override
  public void sum(INDArray a, double factor, INDArray b, INDArray to) {
    Nd4j.getExecutioner().exec(new Axpy(b, a, to, factor));
  }

  @Override
  public void product(INDArray a, INDArray b, INDArray to) {
    a.muli(b, to);
  }

  @Override
  public void scale(double factor, INDArray a, INDArray to) {
    a.muli(factor, to);
  }

  @Override
  public void multiply(INDArray a, INDArray constant, INDArray to) {
    Nd4j.exec(new BroadcastMulOp(byConstant(a, constant), constant, byConstant(to, constant), 1));
  }

  @Override
  public void divide(INDArray a, INDArray constant, INDArray to) {
    Nd4j.exec(new BroadcastDivOp(byConstant(a, constant), constant, byConstant(to, constant), 1));
  }

  @Override
  public void hold(INDArray mask, INDArray before, INDArray after) {
    clear(mask, after);
    after.addi(before.mulColumnVector(mask.rsub(1)));
  }

  @Override
  public void clear(INDArray mask, INDArray values) {
    values.muliColumnVector(mask);
    hide(mask, values);
  }

  @Override
  public void hide(INDArray mask, INDArray values) {
    INDArray everywhere =
        mask.broadcast(Nd4j.createUninitialized(mask.dataType(), values.shape(), 'f'));
    Nd4j.exec(new CompareAndSet(values, everywhere, values, Conditions.equals(0))); // also of NaN
  }

  @Override
  public INDArray samples(INDArray from, int batch, int[] rows) {
    return Nd4j.pullRows(from, 1, rows, 'f');
  }

  @Override
  public long firstNonFinite(INDArray values) {
    double[] all = values.dup('f').data().asDouble();
    for (int i = 0; i < all.length; i++) {
      if (!Double.isFinite(all[i])) {
        return i;
      }
    }
    return -1;
  }

  /**
   * A view of an array with a column for every value of a constant.
   *
   * @param array [batch, neurons] in 'f' order
   * @param constant one value per neuron or for as many neighbouring neurons each
   * @return [batch and neurons that share a value, values]
   */
  public static INDArray byConstant(INDArray array, INDArray constant) {
    long columns = constant.length();
    return array.size(1) == columns ? array : array.reshape('f', array.length() / columns, columns);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The readable reference: plain INDArray operations, any floating-point data type, any backend. It
 * holds no state and may be shared between threads.
 */
public final class Nd4jKernel implements GleKernel<INDArray> {

  /** Creates the kernel. */
  public Nd4jKernel() {}

  @Override
  public void error(
      NeuronParameters<INDArray> neurons,
      INDArray above,
      INDArray d,
      INDArray v,
      INDArray q,
      INDArray vDot,
      INDArray e) {
    above.muli(d, q);
    if (!neurons.prospectiveErrors()) {
      CheckedCopy.copy(q, v);
      CheckedCopy.copy(q, e);
      return;
    }
    sum(q, -1, v, vDot);
    divide(vDot, neurons.tauR());
    multiply(vDot, neurons.tauM(), e);
    sum(e, 1, v, e);
    sum(v, neurons.dt(), vDot, v);
  }

  @Override
  public void membrane(
      NeuronParameters<INDArray> neurons,
      INDArray current,
      INDArray e,
      INDArray u,
      INDArray uDot,
      INDArray p) {
    if (neurons.gamma() != 0 && e != null) {
      sum(current, neurons.gamma(), e, current);
    }
    sum(current, -1, u, uDot);
    divide(uDot, neurons.tauM());
    multiply(uDot, neurons.tauR(), p);
    sum(p, 1, u, p);
    sum(u, neurons.dt(), uDot, u);
  }

  /** {@code result = a + factor b}, as one operation. */
  private static void sum(INDArray a, double factor, INDArray b, INDArray result) {
    Nd4j.getExecutioner().exec(new Axpy(b, a, result, factor));
  }

  private static void divide(INDArray rows, INDArray perNeuron) {
    Nd4j.exec(new BroadcastDivOp(rows, perNeuron, rows, 1));
  }

  private static void multiply(INDArray rows, INDArray perNeuron, INDArray result) {
    Nd4j.exec(new BroadcastMulOp(rows, perNeuron, result, 1));
  }
}

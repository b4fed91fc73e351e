// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The readable reference: plain INDArray operations, any floating-point data type, any backend. It
 * holds no state and may be shared between threads.
 */
public final class Nd4jKernel implements GleKernel {

  /** Creates the kernel. */
  public Nd4jKernel() {}

  @Override
  public void error(
      NeuronParameters neurons,
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
    q.subi(v, vDot);
    divide(vDot, neurons.tauR());
    multiply(vDot, neurons.tauM(), e);
    e.addi(v);
    v.addi(vDot.muli(neurons.dt()));
  }

  @Override
  public void membrane(
      NeuronParameters neurons,
      INDArray current,
      INDArray e,
      INDArray u,
      INDArray uDot,
      INDArray p) {
    if (neurons.gamma() != 0 && e != null) {
      e.muli(neurons.gamma(), p);
      current.addi(p);
    }
    current.subi(u, uDot);
    divide(uDot, neurons.tauM());
    multiply(uDot, neurons.tauR(), p);
    p.addi(u);
    u.addi(uDot.muli(neurons.dt(), current));
  }

  private static void divide(INDArray rows, INDArray perNeuron) {
    Nd4j.exec(new BroadcastDivOp(rows, perNeuron, rows, 1));
  }

  private static void multiply(INDArray rows, INDArray perNeuron, INDArray result) {
    Nd4j.exec(new BroadcastMulOp(rows, perNeuron, result, 1));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

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
    if (above.rank() == 3) {
      for (long t = 0; t < above.size(1); t++) {
        error(neurons, at(above, t), at(d, t), v, at(q, t), vDot, at(e, t));
      }
      return;
    }
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
    if (current.rank() == 3) {
      for (long t = 0; t < current.size(1); t++) {
        INDArray errors = e == null ? null : at(e, t);
        membrane(neurons, at(current, t), errors, u, at(uDot, t), at(p, t));
      }
      return;
    }
    if (neurons.gamma() != 0 && e != null) {
      sum(current, neurons.gamma(), e, current);
    }
    sum(current, -1, u, uDot);
    divide(uDot, neurons.tauM());
    multiply(uDot, neurons.tauR(), p);
    sum(p, 1, u, p);
    sum(u, neurons.dt(), uDot, u);
  }

  private static INDArray at(INDArray course, long t) {
    return course.get(all(), point(t), all());
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

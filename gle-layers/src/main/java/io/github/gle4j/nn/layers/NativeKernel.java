// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FusedKernel;
import io.github.gle4j.dynamics.GleKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The {@link FusedKernel} on INDArrays of floats on the CPU, neuron by neuron, so that the working
 * memory in Java is one neuron's. Arrays are in 'f' order without gaps. It is made for many steps
 * in one call.
 */
final class NativeKernel implements GleKernel<INDArray> {
  private final FusedKernel kernel = new FusedKernel();

  @Override
  public void error(
      NeuronParameters<INDArray> neurons,
      INDArray above,
      INDArray d,
      INDArray v,
      INDArray q,
      INDArray vDot,
      INDArray e) {
    Rows aboves = new Rows(above, neurons);
    Rows ds = new Rows(d, neurons);
    Rows vs = new Rows(v, neurons);
    Rows qs = new Rows(q, neurons);
    Rows es = new Rows(e, neurons);
    for (int n = 0; n < v.size(1); n++) {
      kernel.error(
          NativeScan.neuron(neurons, n),
          aboves.read(n),
          ds.read(n),
          vs.read(n),
          qs.values,
          null,
          es.values);
      vs.write(n);
      qs.write(n);
      es.write(n);
    }
  }

  @Override
  public void membrane(
      NeuronParameters<INDArray> neurons,
      INDArray current,
      INDArray e,
      INDArray u,
      INDArray uDot,
      INDArray p) {
    Rows currents = new Rows(current, neurons);
    Rows errors = e == null ? null : new Rows(e, neurons);
    Rows us = new Rows(u, neurons);
    Rows uDots = new Rows(uDot, neurons);
    Rows ps = new Rows(p, neurons);
    for (int n = 0; n < u.size(1); n++) {
      kernel.membrane(
          NativeScan.neuron(neurons, n),
          currents.read(n),
          errors == null ? null : errors.read(n),
          us.read(n),
          uDots.values,
          ps.values);
      us.write(n);
      uDots.write(n);
      ps.write(n);
    }
  }

  /** The values of an array, one neuron at a time. */
  private static final class Rows {
    private final FloatPointer memory;
    private final float[] values;

    Rows(INDArray array, NeuronParameters<INDArray> neurons) {
      memory = NativeFloats.of(array);
      values = new float[Math.toIntExact(array.length() / neurons.tauM().length())];
    }

    float[] read(int n) {
      memory.position((long) n * values.length).get(values);
      return values;
    }

    void write(int n) {
      memory.position((long) n * values.length).put(values);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FusedKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.dynamics.RateFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Inference over many steps for floats on the CPU: membranes, rates and the delay of one step in
 * one pass, neuron by neuron, in place.
 */
final class NativeScan {
  private NativeScan() {}

  /**
   * Turns currents into delayed rates.
   *
   * @param currents in: [batch, time, neurons] in 'f' order, without the bias; out: the rates of
   *     the state, then those of all steps but the last
   * @param bias one per neuron, or null
   * @param state u, r and d become those after the last step
   */
  static void run(
      INDArray currents,
      INDArray bias,
      NeuronParameters<INDArray> neurons,
      RateFunction phi,
      NeuronState state) {
    int batch = (int) currents.size(0);
    int length = (int) (currents.size(0) * currents.size(1));
    int last = length - batch;
    FusedKernel kernel = new FusedKernel();
    FloatPointer memory = NativeFloats.of(currents);
    FloatPointer us = NativeFloats.of(state.u());
    FloatPointer rs = NativeFloats.of(state.r());
    FloatPointer ds = NativeFloats.of(state.d());
    float[] u = new float[batch];
    float[] first = new float[batch];
    float[] voltage = new float[length];
    float[] r = new float[length];
    float[] d = new float[length];
    for (int n = 0; n < currents.size(2); n++) {
      long ofState = (long) n * batch;
      memory.position((long) n * length).get(voltage);
      us.position(ofState).get(u);
      rs.position(ofState).get(first);
      if (bias != null) {
        add(bias.getFloat(n), voltage);
      }
      kernel.membrane(neuron(neurons, n), voltage, null, u, null, voltage);
      phi.apply(voltage, r, d);
      memory.put(first).position(memory.position() + batch).put(r, 0, last);
      us.put(u);
      rs.put(r, last, batch);
      ds.position(ofState).put(d, last, batch);
    }
  }

  /** The constants of a single neuron. */
  static NeuronParameters<float[]> neuron(NeuronParameters<INDArray> neurons, int n) {
    return new NeuronParameters<>(
        new float[] {neurons.tauM().getFloat(n)},
        new float[] {neurons.tauR().getFloat(n)},
        neurons.dt(),
        neurons.gamma(),
        neurons.prospectiveErrors());
  }

  private static void add(float value, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] += value;
    }
  }
}

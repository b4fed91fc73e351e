// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FusedKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.dynamics.SampleMask;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer's passes over a sequence for float on the CPU, step by step in DL4J's own memory: in 'f'
 * order a time step of [batch, size, time] is what {@link Connectivity} and {@link FusedKernel}
 * take, [size][batch].
 */
final class NativeSequence {
  private final FusedKernel kernel = new FusedKernel();
  private final Connectivity connectivity;
  private final NeuronParameters<float[]> neurons;
  private final RateFunction rate;

  /**
   * Passes with the parameters as they are now.
   *
   * @param connectivity for the batch size of the sequences
   * @param neurons constants of the layer's neurons
   * @param phi their activation function
   */
  NativeSequence(Connectivity connectivity, NeuronParameters<INDArray> neurons, IActivation phi) {
    this.connectivity = connectivity;
    this.neurons =
        new NeuronParameters<>(
            NativeFloats.toHeap(neurons.tauM()),
            NativeFloats.toHeap(neurons.tauR()),
            neurons.dt(),
            neurons.gamma(),
            neurons.prospectiveErrors());
    rate = RateFunctions.of(phi, this.neurons.tauM().length);
  }

  /**
   * Membranes and rates. All sequences are in 'f' order without gaps.
   *
   * @param below rates of the layer below, [batch, inputs, time]
   * @param mask as for {@link StreamingLayer#infer}, a row of floats per step; null: all 1
   * @param state u, r and d become those after the last step
   * @param rates out: the rate before or after each step, [batch, neurons, time]
   * @param derivatives out: d before each step, of the same shape; null: not wanted
   * @param uDots out: of the same shape; null: not wanted
   * @param delayed whether the rates are those before the steps
   */
  void forward(
      INDArray below,
      float[][] mask,
      NeuronState state,
      INDArray rates,
      INDArray derivatives,
      INDArray uDots,
      boolean delayed) {
    float[] u = NativeFloats.toHeap(state.u());
    float[] r = NativeFloats.toHeap(state.r());
    float[] d = NativeFloats.toHeap(state.d());
    float[] uDot = uDots == null ? null : new float[u.length];
    float[] current = new float[u.length]; // then prospective voltage
    NativeSteps belows = new NativeSteps(below);
    NativeSteps ofR = new NativeSteps(rates);
    NativeSteps ofD = derivatives == null ? null : new NativeSteps(derivatives);
    NativeSteps ofUDot = uDots == null ? null : new NativeSteps(uDots);
    for (int t = 0; t < belows.count(); t++) {
      if (delayed) {
        NativeFloats.write(r, ofR.at(t));
      }
      if (ofD != null) {
        NativeFloats.write(d, ofD.at(t));
      }
      float[][] before = mask == null ? null : new float[][] {u.clone(), r.clone(), d.clone()};
      connectivity.forward(belows.at(t), current);
      kernel.membrane(neurons, current, null, u, uDot, current);
      rate.apply(current, r, d);
      if (mask != null) {
        SampleMask.hold(mask[t], before[0], u);
        SampleMask.hold(mask[t], before[1], r);
        SampleMask.hold(mask[t], before[2], d);
      }
      if (!delayed) {
        NativeFloats.write(r, ofR.at(t));
      }
      if (ofUDot != null) {
        NativeFloats.write(uDot, ofUDot.at(t));
      }
    }
    NativeFloats.write(u, state.u());
    NativeFloats.write(r, state.r());
    NativeFloats.write(d, state.d());
  }

  /**
   * Error neurons, forward in time like the membranes; adds the layer's gradients.
   *
   * @param epsilon gradient of the loss by the rates, minus the errors: [batch, neurons, time]
   * @param below as in the forward pass
   * @param derivatives what the forward pass wrote
   * @param mask as in the forward pass
   * @param state v and f become those after the last step
   * @param belowEpsilon out: minus the feedback before each step, [batch, inputs, time]
   * @param uDots what the forward pass wrote; null: not wanted
   * @param timeConstants gradients, added to
   */
  void backward(
      INDArray epsilon,
      INDArray below,
      INDArray derivatives,
      float[][] mask,
      NeuronState state,
      INDArray belowEpsilon,
      INDArray uDots,
      TimeConstantGradients timeConstants) {
    float[] v = NativeFloats.toHeap(state.v());
    float[] f = NativeFloats.toHeap(state.f());
    float[] above = new float[v.length];
    float[] d = new float[v.length];
    float[] q = new float[v.length];
    float[] e = new float[v.length];
    float[] minusF = new float[f.length];
    float[] uDot = uDots == null ? null : new float[v.length];
    NativeSteps ofEpsilon = new NativeSteps(epsilon);
    NativeSteps belows = new NativeSteps(below);
    NativeSteps ofD = new NativeSteps(derivatives);
    NativeSteps ofF = new NativeSteps(belowEpsilon);
    NativeSteps ofUDot = uDots == null ? null : new NativeSteps(uDots);
    for (int t = 0; t < belows.count(); t++) {
      NativeFloats.read(ofEpsilon.at(t), d);
      negate(d, above);
      NativeFloats.read(ofD.at(t), d);
      float[] vBefore = mask == null ? null : v.clone();
      float[] fBefore = mask == null ? null : f.clone();
      kernel.error(neurons, above, d, v, q, null, e);
      if (mask != null) {
        SampleMask.clear(mask[t], q);
        SampleMask.clear(mask[t], e);
        SampleMask.hold(mask[t], vBefore, v);
      }
      negate(f, minusF);
      NativeFloats.write(minusF, ofF.at(t));
      connectivity.feedback(e, f);
      connectivity.gradient(belows.at(t), -1, true);
      if (mask != null) {
        SampleMask.hold(mask[t], fBefore, f);
      }
      if (ofUDot != null) {
        NativeFloats.read(ofUDot.at(t), uDot);
        timeConstants.step(q, e, uDot, true);
      }
    }
    NativeFloats.write(v, state.v());
    NativeFloats.write(f, state.f());
  }

  private static void negate(float[] values, float[] negated) {
    for (int i = 0; i < values.length; i++) {
      negated[i] = -values[i];
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FloatArrays;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.connectivity.Blas;
import io.github.gle4j.nn.connectivity.NativeFloats;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What goes step by step in a {@link GruImpl}, for floats on the CPU: Java arrays [size][batch] and
 * OpenBLAS on DL4J's memory. Names are those of {@link GruImpl}, sequences [batch, size, time].
 */
final class NativeGru {
  private final int batch;
  private final int units;
  private final RateFunction ofGates;
  private final RateFunction ofCandidate;
  private final FloatPointer gateWeights;
  private final FloatPointer candidateWeights;
  private final float[] gatesIn;
  private final float[] gates; // r, then z
  private final float[] gateSlopes;
  private final float[] candidateIn;
  private final float[] candidate;
  private final float[] candidateSlope;
  private final float[] recurrent;
  private final float[] state;
  private final float[] z;

  /** For sequences of this batch size; the recurrent weights are [nOut, 3 nOut] in 'f' order. */
  NativeGru(Gru conf, INDArray recurrentWeights, int batch) {
    this.batch = batch;
    units = Math.toIntExact(recurrentWeights.size(0));
    ofGates = RateFunctions.of(conf.getGateActivationFn(), 2 * units);
    ofCandidate = RateFunctions.of(conf.getActivationFn(), units);
    gateWeights = NativeFloats.of(recurrentWeights);
    candidateWeights = NativeFloats.of(recurrentWeights).position(2L * units * units);
    int size = units * batch;
    gatesIn = new float[2 * size];
    gates = new float[2 * size];
    gateSlopes = new float[2 * size];
    candidateIn = new float[size];
    candidate = new float[size];
    candidateSlope = new float[size];
    recurrent = new float[size];
    state = new float[size];
    z = new float[size];
  }

  /**
   * Runs through a sequence.
   *
   * @param states in: the first; out: all others
   * @param allGatesIn in: the input's share and biases; out: pre-activations
   * @param allGates out
   * @param allCandidateIn as allGatesIn
   * @param allCandidates out
   * @param allRecurrent in: biases; out: what r multiplies
   * @param mask rows of floats per step; null: all 1
   */
  void forward(
      INDArray states,
      INDArray allGatesIn,
      INDArray allGates,
      INDArray allCandidateIn,
      INDArray allCandidates,
      INDArray allRecurrent,
      float[][] mask) {
    NativeSteps ofStates = new NativeSteps(states);
    NativeSteps ofGatesIn = new NativeSteps(allGatesIn);
    NativeSteps gatesOut = new NativeSteps(allGates);
    NativeSteps ofCandidateIn = new NativeSteps(allCandidateIn);
    NativeSteps candidatesOut = new NativeSteps(allCandidates);
    NativeSteps ofRecurrent = new NativeSteps(allRecurrent);
    NativeFloats.read(ofStates.at(0), state);
    for (int t = 0; t < ofGatesIn.count(); t++) {
      FloatPointer before = ofStates.at(t);
      addProduct(before, gateWeights, 2 * units, ofGatesIn.at(t));
      NativeFloats.read(ofGatesIn.at(t), gatesIn);
      ofGates.apply(gatesIn, gates, gateSlopes);
      NativeFloats.write(gates, gatesOut.at(t));
      System.arraycopy(gates, z.length, z, 0, z.length);

      addProduct(before, candidateWeights, units, ofRecurrent.at(t));
      NativeFloats.read(ofRecurrent.at(t), recurrent);
      NativeFloats.read(ofCandidateIn.at(t), candidateIn);
      for (int i = 0; i < candidateIn.length; i++) {
        candidateIn[i] += gates[i] * recurrent[i];
      }
      NativeFloats.write(candidateIn, ofCandidateIn.at(t));
      ofCandidate.apply(candidateIn, candidate, candidateSlope);
      NativeFloats.write(candidate, candidatesOut.at(t));
      for (int i = 0; i < state.length; i++) {
        state[i] = candidate[i] + z[i] * (state[i] - candidate[i]);
      }
      if (mask != null) {
        FloatArrays.INSTANCE.clear(mask[t], state);
      }
      NativeFloats.write(state, ofStates.at(t + 1));
    }
  }

  /**
   * Runs back through a sequence.
   *
   * @param epsilon gradient of the loss by the outputs
   * @param states as after {@link #forward}, and so are allGatesIn, allCandidateIn, allRecurrent
   * @param mask as in {@link #forward}
   * @param end the last step to visit
   * @param byRecurrent out: gradient by the recurrent products
   * @param byCandidateIn out: gradient by the candidate's pre-activation
   */
  void backward(
      INDArray epsilon,
      INDArray states,
      INDArray allGatesIn,
      INDArray allCandidateIn,
      INDArray allRecurrent,
      float[][] mask,
      int end,
      INDArray byRecurrent,
      INDArray byCandidateIn) {
    NativeSteps ofEpsilon = new NativeSteps(epsilon);
    NativeSteps ofStates = new NativeSteps(states);
    NativeSteps ofGatesIn = new NativeSteps(allGatesIn);
    NativeSteps ofCandidateIn = new NativeSteps(allCandidateIn);
    NativeSteps ofRecurrent = new NativeSteps(allRecurrent);
    NativeSteps recurrentOut = new NativeSteps(byRecurrent);
    NativeSteps candidateOut = new NativeSteps(byCandidateIn);
    int size = state.length;
    float[] eps = new float[size];
    float[] byState = new float[size];
    float[] zSlope = new float[size];
    float[] byR = new float[size];
    float[] byZ = new float[size];
    float[] byScaled = new float[size];
    float[] byIn = new float[size];
    try (FloatPointer through = new FloatPointer((long) size)) {
      for (int t = ofEpsilon.count() - 1; t >= end; t--) {
        NativeFloats.read(ofEpsilon.at(t), eps);
        for (int i = 0; i < size; i++) {
          byState[i] += eps[i];
        }
        if (mask != null) {
          FloatArrays.INSTANCE.clear(mask[t], byState);
        }
        NativeFloats.read(ofGatesIn.at(t), gatesIn);
        ofGates.apply(gatesIn, gates, gateSlopes);
        System.arraycopy(gates, size, z, 0, size);
        System.arraycopy(gateSlopes, size, zSlope, 0, size);
        NativeFloats.read(ofCandidateIn.at(t), candidateIn);
        ofCandidate.apply(candidateIn, candidate, candidateSlope);
        NativeFloats.read(ofRecurrent.at(t), recurrent);
        NativeFloats.read(ofStates.at(t), state);
        for (int i = 0; i < size; i++) {
          float in = byState[i] * candidateSlope[i] * (1 - z[i]);
          byIn[i] = in;
          byZ[i] = byState[i] * (state[i] - candidate[i]) * zSlope[i];
          byR[i] = in * recurrent[i] * gateSlopes[i];
          byScaled[i] = in * gates[i];
          byState[i] *= z[i];
        }
        NativeFloats.write(byIn, candidateOut.at(t));
        FloatPointer step = recurrentOut.at(t);
        long from = step.position();
        NativeFloats.write(byR, step);
        NativeFloats.write(byZ, step.position(from + size));
        NativeFloats.write(byScaled, step.position(from + 2L * size));
        NativeFloats.write(byState, through);
        Blas.multiply(
            false, true, batch, units, 3 * units, 1, step.position(from), gateWeights, 1, through);
        NativeFloats.read(through, byState);
      }
    }
  }

  private void addProduct(
      FloatPointer before, FloatPointer weights, int columns, FloatPointer sum) {
    Blas.multiply(false, false, batch, columns, units, 1, before, weights, 1, sum);
  }
}

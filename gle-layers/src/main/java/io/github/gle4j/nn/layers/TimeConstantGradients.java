// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients of the time constants of float neurons on the CPU, with the sign an optimiser
 * subtracts: {@code +sum(e u.)} for tauM and {@code -sum(q u.)} for tauR (GLE Eqs. 14, 15).
 */
public final class TimeConstantGradients {
  private final LearnedTimeConstants learned;
  private final FloatPointer tauM;
  private final FloatPointer tauR;
  private final float[] sums;

  /**
   * Writes to a layer's gradients.
   *
   * @param learned which of them are wanted
   * @param gradients the layer's views by key
   */
  public TimeConstantGradients(LearnedTimeConstants learned, Map<String, INDArray> gradients) {
    this.learned = learned;
    INDArray ofTauM = gradients.get(GleParamInitializer.TAU_M_KEY);
    tauM = NativeFloats.of(ofTauM);
    tauR = NativeFloats.of(gradients.get(GleParamInitializer.TAU_R_KEY));
    sums = new float[Math.toIntExact(ofTauM.length())];
  }

  /**
   * Whether a step's {@code uDot} is needed.
   *
   * @return true when any time constants are learned
   */
  public boolean areWanted() {
    return learned.tauM() || learned.tauR();
  }

  /**
   * The gradients of a step; arrays are [neurons][batch].
   *
   * @param q instantaneous errors
   * @param e prospective errors
   * @param uDot derivatives of the membrane potentials by time; null when none are wanted
   * @param add whether to add to the gradients that are there
   */
  public void step(float[] q, float[] e, float[] uDot, boolean add) {
    if (learned.tauM()) {
      sum(1, e, uDot, add, tauM);
    }
    if (learned.tauR()) {
      sum(-1, q, uDot, add, tauR);
    }
  }

  private void sum(float sign, float[] errors, float[] uDot, boolean add, FloatPointer gradients) {
    if (add) {
      NativeFloats.read(gradients, sums);
    }
    int group = errors.length / sums.length; // values of the neurons that share a constant
    for (int n = 0; n < sums.length; n++) {
      float sum = 0;
      for (int i = n * group; i < (n + 1) * group; i++) {
        sum += errors[i] * uDot[i];
      }
      sums[n] = sign * sum + (add ? sums[n] : 0);
    }
    NativeFloats.write(sums, gradients);
  }
}

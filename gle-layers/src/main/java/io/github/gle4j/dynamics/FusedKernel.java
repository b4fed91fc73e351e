// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * The kernel for float on the CPU: one pass over Java arrays per call, in loops that the JVM turns
 * into vector instructions. An array is [neurons][batch], the samples of one neuron lying side by
 * side. It holds no state and may be shared between threads.
 */
public final class FusedKernel implements GleKernel<float[]> {

  /** Creates the kernel. */
  public FusedKernel() {}

  /** {@inheritDoc} The working memory {@code vDot} is not touched and may be null. */
  @Override
  public void error(
      NeuronParameters<float[]> neurons,
      float[] above,
      float[] d,
      float[] v,
      float[] q,
      float[] vDot,
      float[] e) {
    int rows = neurons.tauM().length;
    int batch = v.length / rows;
    for (int n = 0; n < rows; n++) {
      error(neurons, n, above, d, v, q, e, n * batch, batch);
    }
  }

  /**
   * {@inheritDoc} Null as {@code uDot} means that it is not wanted; {@code p} may be {@code
   * current}.
   */
  @Override
  public void membrane(
      NeuronParameters<float[]> neurons,
      float[] current,
      float[] e,
      float[] u,
      float[] uDot,
      float[] p) {
    int rows = neurons.tauM().length;
    int batch = u.length / rows;
    if (e != null && neurons.gamma() != 0) {
      addScaled((float) neurons.gamma(), e, current);
    }
    for (int n = 0; n < rows; n++) {
      membrane(neurons, n, current, u, uDot, p, n * batch, batch);
    }
  }

  /** One step of error neuron {@code n}, whose samples start at {@code from} in all arrays. */
  private static void error(
      NeuronParameters<float[]> neurons,
      int n,
      float[] above,
      float[] d,
      float[] v,
      float[] q,
      float[] e,
      int from,
      int batch) {
    if (!neurons.prospectiveErrors()) {
      for (int i = from; i < from + batch; i++) {
        q[i] = above[i] * d[i];
      }
      System.arraycopy(q, from, v, from, batch);
      System.arraycopy(q, from, e, from, batch);
      return;
    }
    float ahead = neurons.tauM()[n] / neurons.tauR()[n];
    float step = (float) neurons.dt() / neurons.tauR()[n];
    for (int i = from; i < from + batch; i++) {
      float instantaneous = above[i] * d[i];
      float old = v[i]; // read before anything is written: the JVM vectorises no loop otherwise
      float change = instantaneous - old;
      q[i] = instantaneous;
      e[i] = old + ahead * change;
      v[i] = old + step * change;
    }
  }

  /** One step of the membrane of neuron {@code n}; as {@link #error}. */
  private static void membrane(
      NeuronParameters<float[]> neurons,
      int n,
      float[] current,
      float[] u,
      float[] uDot,
      float[] p,
      int from,
      int batch) {
    float tauM = neurons.tauM()[n];
    if (uDot != null) {
      for (int i = from; i < from + batch; i++) {
        uDot[i] = (current[i] - u[i]) / tauM;
      }
    }
    float ahead = neurons.tauR()[n] / tauM;
    float step = (float) neurons.dt() / tauM;
    for (int i = from; i < from + batch; i++) {
      float old = u[i];
      float change = current[i] - old;
      p[i] = old + ahead * change;
      u[i] = old + step * change;
    }
  }

  private static void addScaled(float factor, float[] values, float[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * values[i];
    }
  }
}

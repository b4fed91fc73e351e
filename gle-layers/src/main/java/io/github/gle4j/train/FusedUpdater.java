// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.conf.Momentum;
import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.layers.Finite;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Updates one parameter of one layer in Java, as ND4J's updater of the same configuration does:
 * {@link Adam}, {@link Sgd} or {@link Momentum}. Parameter, gradient and updater state are the
 * network's own; Java holds copies of parameter and state between {@link #load} and {@link #store}.
 */
final class FusedUpdater {
  private final String key;
  private final IUpdater updater;
  private final FloatPointer parameter;
  private final FloatPointer gradient;
  private final FloatPointer[] state;
  private final float[] w;
  private final float[] g;
  private final float[][] s;

  /** The parameter's part of an updater block, which DL4J may share between layers. */
  FusedUpdater(UpdaterBlock block, UpdaterBlock.ParamState parameterState) {
    key = parameterState.getParamName();
    updater = parameterState.getLayer().getConfig().getUpdaterByParam(key);
    int from = parameterState.getParamOffsetStart() - block.getParamOffsetStart();
    int length = parameterState.getParamOffsetEnd() - parameterState.getParamOffsetStart();
    parameter = NativeFloats.of(parameterState.getParamView());
    gradient = NativeFloats.of(parameterState.getGradView());
    w = new float[length];
    g = new float[length];
    GradientUpdater<?> blockUpdater = block.getGradientUpdater();
    String[] keys =
        updater instanceof Adam
            ? new String[] {AdamUpdater.M_STATE, AdamUpdater.V_STATE}
            : updater instanceof Momentum ? new String[] {Momentum.STATE_KEY} : new String[0];
    Map<String, INDArray> states = keys.length == 0 ? Map.of() : blockUpdater.getState();
    state = new FloatPointer[keys.length];
    s = new float[keys.length][length];
    for (int i = 0; i < keys.length; i++) {
      INDArray whole = states.get(keys[i]);
      state[i] =
          NativeFloats.of(
              whole.reshape(whole.length()).get(NDArrayIndex.interval(from, from + length)));
    }
  }

  /** Whether this class knows the updater's rule. */
  static boolean knows(IUpdater updater) {
    Class<?> rule = updater.getClass();
    return rule == Sgd.class
        || rule == Momentum.class
        || (updater instanceof Adam adam && rule == Adam.class && adam.getEpsilon() > 0);
  }

  /** Reads parameter and updater state from the network. */
  void load() {
    NativeFloats.read(parameter, w);
    for (int i = 0; i < s.length; i++) {
      NativeFloats.read(state[i], s[i]);
    }
  }

  /** Writes the updater state to the network; parameters are there after every update. */
  void store() {
    for (int i = 0; i < s.length; i++) {
      NativeFloats.write(s[i], state[i]);
    }
  }

  /**
   * Applies the network's gradient.
   *
   * @param scale factor of the gradient
   */
  void apply(float scale, int iteration, int epoch) {
    NativeFloats.read(gradient, g);
    double rate = updater.getLearningRate(iteration, epoch);
    if (updater instanceof Adam adam) {
      adam(adam, rate, scale, iteration);
    } else if (updater instanceof Momentum momentum) {
      momentum((float) rate, (float) momentum.getMomentum(), scale);
    } else {
      descend((float) rate * scale);
    }
    NativeFloats.write(w, parameter);
  }

  /** Whether parameter and updater state are finite. */
  boolean isFinite() {
    return Finite.all(w) && Arrays.stream(s).allMatch(Finite::all);
  }

  /** Name of the parameter within its layer. */
  String key() {
    return key;
  }

  /** The learning rate of the next update. */
  double rate(int iteration, int epoch) {
    return updater.getLearningRate(iteration, epoch);
  }

  private void descend(float rate) {
    for (int i = 0; i < w.length; i++) {
      w[i] -= rate * g[i];
    }
  }

  private void momentum(float rate, float momentum, float scale) {
    float[] accumulated = s[0];
    for (int i = 0; i < w.length; i++) {
      accumulated[i] = momentum * accumulated[i] + scale * g[i];
      w[i] -= rate * accumulated[i];
    }
  }

  /** In single precision where ND4J's is, so that the first steps' bias corrections agree. */
  private void adam(Adam adam, double learningRate, float scale, int iteration) {
    float beta1 = (float) adam.getBeta1();
    float beta2 = (float) adam.getBeta2();
    float epsilon = (float) adam.getEpsilon();
    float power1 = (float) Math.pow(beta1, iteration + 1);
    float power2 = (float) Math.pow(beta2, iteration + 1);
    float rate = (float) ((float) learningRate * (float) Math.sqrt(1.0 - power2) / (1.0 - power1));
    if (!Float.isFinite(rate) || rate == 0) {
      rate = epsilon; // as ND4J
    }
    float[] m = s[0];
    float[] v = s[1];
    for (int i = 0; i < w.length; i++) {
      float gradient = scale * g[i];
      m[i] = beta1 * m[i] + gradient * (1 - beta1);
      v[i] = beta2 * v[i] + gradient * gradient * (1 - beta2);
      w[i] -= m[i] * rate / ((float) Math.sqrt(v[i]) + epsilon);
    }
  }
}

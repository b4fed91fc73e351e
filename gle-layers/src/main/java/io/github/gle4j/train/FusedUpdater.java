// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.layers.Finite;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Updates one parameter of one layer in Java by an {@link UpdateRule}, as ND4J's updater of the
 * same configuration does. Parameter, gradient and updater state are the network's own; Java holds
 * copies of parameter and state between {@link #load} and {@link #store}.
 */
final class FusedUpdater {
  private final String key;
  private final IUpdater updater;
  private final UpdateRule rule;
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
    rule = UpdateRule.of(updater).orElseThrow();
    List<String> keys = rule.states();
    GradientUpdater<?> blockUpdater = block.getGradientUpdater();
    Map<String, INDArray> states = keys.isEmpty() ? Map.of() : blockUpdater.getState();
    state = new FloatPointer[keys.size()];
    s = new float[keys.size()][length];
    for (int i = 0; i < keys.size(); i++) {
      INDArray whole = states.get(keys.get(i));
      state[i] =
          NativeFloats.of(
              whole.reshape(whole.length()).get(NDArrayIndex.interval(from, from + length)));
    }
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
    rule.apply(w, g, s, scale, iteration, epoch);
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
}

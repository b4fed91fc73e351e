// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's activation functions as {@link RateFunction}s. */
public final class RateFunctions {
  private static final Map<IActivation, RateFunction> FAST = fast();

  private RateFunctions() {}

  private static Map<IActivation, RateFunction> fast() {
    Map<IActivation, RateFunction> fast = new HashMap<>(StableFunction.ALL);
    fast.put(new ActivationIdentity(), RateFunction.IDENTITY);
    fast.put(new ActivationTanH(), RateFunction.TANH);
    fast.put(new ActivationSigmoid(), RateFunction.SIGMOID);
    fast.put(new ActivationSoftPlus(), RateFunction.SOFTPLUS);
    fast.put(new ActivationReLU(), RateFunction.RELU);
    fast.put(new ActivationHardSigmoid(), RateFunction.HARD_SIGMOID);
    fast.put(new ActivationHardTanH(), RateFunction.HARD_TANH);
    fast.put(new ActivationSaturatingLinear(), RateFunction.SATURATING_LINEAR);
    return fast;
  }

  /**
   * The function for Java arrays: a fast one where there is one, else ND4J's own.
   *
   * @param activation any of ND4J's, or the user's
   * @param neurons number of neurons of the layer, for functions that mix them
   * @return a function for arrays [neurons][samples]
   */
  public static RateFunction of(IActivation activation, int neurons) {
    if (isFast(activation)) {
      return FAST.get(activation);
    }
    return (p, r, d) -> {
      long samples = p.length / neurons;
      INDArray voltage = Nd4j.createFromArray(p).reshape('f', samples, neurons);
      INDArray rate = voltage.ulike();
      INDArray derivative = voltage.ulike();
      apply(activation, voltage, rate, derivative);
      NativeFloats.read(rate, r);
      NativeFloats.read(derivative, d);
    };
  }

  /**
   * Whether there is a fast function, which works value by value, is finite where its argument is
   * and bounded by a multiple of it.
   *
   * @param activation any of ND4J's, or the user's, whose subclasses are functions of their own
   * @return true for ND4J's most common ones
   */
  public static boolean isFast(IActivation activation) {
    return isOneOf(FAST, activation);
  }

  private static boolean isOneOf(Map<IActivation, ?> functions, IActivation activation) {
    return functions.keySet().stream()
        .anyMatch(known -> known.getClass() == activation.getClass() && known.equals(activation));
  }

  /** What takes the place of ND4J's function, or null where that is right at all voltages. */
  private static StableFunction stable(IActivation activation) {
    return isOneOf(StableFunction.ALL, activation) ? StableFunction.ALL.get(activation) : null;
  }

  /**
   * Computes {@code r = phi(p), d = phi'(p)} on arrays of any floating-point type.
   *
   * @param activation phi
   * @param p [samples, neurons]; no defined content afterwards
   * @param r of the same shape
   * @param d of the same shape
   */
  static void apply(IActivation activation, INDArray p, INDArray r, INDArray d) {
    rate(activation, p, r, false);
    derivative(activation, p, d);
  }

  /**
   * Computes {@code r = phi(p)}.
   *
   * @param p unchanged
   * @param r of the same shape
   * @param training for functions that are random in training
   */
  static void rate(IActivation activation, INDArray p, INDArray r, boolean training) {
    StableFunction stable = stable(activation);
    if (stable != null) {
      CheckedCopy.copy(stable.values(p), r);
    } else {
      CheckedCopy.copy(p, r);
      keep(activation.getActivation(r, training), r);
    }
  }

  /**
   * Computes {@code d = phi'(p)}.
   *
   * @param p no defined content afterwards
   * @param d of the same shape
   */
  static void derivative(IActivation activation, INDArray p, INDArray d) {
    StableFunction stable = stable(activation);
    if (stable != null) {
      CheckedCopy.copy(stable.slopes(p), d);
    } else {
      d.assign(1);
      keep(activation.backprop(p, d).getFirst(), d);
    }
  }

  /** Some activation functions work in place, others return a new array. */
  private static void keep(INDArray result, INDArray target) {
    if (result != target) {
      CheckedCopy.copy(result, target);
    }
  }
}

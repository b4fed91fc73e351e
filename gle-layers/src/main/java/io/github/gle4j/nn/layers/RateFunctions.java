// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
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
  private static final Map<IActivation, RateFunction> FAST =
      Map.of(
          new ActivationIdentity(), RateFunction.IDENTITY,
          new ActivationTanH(), RateFunction.TANH,
          new ActivationSigmoid(), RateFunction.SIGMOID,
          new ActivationSoftPlus(), RateFunction.SOFTPLUS,
          new ActivationReLU(), RateFunction.RELU,
          new ActivationHardSigmoid(), RateFunction.HARD_SIGMOID,
          new ActivationHardTanH(), RateFunction.HARD_TANH,
          new ActivationSaturatingLinear(), RateFunction.SATURATING_LINEAR);

  private RateFunctions() {}

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
   * Whether there is a fast function, which works value by value and is bounded by a multiple of
   * its argument.
   *
   * @param activation any of ND4J's, or the user's, whose subclasses are functions of their own
   * @return true for ND4J's most common ones
   */
  public static boolean isFast(IActivation activation) {
    return FAST.keySet().stream()
        .anyMatch(known -> known.getClass() == activation.getClass() && known.equals(activation));
  }

  /**
   * Computes {@code r = phi(p), d = phi'(p)} with ND4J's operations.
   *
   * @param activation phi
   * @param p [samples, neurons]; no defined content afterwards
   * @param r of the same shape
   * @param d of the same shape
   */
  static void apply(IActivation activation, INDArray p, INDArray r, INDArray d) {
    CheckedCopy.copy(p, r);
    keep(activation.getActivation(r, false), r);
    d.assign(1);
    keep(activation.backprop(p, d).getFirst(), d);
  }

  /** Some activation functions work in place, others return a new array. */
  private static void keep(INDArray result, INDArray target) {
    if (result != target) {
      CheckedCopy.copy(result, target);
    }
  }
}

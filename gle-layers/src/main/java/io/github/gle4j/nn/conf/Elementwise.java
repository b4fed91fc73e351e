// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationPReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;

/** Activation functions of one number each: deterministic, without parameters. */
final class Elementwise {
  private Elementwise() {}

  static boolean is(IActivation activation) {
    return !(activation instanceof ActivationSoftmax
        || activation instanceof ActivationPReLU
        || activation instanceof ActivationRReLU);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The voltage cut to [0, 1], with derivative 1 on the closed interval and 0 outside: the hard
 * sigmoid of the Latent Equilibrium networks. DL4J's HARDSIGMOID is another function, {@code 0.2 x
 * + 0.5} cut to [0, 1].
 */
public final class ActivationSaturatingLinear extends BaseActivationFunction {
  private static final long serialVersionUID = 1;

  /** Creates the function, which has no parameters. */
  public ActivationSaturatingLinear() {}

  @Override
  public INDArray getActivation(INDArray in, boolean training) {
    Transforms.max(in, 0, false);
    return Transforms.min(in, 1, false);
  }

  @Override
  public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
    assertShape(in, epsilon);
    INDArray inside = in.gte(0).castTo(in.dataType()).muli(in.lte(1).castTo(in.dataType()));
    return new Pair<>(inside.muli(epsilon), null);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof ActivationSaturatingLinear;
  }

  @Override
  public int hashCode() {
    return ActivationSaturatingLinear.class.hashCode();
  }

  @Override
  public String toString() {
    return "saturatinglinear";
  }
}

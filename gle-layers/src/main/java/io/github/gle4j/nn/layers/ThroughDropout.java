// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.ArrayMath;
import io.github.gle4j.nn.connectivity.Connectivity;

/**
 * A connection whose inputs were dropped out: its feedback goes back the same way, step by step.
 */
final class ThroughDropout<A> implements Connectivity<A> {
  private final Connectivity<A> connection;
  private final TimeSteps<A> factors;
  private final ArrayMath<A> math;
  private int step;

  /**
   * Goes through a sequence once.
   *
   * @param connection whose inputs are what was left
   * @param factors what inputs were multiplied by, [batch, inputs, time]
   */
  ThroughDropout(Connectivity<A> connection, TimeSteps<A> factors, ArrayMath<A> math) {
    this.connection = connection;
    this.factors = factors;
    this.math = math;
  }

  @Override
  public void forward(A from, A current, boolean add) {
    connection.forward(from, current, add);
  }

  @Override
  public void feedback(A e, A to, boolean add) {
    connection.feedback(e, to, add);
    math.product(to, factors.read(step), to);
    step++;
  }

  @Override
  public void gradient(A pre, A post, boolean add) {
    connection.gradient(pre, post, add);
  }

  @Override
  public void parametersChanged() {
    connection.parametersChanged();
  }
}

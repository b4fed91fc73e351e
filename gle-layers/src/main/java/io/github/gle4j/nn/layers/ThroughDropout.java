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
  private final A part; // of the feedback, through dropout
  private int step;

  /**
   * Goes through a sequence once.
   *
   * @param connection whose inputs are what was left
   * @param factors what inputs were multiplied by, [batch, inputs, time]
   * @param part working memory for the feedback of a step
   */
  ThroughDropout(Connectivity<A> connection, TimeSteps<A> factors, ArrayMath<A> math, A part) {
    this.connection = connection;
    this.factors = factors;
    this.math = math;
    this.part = part;
  }

  @Override
  public void forward(A from, A current, boolean add) {
    connection.forward(from, current, add);
  }

  @Override
  public void feedback(A e, A to, boolean add) {
    connection.feedback(e, part, false);
    math.product(part, factors.read(step), part);
    step++;
    if (add) {
      math.sum(to, 1, part, to);
    } else {
      math.copy(part, to);
    }
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

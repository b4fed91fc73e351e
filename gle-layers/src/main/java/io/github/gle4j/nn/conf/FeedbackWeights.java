// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import java.io.Serializable;
import java.util.Objects;

/**
 * The weights that carry a layer's errors down: its own, or fixed random ones (feedback alignment),
 * to which the layer's weights align while they learn.
 *
 * <p>Fixed weights have the shape of the layer's and are drawn from a normal distribution of mean 0
 * and variance {@code 2 / (fan-in + fan-out)}. The configuration keeps the seed, and a layer draws
 * them anew when it is made: a saved network goes on with the same ones.
 */
public final class FeedbackWeights implements Serializable {
  private static final long serialVersionUID = 1;

  private Long seed;

  private FeedbackWeights() {} // for DL4J's JSON mapper

  private FeedbackWeights(Long seed) {
    this.seed = seed;
  }

  /**
   * The layer's own weights, as in backpropagation.
   *
   * @return the default
   */
  public static FeedbackWeights symmetric() {
    return new FeedbackWeights();
  }

  /**
   * Random weights that never change.
   *
   * @param seed the same seed gives the same weights
   * @return feedback alignment
   */
  public static FeedbackWeights fixedRandom(long seed) {
    return new FeedbackWeights(seed);
  }

  /**
   * The seed of fixed random weights.
   *
   * @return null: the layer's own weights
   */
  public Long getSeed() {
    return seed;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FeedbackWeights other && Objects.equals(seed, other.seed);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(seed);
  }

  @Override
  public String toString() {
    return seed == null ? "symmetric" : "fixedRandom(" + seed + ")";
  }
}

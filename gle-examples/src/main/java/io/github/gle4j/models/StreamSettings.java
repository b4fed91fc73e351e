// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import io.github.gle4j.train.Propagation;

/**
 * How a network learns from a stream.
 *
 * @param beta nudging strength
 * @param propagation in which order its layers act within a time step
 */
public record StreamSettings(double beta, Propagation propagation) {
  /** As the GLE paper's networks learn from signals. */
  static final StreamSettings SIGNALS = new StreamSettings(1, Propagation.DELAYED);

  /** As the networks of the Latent Equilibrium paper learn from images. */
  static final StreamSettings IMAGES = new StreamSettings(0.1, Propagation.SWEEP);
}

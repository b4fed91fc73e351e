// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

/** In which order the layers of a network act within a time step. */
public enum Propagation {
  /**
   * All layers at once, each reading what its neighbours had in the step before: every layer delays
   * rates, and errors, by one step. No layer waits for another, so threads can share them; the
   * first steps of a new input, two per layer, mix it with the one before.
   */
  DELAYED,

  /**
   * One layer after the other: rates from the input to the top, each layer reading the new rate of
   * the one below, then errors from the top down, each layer reading the new feedback of the one
   * above; the loss is that of the new output. Nothing is delayed, so an input that is presented
   * for a few steps only is learned from in all of them. One thread does it, and gamma must be 0.
   */
  SWEEP
}

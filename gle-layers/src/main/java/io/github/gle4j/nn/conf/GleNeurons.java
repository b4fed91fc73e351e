// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import org.nd4j.linalg.activations.IActivation;

/**
 * The part of a layer's configuration that describes its GLE neurons, whatever connects them to the
 * layer below.
 */
public interface GleNeurons {

  /**
   * Length of an Euler step.
   *
   * @return a positive number
   */
  double getDt();

  /**
   * Apical coupling of the error into the soma.
   *
   * @return a number that is not negative
   */
  double getGamma();

  /**
   * Whether the error neurons look ahead.
   *
   * @return false: errors are instantaneous
   */
  boolean isProspectiveErrors();

  /**
   * Which time constants are learned.
   *
   * @return never null
   */
  LearnedTimeConstants getLearnedTimeConstants();

  /**
   * Activation function phi of the neurons.
   *
   * @return an elementwise function
   */
  IActivation getActivationFn();

  /**
   * Whether a parameter is a time constant that is not learned: its gradient is always zero.
   *
   * @param paramName key of a parameter
   * @return true for such a time constant
   */
  boolean isFrozen(String paramName);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

/**
 * The sequences of a task as a network gets them.
 *
 * @param channels number of values at a time step
 * @param length number of time steps
 * @param classes number of classes
 */
public record SequenceShape(int channels, int length, int classes) {
  /**
   * Sequences of another length.
   *
   * @param length number of time steps
   * @return the same otherwise
   */
  SequenceShape withLength(int length) {
    return new SequenceShape(channels, length, classes);
  }
}

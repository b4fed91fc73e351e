// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.util.List;

/**
 * A task in words.
 *
 * @param name what users write
 * @param title for readers
 * @param classes names of the classes; a label is a place in this list
 * @param defaultModel name of the model to train when none is named
 * @param protocol which loss lowers the learning rate
 * @param data one sentence about the data
 * @param rates some sentences on what decides when learning rates are lowered
 * @param isPublishedData whether published accuracies were measured on the very same data
 * @param published what they were measured on
 */
public record TaskDescription(
    String name,
    String title,
    List<String> classes,
    String defaultModel,
    Protocol protocol,
    String data,
    String rates,
    boolean isPublishedData,
    String published) {

  /**
   * Copies the list.
   *
   * @param name what users write
   * @param title for readers
   * @param classes names of the classes
   * @param defaultModel name of the model to train when none is named
   * @param protocol which loss lowers the learning rate
   * @param data one sentence
   * @param rates some sentences
   * @param isPublishedData whether published accuracies were measured on the very same data
   * @param published what they were measured on
   */
  public TaskDescription {
    classes = List.copyOf(classes);
  }
}

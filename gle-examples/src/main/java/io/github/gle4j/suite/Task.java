// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.SequenceShape;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import java.util.Map;

/** Sequences to be told apart, and the models made for that. */
public interface Task {
  /**
   * What the task is.
   *
   * @return the same at every call
   */
  TaskDescription description();

  /**
   * The models made for this task.
   *
   * @return a new list, to which others can be added
   */
  TaskModels models();

  /**
   * What networks of users are given.
   *
   * @return the shape of the sequences
   */
  SequenceShape shape();

  /**
   * Everything about the data that decides the outcome of a run.
   *
   * @param model the model that is trained
   * @return lines of text
   */
  String identity(TaskModel model);

  /**
   * The sequences, for one run of a model. Iterators may read ahead in threads of their own.
   *
   * @param model the model
   * @param seed of the order of the training sequences, and of whatever changes them at random
   * @return to be closed
   */
  Parts parts(TaskModel model, int seed);

  /**
   * The data of a model, for the manifest of a run.
   *
   * @param model the model
   * @return name, sizes, and SHA-256 of the data, by their names, in an order for readers
   */
  Map<String, Object> manifest(TaskModel model);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.suite.Mnist1dTask;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.Task;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What to train on. */
final class TaskOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(paramLabel = "DATASET", description = "mnist1d")
  private Names.DataSetName dataSet;

  @Option(
      names = "--protocol",
      paramLabel = "P",
      description = {
        "holdout (default of train): a tenth of the training set is held out and its loss decides "
            + "when to lower the learning rate; the test set is for reporting only.",
        "paper (default of compare): as published, trains on the whole training set; the loss on "
            + "the test set decides."
      })
  private Protocol protocol;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "" + Mnist1dTask.PUBLISHED_SAMPLES,
      description = "Sequences, a fifth of them for testing (default: ${DEFAULT-VALUE}).")
  private int samples;

  /**
   * The task.
   *
   * @param usual the protocol unless one was given
   * @param points number of points of a sequence for networks of users; null: the published number
   * @throws ParameterException when options cannot be used
   */
  Task task(Protocol usual, Integer points) {
    if (dataSet != Names.DataSetName.MNIST1D) {
      throw new ParameterException(
          spec.commandLine(), "DATASET = " + dataSet + ": no model for it, mnist1d allowed");
    }
    Protocol chosen = protocol == null ? usual : protocol;
    int length = points == null ? PublishedModel.SHAPE.length() : points;
    return checked(() -> new Mnist1dTask(chosen, samples, length));
  }

  /** A model of the task by its name; null: its default. */
  TaskModel model(Task task, String name) {
    String wanted = name == null ? task.description().defaultModel() : name;
    try {
      return task.models().named(wanted);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--model: " + e.getMessage(), e);
    }
  }

  /** What an option asks for. */
  <T> T checked(Supplier<T> wanted) {
    try {
      return wanted.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }
}

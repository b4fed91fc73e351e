// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TaskModel;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.api.Model;

/**
 * What a run is to do.
 *
 * @param task the data
 * @param model the network
 * @param mode how it learns
 * @param segment number of time steps between updates, 1 to the length of a sequence, in sequence
 *     mode; null: the default, at most the length; always null in streaming mode, and for networks
 *     that only know whole sequences
 * @param learningRate the optimiser's, at the start; null: the default
 * @param epochs number of passes over the training set; 0 only evaluates the untrained network
 * @param seed of the initial weights and of the order of the training sequences, 1 or more: ND4J
 *     takes 0 for the time of day
 */
public record TrainingPlan(
    Task task,
    TaskModel model,
    Mode mode,
    Integer segment,
    Double learningRate,
    int epochs,
    int seed) {

  // Sequence mode's settings, found on the validation split of MNIST-1D: docs/dl4j.md.
  private static final int DEFAULT_SEGMENT = 8;
  private static final double SEQUENCE_LEARNING_RATE = 2e-3;

  /** Where a configuration tells the number of epochs. */
  private static final Pattern EPOCHS = Pattern.compile("^epochs ([0-9]{1,9})$", Pattern.MULTILINE);

  /**
   * The default way to train a model.
   *
   * @param task the data
   * @param model the network
   * @param learningRate the optimiser's; null: the default
   * @param epochs number of passes over the training set
   * @param seed of the initial weights and of the order of the training sequences
   * @return the plan
   */
  public static TrainingPlan of(
      Task task, TaskModel model, Double learningRate, int epochs, int seed) {
    return new TrainingPlan(task, model, Mode.of(model), null, learningRate, epochs, seed);
  }

  /**
   * Checks that the plan can be carried out, without doing anything.
   *
   * @return this plan
   * @throws IllegalArgumentException when it cannot; the message names the value and what is
   *     allowed
   */
  public TrainingPlan checked() {
    if (epochs < 0) {
      throw new IllegalArgumentException("epochs = " + epochs + ": 0 or more allowed");
    }
    if (seed < 1) {
      throw new IllegalArgumentException("seed = " + seed + ": 1 or more allowed");
    }
    if (learningRate != null && !(learningRate > 0 && learningRate <= 1)) {
      throw new IllegalArgumentException(
          "learning-rate = " + learningRate + ": above 0, at most 1 allowed");
    }
    if (learningRate != null && model.settings().learningRate() == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "learning-rate = %s: %s has updaters of its own, no rate allowed",
              learningRate,
              model.name()));
    }
    if (mode == Mode.STREAMING && !model.online()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "mode = %s: %s learns from whole sequences, only %s allowed",
              mode.modeName(),
              model.name(),
              Mode.SEQUENCE.modeName()));
    }
    if (mode == Mode.SEQUENCE && model.online() && model.input() == TaskModel.Input.IMAGE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "mode = %s: %s learns from images at rest, only %s allowed",
              mode.modeName(),
              model.name(),
              Mode.STREAMING.modeName()));
    }
    if (segment != null && mode != Mode.SEQUENCE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "segment = %d: only mode %s has segments, %s updates after every time step",
              segment,
              Mode.SEQUENCE.modeName(),
              mode.modeName()));
    }
    if (segment != null && !model.online()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "segment = %d: %s learns from whole sequences, no segments allowed",
              segment,
              model.name()));
    }
    if (segment != null && (segment < 1 || segment > length())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "segment = %d: 1 to %d, the length of a sequence, allowed",
              segment,
              length()));
    }
    return this;
  }

  /** This plan with the number of epochs that a {@link #configuration} tells. */
  TrainingPlan withEpochs(String configuration) {
    Matcher found = EPOCHS.matcher(configuration);
    int told = found.find() ? Integer.parseInt(found.group(1)) : epochs;
    return new TrainingPlan(task, model, mode, segment, learningRate, told, seed);
  }

  private int length() {
    return model.shape().length();
  }

  /**
   * Number of time steps between updates.
   *
   * @return 1 in streaming mode
   */
  public int segmentLength() {
    if (mode == Mode.STREAMING) {
      return 1;
    }
    if (!model.online()) {
      return length();
    }
    return segment == null ? Math.min(DEFAULT_SEGMENT, length()) : segment;
  }

  /**
   * The optimiser's learning rate.
   *
   * @return at the start; null for networks with updaters of their own
   */
  public Double initialLearningRate() {
    if (learningRate != null) {
      return learningRate;
    }
    return mode == Mode.SEQUENCE && model.online()
        ? (Double) SEQUENCE_LEARNING_RATE
        : model.settings().learningRate();
  }

  /** A new network, not yet initialised. */
  Model network() {
    return model.network(seed, initialLearningRate());
  }

  /**
   * Starts to carry it out.
   *
   * @param threads that share the work of streaming
   * @param watched whether what is seen while learning matters, which costs some learners time
   * @param stopWhen asked often: true ends what is being done
   */
  Learner learner(int threads, boolean watched, BooleanSupplier stopWhen) {
    if (mode == Mode.STREAMING) {
      return new StreamingLearner(this, threads, stopWhen);
    }
    return model.online() ? new SequenceLearner(this) : new FitLearner(this, watched);
  }

  /**
   * Everything that decides the outcome.
   *
   * @return lines of text
   */
  public String configuration() {
    String text =
        String.join(
            "\n",
            TaskModel.json(network()),
            "input " + model.input(),
            "online " + (mode == Mode.STREAMING),
            "length " + length(),
            "batch " + model.settings().batchSize(),
            model.settings().schedule().toString(),
            "seed " + seed,
            "epochs " + epochs, // see EPOCHS
            task.identity(model));
    return mode == Mode.of(model) ? text : text + "\nsegment " + segmentLength();
  }
}

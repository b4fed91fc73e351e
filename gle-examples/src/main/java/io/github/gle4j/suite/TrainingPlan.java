// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.models.PublishedModel;
import java.util.function.BooleanSupplier;

/**
 * What a run on MNIST-1D is to do. The data is always that of the published seed.
 *
 * @param model the network
 * @param mode how it learns
 * @param segment number of time steps between updates, 1 to length, in sequence mode; null: the
 *     default, at most the length; always null in streaming mode
 * @param protocol which loss lowers the learning rate
 * @param epochs number of passes over the training set; 0 only evaluates the untrained network
 * @param seed of the initial weights and of the order of the training sequences, 0 or more
 * @param length number of time steps of a sequence, at least 2
 * @param samples number of sequences, a fifth of them for testing
 */
public record TrainingPlan(
    PublishedModel model,
    Mode mode,
    Integer segment,
    Protocol protocol,
    int epochs,
    int seed,
    int length,
    int samples) {

  /** With fewer, a tenth of the training sequences would be none. */
  private static final int FEWEST_SAMPLES = 20;

  // Sequence mode's settings: they learn, but no thorough search has been made for better ones.
  private static final int DEFAULT_SEGMENT = 72;
  private static final double SEQUENCE_LEARNING_RATE = 2e-3;

  /** Number of sequences of the published data. */
  public static final int PUBLISHED_SAMPLES = 5000;

  /** Seed of the published data. */
  public static final int DATA_SEED = 42;

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
    if (seed < 0) {
      throw new IllegalArgumentException("seed = " + seed + ": 0 or more allowed");
    }
    checkSamples(samples);
    dataOptions().options();
    if (segment != null && mode != Mode.SEQUENCE) {
      throw new IllegalArgumentException(
          "segment = %d: only mode %s has segments, %s updates after every time step"
              .formatted(segment, Mode.SEQUENCE.modeName(), mode.modeName()));
    }
    if (segment != null && (segment < 1 || segment > length)) {
      throw new IllegalArgumentException(
          "segment = %d: 1 to %d, the length of a sequence, allowed".formatted(segment, length));
    }
    return this;
  }

  /**
   * Checks a number of sequences.
   *
   * @param samples training and test sequences
   * @throws IllegalArgumentException when there are too few; the message says what is allowed
   */
  public static void checkSamples(int samples) {
    if (samples < FEWEST_SAMPLES) {
      throw new IllegalArgumentException(
          "samples = %d: %d or more allowed".formatted(samples, FEWEST_SAMPLES));
    }
  }

  /**
   * Number of time steps between updates.
   *
   * @return 1 in streaming mode
   */
  public int segmentLength() {
    return mode == Mode.STREAMING
        ? 1
        : segment == null ? Math.min(DEFAULT_SEGMENT, length) : segment;
  }

  /**
   * Adam's learning rate: in streaming mode the published one at the start, in sequence mode the
   * highest of the schedule.
   *
   * @return positive
   */
  public double learningRate() {
    return mode == Mode.STREAMING ? model.learningRate() : SEQUENCE_LEARNING_RATE;
  }

  /** Starts to carry it out. */
  Learning learning(int batchesPerEpoch, int threads, BooleanSupplier stopWhen) {
    return switch (mode) {
      case STREAMING -> new StreamingLearning(this, threads, stopWhen);
      case SEQUENCE -> new SequenceLearning(this, batchesPerEpoch);
    };
  }

  /**
   * Whether the data is the published one.
   *
   * @return true for the published number and length of sequences
   */
  public boolean hasPublishedData() {
    return samples == PUBLISHED_SAMPLES && length == model.length();
  }

  Mnist1d.Builder dataOptions() {
    return Mnist1d.builder().length(length).samples(samples).seed(DATA_SEED);
  }
}

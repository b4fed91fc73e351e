// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TaskModel;
import io.github.gle4j.speech.SpeechCommands;
import java.io.IOException;
import java.util.function.Consumer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * How long an epoch takes: of minibatches alone, as fast as they can be made, and of training on
 * them, with the minibatches made meanwhile.
 *
 * @param batchSeconds making all minibatches
 * @param trainingSeconds making them and learning from them, by one thread
 */
public record TrainingThroughput(double batchSeconds, double trainingSeconds) {
  private static final int SEED = 1;
  private static final int ROUNDS = 2;

  /**
   * An epoch with and without augmentation, both in turn, the faster of two.
   *
   * @param plain without augmentation
   * @param augmented with the published one
   */
  public record Pair(TrainingThroughput plain, TrainingThroughput augmented) {
    /**
     * How much longer training takes with augmentation.
     *
     * @return 1: as long
     */
    public double ratio() {
      return augmented.trainingSeconds / plain.trainingSeconds;
    }
  }

  /**
   * Measures a model of Speech Commands.
   *
   * @param data the clips
   * @param split how they were divided, in a word
   * @param model name of the model
   * @param upsampling time steps per window, for GLE networks
   * @return what an epoch takes
   * @throws IllegalArgumentException when the clips cannot be trained on
   * @throws IOException when a clip cannot be read
   */
  public static Pair measure(SpeechCommands data, String split, String model, int upsampling)
      throws IOException {
    TrainingThroughput plain = null;
    TrainingThroughput augmented = null;
    for (int round = 0; round < ROUNDS; round++) {
      plain = faster(plain, once(new SpeechTask(data, split, false, upsampling), model));
      augmented = faster(augmented, once(new SpeechTask(data, split, true, upsampling), model));
    }
    return new Pair(plain, augmented);
  }

  private static TrainingThroughput faster(TrainingThroughput first, TrainingThroughput second) {
    return first == null
        ? second
        : new TrainingThroughput(
            Math.min(first.batchSeconds, second.batchSeconds),
            Math.min(first.trainingSeconds, second.trainingSeconds));
  }

  private static TrainingThroughput once(Task task, String name) {
    TaskModel model = task.models().named(name);
    TrainingPlan plan = TrainingPlan.of(task, model, null, 1, SEED);
    try (Parts parts = task.parts(model, SEED)) {
      DataSetIterator batches = parts.train().batches();
      Learner learner = plan.learner(1, false, () -> false);
      learner.learn(batches.next()); // the virtual machine compiles
      double alone = epoch(batches, batch -> {});
      return new TrainingThroughput(alone, epoch(batches, learner::learn));
    }
  }

  private static double epoch(DataSetIterator batches, Consumer<DataSet> consumer) {
    batches.reset();
    long start = System.nanoTime();
    while (batches.hasNext()) {
      consumer.accept(batches.next());
    }
    return (System.nanoTime() - start) / 1e9;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * What one epoch brought.
 *
 * @param epoch 0 is the untrained network
 * @param train the training set: in epoch 0 evaluated, or null, later as it was seen while
 *     learning, every prediction made before its label was used
 * @param validation the held-out sequences after the epoch; null when none are held out
 * @param test the test set after the epoch
 * @param learningRate the rate the epoch was trained with; in epoch 0 the initial one
 * @param seconds time taken by the epoch, evaluation included
 */
public record EpochMetrics(
    int epoch,
    Figures train,
    Figures validation,
    Figures test,
    double learningRate,
    double seconds) {

  private static final String ENTRY = "run/epochs";
  private static final int COLUMNS = 9;

  /** Saves a table of epochs, a row of numbers each; NaN stands for what there is not. */
  static void save(List<EpochMetrics> epochs, Checkpoint.Builder to) {
    to.put(
        ENTRY,
        epochs.stream()
            .flatMapToDouble(
                row ->
                    DoubleStream.of(
                        row.epoch,
                        loss(row.train),
                        accuracy(row.train),
                        loss(row.validation),
                        accuracy(row.validation),
                        loss(row.test),
                        accuracy(row.test),
                        row.learningRate,
                        row.seconds))
            .toArray());
  }

  static List<EpochMetrics> restored(Checkpoint from) {
    double[] cells = from.doubles(ENTRY);
    if (cells.length % COLUMNS != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the checkpoint has %d numbers in %s: %d for each epoch needed",
              cells.length,
              ENTRY,
              COLUMNS));
    }
    List<EpochMetrics> epochs = new ArrayList<>();
    for (int at = 0; at < cells.length; at += COLUMNS) {
      epochs.add(
          new EpochMetrics(
              (int) cells[at],
              figures(cells, at + 1),
              figures(cells, at + 3),
              figures(cells, at + 5),
              cells[at + 7],
              cells[at + 8]));
    }
    return epochs;
  }

  private static double loss(Figures figures) {
    return figures == null ? Double.NaN : figures.loss();
  }

  private static double accuracy(Figures figures) {
    return figures == null ? Double.NaN : figures.accuracy();
  }

  /** Losses of complete epochs are finite. */
  private static Figures figures(double[] cells, int at) {
    return Double.isNaN(cells[at]) ? null : new Figures(cells[at], cells[at + 1]);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * The sequences of a task, divided.
 *
 * @param train to learn from, in a new order at every reset
 * @param validation held out to lower the learning rate by; null when the test set does that
 * @param test to report on
 */
public record Parts(Part train, Part validation, Part test) implements AutoCloseable {

  /**
   * Some sequences.
   *
   * @param batches gives features [batch, channels, time], or images [batch, channels * height *
   *     width], and labels [batch, classes]
   * @param size number of sequences
   */
  public record Part(DataSetIterator batches, int size) {}

  /** Number of minibatches of an epoch. */
  int batchesPerEpoch() {
    int batch = train.batches.batch();
    return (train.size + batch - 1) / batch;
  }

  /** Ends what the iterators do in the background. */
  @Override
  public void close() {
    Arrays.asList(train, validation, test).stream()
        .filter(Objects::nonNull)
        .map(Part::batches)
        .filter(AutoCloseable.class::isInstance)
        .map(AutoCloseable.class::cast)
        .forEach(Parts::close);
  }

  private static void close(AutoCloseable iterator) {
    try {
      iterator.close();
    } catch (Exception e) {
      throw new IllegalStateException("the iterator cannot be closed", e);
    }
  }
}

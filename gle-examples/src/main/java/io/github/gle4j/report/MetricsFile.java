// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A table of epochs as comma-separated values: accuracies between 0 and 1, empty cells where there
 * are no validation sequences. Every line is in the file as soon as its epoch is over.
 */
public final class MetricsFile implements Closeable {
  private static final String HEADER =
      "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,"
          + "learning_rate,seconds";

  private final BufferedWriter writer;

  /**
   * Starts a table.
   *
   * @param file begun anew; a run that is taken up writes what it has
   * @param epochs what it begins with: none, or those of a run that is taken up
   * @throws IOException when it cannot be written
   */
  public MetricsFile(Path file, List<EpochMetrics> epochs) throws IOException {
    writer = Files.newBufferedWriter(file);
    line(HEADER);
    for (EpochMetrics epoch : epochs) {
      add(epoch);
    }
  }

  /**
   * Adds an epoch.
   *
   * @param epoch the epoch
   * @throws IOException when it cannot be written
   */
  public void add(EpochMetrics epoch) throws IOException {
    line(
        String.join(
            ",",
            Integer.toString(epoch.epoch()),
            cells(epoch.train()),
            cells(epoch.validation()),
            cells(epoch.test()),
            Double.toString(epoch.learningRate()),
            String.format(Locale.ROOT, "%.3f", epoch.seconds())));
  }

  private static String cells(Figures figures) {
    return figures == null ? "," : figures.loss() + "," + figures.accuracy();
  }

  private void line(String line) throws IOException {
    writer.write(line + "\n");
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The published learning curve of a model on the test set: means and standard deviations over ten
 * seeds.
 *
 * @param epochs all epochs, 0 being before the first
 */
public record PublishedCurve(List<Epoch> epochs) {

  /**
   * One epoch.
   *
   * @param epoch its number
   * @param meanAccuracy in percent
   * @param sdAccuracy in percent
   * @param meanLoss cross-entropy per sample and step
   * @param sdLoss as the mean
   */
  public record Epoch(
      int epoch, double meanAccuracy, double sdAccuracy, double meanLoss, double sdLoss) {}

  /**
   * Copies the list.
   *
   * @param epochs all epochs
   */
  public PublishedCurve {
    epochs = List.copyOf(epochs);
  }

  /**
   * Reads a model's curve.
   *
   * @param model the model
   * @return its curve
   */
  static PublishedCurve of(PublishedModel model) {
    String name = model.modelName() + ".csv";
    try (InputStream stream = PublishedCurve.class.getResourceAsStream(name);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      List<Epoch> epochs = new ArrayList<>();
      lines
          .lines()
          .skip(1) // names of the columns
          .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray())
          .forEach(v -> epochs.add(new Epoch((int) v[0], v[1], v[2], v[3], v[4])));
      return new PublishedCurve(epochs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

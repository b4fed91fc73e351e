// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.gle4j.models.UserFile;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.TrainingPlan;
import io.github.gle4j.train.Propagation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where the results of a run come from, as JSON: what was asked for, by which software and machine,
 * on which data, and what came out.
 *
 * @param command the command line, word by word
 * @param status running, done, interrupted or failed
 * @param failure why it failed; null if it did not
 * @param startTime when the run began, UTC
 * @param endTime when it ended, UTC; null while it is running
 * @param config what the run was to do
 * @param versions by name: this project, DL4J, Java
 * @param machine operating system, processor, number of cores, Java heap
 * @param data name of the task, sizes of its parts, SHA-256 of the data
 * @param trainingSteps number of time steps of minibatches that were learned from
 * @param updates number of updates of the parameters
 * @param millisecondsPerStep mean time of a training step; null before the first
 * @param finalMetrics the last complete epoch; null before the first
 * @param files SHA-256 by name of the file
 */
record Manifest(
    List<String> command,
    String status,
    String failure,
    String startTime,
    String endTime,
    Config config,
    Map<String, String> versions,
    Map<String, Object> machine,
    Map<String, Object> data,
    long trainingSteps,
    long updates,
    Double millisecondsPerStep,
    EpochMetrics finalMetrics,
    Map<String, String> files) {

  /**
   * What the run was to do.
   *
   * @param model name of the model
   * @param mode how it learns
   * @param segment number of time steps between updates
   * @param protocol name of the protocol
   * @param epochs number of epochs
   * @param seed of weights and order
   * @param batchSize sequences side by side
   * @param learningRate at the start
   * @param beta nudging strength; null for networks that are no GLE networks
   * @param propagation in which order layers act within a step; null unless in streaming mode
   * @param schedule how the learning rate changes from epoch to epoch
   * @param weightsAndBiases number of parameters that learn
   * @param networkSha256 of the network's initial configuration as DL4J's JSON
   */
  record Config(
      String model,
      String mode,
      int segment,
      String protocol,
      int epochs,
      int seed,
      int batchSize,
      Double learningRate,
      Double beta,
      Propagation propagation,
      String schedule,
      long weightsAndBiases,
      String networkSha256) {}

  void write(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    String json = mapper.writeValueAsString(this) + "\n";
    WholeFile.write(file, json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The command of a manifest that was written, by a stranger perhaps.
   *
   * @throws IOException when there is none; the message names the file
   */
  static List<String> command(Path file) throws IOException {
    List<String> words = new ArrayList<>();
    try {
      for (JsonNode word : UserFile.json(file, UserFile.MANIFEST).path("command")) {
        if (!word.isTextual()) {
          throw new IOException(file + ": its command has a word that is no text");
        }
        words.add(word.asText());
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (words.isEmpty()) {
      throw new IOException(file + ": it names no command");
    }
    return words;
  }

  static String title(TrainingPlan plan) {
    return String.format(
        Locale.ROOT,
        "%s on %s, seed %d",
        plan.model().name(),
        plan.task().description().title(),
        plan.seed());
  }
}

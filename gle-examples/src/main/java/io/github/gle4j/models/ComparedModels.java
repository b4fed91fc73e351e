// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;

/**
 * The models of a comparison by name: those of the GLE paper, the baselines, and the user's.
 *
 * <p>Not safe for use by several threads.
 */
public final class ComparedModels {
  private final Map<String, ComparedModel> models = new LinkedHashMap<>();

  /** The published models and the baselines. */
  public ComparedModels() {
    Baselines.all().forEach(this::register);
    for (PublishedModel model : PublishedModel.values()) {
      register(ComparedModel.of(model));
    }
  }

  /**
   * Adds a model.
   *
   * @param model such as {@link ComparedModel#of(String, MultiLayerConfiguration, int)}
   * @return the model
   * @throws IllegalArgumentException when its name is taken, or cannot be part of a file name
   */
  public ComparedModel register(ComparedModel model) {
    if (!model.name().matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "model name '%s': letters, digits, '.', '-' and '_' allowed".formatted(model.name()));
    }
    if (models.putIfAbsent(model.name(), model) != null) {
      throw new IllegalArgumentException(
          "model name '%s' is taken: another one allowed".formatted(model.name()));
    }
    return model;
  }

  /**
   * Adds the model of a file, under the file's name without its ending.
   *
   * @param file a MultiLayerConfiguration or ComputationGraphConfiguration as JSON
   * @param length number of points of a sequence
   * @return the model
   * @throws IllegalArgumentException when the file has no such configuration, the network does not
   *     fit the task or the name is taken
   * @throws IOException when the file cannot be read
   */
  public ComparedModel register(Path file, int length) throws IOException {
    String name = file.getFileName().toString().replaceFirst("\\.json$", "");
    String json = Files.readString(file);
    boolean graph = isGraph(file, json);
    try {
      return register(
          graph
              ? ComparedModel.of(name, ComputationGraphConfiguration.fromJson(json), length)
              : ComparedModel.of(name, MultiLayerConfiguration.fromJson(json), length));
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) { // DL4J wraps what its mapper throws
      throw new IllegalArgumentException(file + ": no configuration of DL4J: " + e.getMessage(), e);
    }
  }

  private static boolean isGraph(Path file, String json) {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(file + ": no JSON: " + e.getOriginalMessage(), e);
    }
    boolean graph = root.has("vertices") && root.has("networkInputs");
    if (!graph && !root.has("confs")) {
      throw new IllegalArgumentException(
          file
              + ": neither 'confs' nor 'vertices': what MultiLayerConfiguration.toJson() or"
              + " ComputationGraphConfiguration.toJson() returns allowed");
    }
    return graph;
  }

  /**
   * Finds a model.
   *
   * @param name such as {@code gru-72}
   * @return the model
   * @throws IllegalArgumentException when there is none; the message lists all names
   */
  public ComparedModel named(String name) {
    ComparedModel model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException(
          "'%s' is unknown: %s allowed".formatted(name, String.join(", ", models.keySet())));
    }
    return model;
  }

  /**
   * All models.
   *
   * @return in the order they were added
   */
  public List<ComparedModel> all() {
    return List.copyOf(models.values());
  }
}

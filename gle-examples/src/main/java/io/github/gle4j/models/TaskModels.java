// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.gle4j.nn.util.InvalidModelException;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;

/**
 * The models of a task by name: those of the GLE paper, the baselines, and the user's.
 *
 * <p>Not safe for use by several threads.
 */
public final class TaskModels {
  private final Map<String, TaskModel> models = new LinkedHashMap<>();

  /**
   * Some models.
   *
   * @param models each with a name of its own
   */
  public TaskModels(List<TaskModel> models) {
    models.forEach(this::register);
  }

  /**
   * The published models for MNIST-1D and their baselines.
   *
   * @return in the order of tables
   */
  public static TaskModels mnist1d() {
    List<TaskModel> models = new ArrayList<>(Baselines.all());
    for (PublishedModel model : PublishedModel.values()) {
      models.add(TaskModel.of(model));
    }
    return new TaskModels(models);
  }

  /**
   * Adds a model.
   *
   * @param model such as {@link TaskModel#of(String, MultiLayerConfiguration, SequenceShape)}
   * @return the model
   * @throws IllegalArgumentException when its name is taken, or cannot be part of a file name
   */
  public TaskModel register(TaskModel model) {
    if (!model.name().matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "model name '%s': letters, digits, '.', '-' and '_' allowed",
              model.name()));
    }
    if (models.putIfAbsent(model.name(), model) != null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "model name '%s' is taken: another one allowed", model.name()));
    }
    return model;
  }

  /**
   * Adds the model of a file, under the file's name without its ending.
   *
   * @param file a MultiLayerConfiguration or ComputationGraphConfiguration as JSON
   * @param shape of the task's sequences
   * @return the model
   * @throws IllegalArgumentException when the file has no such configuration, the network does not
   *     fit the task or the name is taken
   * @throws IOException when the file cannot be read
   */
  public TaskModel register(Path file, SequenceShape shape) throws IOException {
    String name = file.getFileName().toString().replaceFirst("\\.json$", "");
    String json = UserFile.text(file, ModelFiles.MAXIMUM_CONFIGURATION);
    boolean graph = isGraph(file, json);
    String what = file + ": no configuration of DL4J";
    try {
      return register(
          graph
              ? TaskModel.of(name, ModelFiles.graphConfiguration(what, json), shape)
              : TaskModel.of(name, ModelFiles.configuration(what, json), shape));
    } catch (InvalidModelException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static boolean isGraph(Path file, String json) {
    JsonNode root = UserFile.parsed(file, json);
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
  public TaskModel named(String name) {
    TaskModel model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "'%s' is unknown: %s allowed",
              name,
              String.join(", ", models.keySet())));
    }
    return model;
  }

  /**
   * All models.
   *
   * @return in the order they were added
   */
  public List<TaskModel> all() {
    return List.copyOf(models.values());
  }
}

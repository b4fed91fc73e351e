// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.gle4j.models.SpeechModels;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import io.github.gle4j.models.UserFile;
import io.github.gle4j.nn.util.InvalidModelException;
import io.github.gle4j.nn.util.ModelFiles;
import io.github.gle4j.speech.FeatureOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Model;

/**
 * A network that {@code gle train gsc} has trained and that can listen.
 *
 * @param name of the model
 * @param classes names of the classes
 * @param features what clips are turned into
 * @param online whether it is a GLE network, whose prediction is the sum of its outputs over time;
 *     otherwise its prediction is its last output
 * @param network a {@link org.deeplearning4j.nn.multilayer.MultiLayerNetwork} or {@link
 *     org.deeplearning4j.nn.graph.ComputationGraph}
 */
public record TrainedSpeechModel(
    String name, List<String> classes, FeatureOptions features, boolean online, Model network) {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String MANIFEST = "manifest.json";
  private static final String MODEL = "model.zip";

  /** Bytes of parameters: many times those of any model of words. */
  private static final long MAXIMUM_MODEL = 256 << 20;

  /**
   * Copies the list.
   *
   * @param name of the model
   * @param classes names of the classes
   * @param features what clips are turned into
   * @param online whether it is a GLE network
   * @param network the network
   */
  public TrainedSpeechModel {
    classes = List.copyOf(classes);
  }

  /**
   * Reads a network.
   *
   * @param folder what {@code gle train gsc} wrote
   * @return the network
   * @throws BadInputException when the folder has no such network, a damaged one, or one that reads
   *     whole clips only; the message names the folder
   * @throws IOException when a file cannot be read
   */
  public static TrainedSpeechModel read(Path folder) throws IOException {
    Path file = folder.resolve(MANIFEST);
    if (Files.isRegularFile(folder)) {
      throw new BadInputException(
          folder + ": is a file; the output folder of gle train gsc allowed");
    }
    if (!Files.isReadable(file)) {
      throw new BadInputException(
          folder + ": no " + MANIFEST + " in it; the output folder of gle train gsc allowed");
    }
    JsonNode manifest;
    try {
      manifest = UserFile.json(file, UserFile.MANIFEST);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
    String task = manifest.at("/data/name").asText();
    if (!task.equals(SpeechTask.NAME)) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s: a model of %s; one of %s allowed",
              folder,
              task.isEmpty() ? "no data set" : task,
              SpeechTask.NAME));
    }
    List<String> classes = new ArrayList<>();
    manifest.at("/data/classes").forEach(name -> classes.add(name.asText()));
    TaskModel model = model(folder, manifest.at("/config/model").asText(), classes.size());
    FeatureOptions features = features(file, manifest.at("/data/features"));
    requireWhole(folder.resolve(MODEL), manifest.path("files").path(MODEL).asText());
    return new TrainedSpeechModel(
        model.name(), classes, features, model.online(), network(folder.resolve(MODEL), model));
  }

  private static FeatureOptions features(Path file, JsonNode value) {
    try {
      FeatureOptions features = MAPPER.treeToValue(value, FeatureOptions.class);
      if (features != null) {
        return features;
      }
    } catch (JsonProcessingException e) { // among them what FeatureOptions refuses
      throw new BadInputException(file + ": its data.features are none");
    }
    throw new BadInputException(file + ": no data.features in it");
  }

  private static TaskModel model(Path folder, String name, int classes) {
    List<TaskModel> all = new SpeechModels(classes, SpeechModels.PUBLISHED_UPSAMPLING).all();
    TaskModel model;
    try {
      model = new TaskModels(all).named(name);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": model " + e.getMessage());
    }
    if (model.input() != TaskModel.Input.STREAM) {
      List<String> streamed =
          all.stream()
              .filter(each -> each.input() == TaskModel.Input.STREAM)
              .map(TaskModel::name)
              .toList();
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s: %s sees a clip as a whole and cannot listen to it step by step; %s allowed",
              folder,
              name,
              String.join(", ", streamed)));
    }
    return model;
  }

  private static void requireWhole(Path file, String sha256) throws IOException {
    if (sha256.isEmpty() || !Files.isReadable(file)) {
      throw new BadInputException(
          file + ": not there; a training that has ended, or was interrupted, allowed");
    }
    try (InputStream bytes = UserFile.open(file, MAXIMUM_MODEL)) {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      bytes.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), hash));
      if (!HexFormat.of().formatHex(hash.digest()).equals(sha256)) {
        throw new BadInputException(file + ": damaged, its SHA-256 is not that of the manifest");
      }
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static Model network(Path file, TaskModel model) throws IOException {
    try {
      return model.online() ? ModelFiles.network(file, false) : ModelFiles.graph(file, false);
    } catch (InvalidModelException e) {
      throw new BadInputException(e.getMessage());
    }
  }
}

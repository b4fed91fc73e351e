// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Loads what DL4J's {@link ModelSerializer} has saved, also when a stranger has: the file is looked
 * at before anything is made of it.
 *
 * <pre>{@code
 * MultiLayerNetwork network = ModelFiles.network(Path.of("model.zip"), true);
 * }</pre>
 *
 * <p>{@code ModelSerializer} itself deserialises Java objects from an entry {@code
 * preprocessor.bin}, which lets the author of a file run any code; makes objects of any class a
 * configuration names; and reserves memory and addresses it as the numbers in the file say. Here a
 * file with such an entry is refused, classes must be of known packages, arrays must have the size
 * that the configuration asks for. Other entries, such as a normaliser, are not read.
 */
public final class ModelFiles {
  private static final String PREPROCESSOR = ModelSerializer.PREPROCESSOR_BIN;
  private static final List<String> PACKAGES =
      List.of("org.deeplearning4j.", "org.nd4j.", "io.github.gle4j.");
  private static final int MAXIMUM_ENTRIES = 1000;

  /** More than any updater keeps for a parameter. */
  private static final int MAXIMUM_STATE = 8;

  private final Path file;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new HashMap<>();

  private ModelFiles(Path file, ZipFile zip) throws InvalidModelException {
    this.file = file;
    this.zip = zip;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      if (entries.put(entry.getName(), entry) != null) {
        throw invalid("an entry twice");
      }
      if (entries.size() > MAXIMUM_ENTRIES) {
        throw invalid("more than " + MAXIMUM_ENTRIES + " entries");
      }
    }
    if (entries.containsKey(PREPROCESSOR)) {
      throw invalid(PREPROCESSOR + " holds serialised Java objects, which are not read");
    }
  }

  /**
   * Loads a network of layers.
   *
   * @param file what {@code ModelSerializer.writeModel} wrote
   * @param loadUpdater whether the updater's state is loaded, if the file has it, to go on learning
   * @param ownPackages what the names of further classes may begin with, such as {@code
   *     org.example.}, for layers, activations and so on of your own
   * @return the network
   * @throws InvalidModelException when the file is damaged, holds another kind of model, or
   *     something that must not be read
   * @throws IOException when the file cannot be read
   */
  public static MultiLayerNetwork network(Path file, boolean loadUpdater, String... ownPackages)
      throws IOException {
    return read(file, model -> model.network(loadUpdater, packages(ownPackages)));
  }

  /**
   * Loads a computation graph.
   *
   * @param file what {@code ModelSerializer.writeModel} wrote
   * @param loadUpdater whether the updater's state is loaded, if the file has it, to go on learning
   * @param ownPackages what the names of further classes may begin with, such as {@code
   *     org.example.}
   * @return the graph
   * @throws InvalidModelException when the file is damaged, holds another kind of model, or
   *     something that must not be read
   * @throws IOException when the file cannot be read
   */
  public static ComputationGraph graph(Path file, boolean loadUpdater, String... ownPackages)
      throws IOException {
    return read(file, model -> model.graph(loadUpdater, packages(ownPackages)));
  }

  /**
   * Reads the configuration of a network of layers.
   *
   * @param name the file, for messages
   * @param json the configuration
   * @param ownPackages what the names of further classes may begin with, such as {@code
   *     org.example.}
   * @return the configuration
   * @throws InvalidModelException when the text is no such configuration, or must not be read
   */
  public static MultiLayerConfiguration configuration(
      String name, String json, String... ownPackages) throws InvalidModelException {
    if (NetworkJson.checked(name, json, packages(ownPackages))) {
      throw new InvalidModelException(name + ": a computation graph, a network of layers allowed");
    }
    MultiLayerConfiguration configuration =
        guarded(name, () -> MultiLayerConfiguration.fromJson(json));
    if (configuration.getConfs() == null
        || configuration.getConfs().isEmpty()
        || configuration.getConfs().stream().anyMatch(each -> each.getLayer() == null)) {
      throw new InvalidModelException(name + ": a configuration without layers");
    }
    guarded(name, () -> configuration.equals(configuration.clone())); // no field is missing
    return configuration;
  }

  /**
   * Reads the configuration of a computation graph.
   *
   * @param name the file, for messages
   * @param json the configuration
   * @param ownPackages what the names of further classes may begin with, such as {@code
   *     org.example.}
   * @return the configuration
   * @throws InvalidModelException when the text is no such configuration, or must not be read
   */
  public static ComputationGraphConfiguration graphConfiguration(
      String name, String json, String... ownPackages) throws InvalidModelException {
    if (!NetworkJson.checked(name, json, packages(ownPackages))) {
      throw new InvalidModelException(name + ": no computation graph");
    }
    ComputationGraphConfiguration configuration =
        guarded(name, () -> ComputationGraphConfiguration.fromJson(json));
    if (configuration.getVertices() == null || configuration.getNetworkInputs() == null) {
      throw new InvalidModelException(name + ": a graph without vertices or inputs");
    }
    guarded(name, () -> configuration.equals(configuration.clone()));
    return configuration;
  }

  private static List<String> packages(String[] own) {
    List<String> packages = new ArrayList<>(PACKAGES);
    for (String each : own) {
      if (!each.endsWith(".")) {
        throw new IllegalArgumentException(
            "package '" + each + "': the beginning of a name up to a dot allowed");
      }
      packages.add(each);
    }
    return packages;
  }

  /** What is made of an open file. */
  private interface Reader<T> {
    T read(ModelFiles model) throws IOException;
  }

  private static <T> T read(Path file, Reader<T> reader) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelException(file + ": no such file");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return reader.read(new ModelFiles(file, zip));
    } catch (InvalidModelException e) {
      throw e;
    } catch (ZipException | EOFException | IllegalArgumentException e) { // of java.util.zip
      throw new InvalidModelException(file + ": damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException(file + ": cannot be read (" + e + ")", e); // not all have the name
    }
  }

  private MultiLayerNetwork network(boolean loadUpdater, List<String> packages) throws IOException {
    String json = json();
    MultiLayerConfiguration configuration =
        configuration(file.toString(), json, packages.toArray(String[]::new));
    INDArray parameters = parameters(guardedCount(() -> count(configuration)));
    return guarded(
        file.toString(),
        () -> {
          if (parameters != null) {
            configuration.setDataType(parameters.dataType()); // as ModelSerializer does
          }
          MultiLayerNetwork network = new MultiLayerNetwork(configuration);
          network.init(parameters, false);
          return network;
        },
        network -> {
          INDArray state = updaterState(loadUpdater, parameters);
          if (state != null) {
            network.getUpdater().setStateViewArray(network, state, false);
          }
        });
  }

  private ComputationGraph graph(boolean loadUpdater, List<String> packages) throws IOException {
    String json = json();
    ComputationGraphConfiguration configuration =
        graphConfiguration(file.toString(), json, packages.toArray(String[]::new));
    INDArray parameters = parameters(guardedCount(() -> count(configuration)));
    return guarded(
        file.toString(),
        () -> {
          if (parameters != null) {
            configuration.setDataType(parameters.dataType());
          }
          ComputationGraph graph = new ComputationGraph(configuration);
          graph.init(parameters, false);
          return graph;
        },
        graph -> {
          INDArray state = updaterState(loadUpdater, parameters);
          if (state != null) {
            graph.getUpdater().setStateViewArray(state);
          }
        });
  }

  private String json() throws IOException {
    try (InputStream in = open(ModelSerializer.CONFIGURATION_JSON)) {
      byte[] bytes = in.readNBytes(NetworkJson.MAXIMUM_CHARACTERS + 1); // or a few more
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static long count(MultiLayerConfiguration configuration) {
    long count = 0;
    for (NeuralNetConfiguration each : configuration.getConfs()) {
      count = plus(count, each.getLayer().initializer().numParams(each));
    }
    return count;
  }

  private static long count(ComputationGraphConfiguration configuration) {
    long count = 0;
    for (GraphVertex vertex : configuration.getVertices().values()) {
      count = plus(count, vertex.numParams(true));
    }
    return count;
  }

  private static long plus(long count, long more) {
    if (more < 0) {
      throw new IllegalArgumentException("a layer with " + more + " parameters");
    }
    return Math.addExact(count, more);
  }

  private long guardedCount(Supplier<Long> count) throws InvalidModelException {
    return guarded(file.toString(), count);
  }

  /** The parameters; null when the network has none. */
  private INDArray parameters(long count) throws IOException {
    String name = ModelSerializer.COEFFICIENTS_BIN;
    ZipEntry entry = entries.get(name);
    if (entry != null
        && entry.getSize() == 0
        && entries.containsKey(ModelSerializer.NO_PARAMS_MARKER)) {
      if (count != 0) {
        throw invalid("no parameters, but its configuration needs " + count);
      }
      return null;
    }
    try (DataInputStream in = new DataInputStream(open(name))) {
      return new SavedRow(file + ": " + name, in).read(count, count);
    }
  }

  private INDArray updaterState(boolean wanted, INDArray parameters) throws IOException {
    String name = ModelSerializer.UPDATER_BIN;
    if (!wanted || parameters == null || !entries.containsKey(name)) {
      return null;
    }
    try (DataInputStream in = new DataInputStream(open(name))) {
      long most = Math.multiplyExact(MAXIMUM_STATE, parameters.length());
      return new SavedRow(file + ": " + name, in).read(1, most);
    }
  }

  private InputStream open(String name) throws IOException {
    ZipEntry entry = entries.get(name);
    if (entry == null) {
      throw invalid("no model: it has no " + name);
    }
    return new BufferedInputStream(zip.getInputStream(entry));
  }

  private InvalidModelException invalid(String problem) {
    return new InvalidModelException(file + ": " + problem);
  }

  /** Work on something that may turn out to be damaged. */
  private interface Completion<T> {
    void complete(T value) throws IOException;
  }

  private static <T> T guarded(String name, Supplier<T> supplier, Completion<T> completion)
      throws IOException {
    T value = guarded(name, supplier);
    try {
      completion.complete(value);
      return value;
    } catch (RuntimeException e) {
      throw unusable(name, e);
    }
  }

  /** DL4J has no type for what it does not like in a file. */
  private static <T> T guarded(String name, Supplier<T> supplier) throws InvalidModelException {
    try {
      return supplier.get();
    } catch (RuntimeException | LinkageError e) {
      throw unusable(name, e);
    }
  }

  private static InvalidModelException unusable(String name, Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return new InvalidModelException(
        name + ": no usable network of DL4J: " + message.lines().findFirst().orElse(""), e);
  }
}

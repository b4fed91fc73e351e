// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import io.github.gle4j.nn.conf.LayerChecks;
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
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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
 * that the configuration asks for, layers must fit each other, and no more memory is taken than the
 * file's size justifies: 16 MB, or 20 times its size. Other entries, such as a normaliser, are not
 * read.
 */
public final class ModelFiles {
  /** Characters that a configuration may have. */
  public static final int MAXIMUM_CONFIGURATION = NetworkJson.MAXIMUM_CHARACTERS;

  private static final String PREPROCESSOR = ModelSerializer.PREPROCESSOR_BIN;
  private static final List<String> PACKAGES =
      List.of("org.deeplearning4j.", "org.nd4j.", "io.github.gle4j.");
  private static final int MAXIMUM_ENTRIES = 1000;

  /** More than any updater keeps for a parameter. */
  private static final int MAXIMUM_STATE = 8;

  /** Of values by bytes of the file: parameters and their updater's zeros are below it. */
  private static final int MAXIMUM_COMPRESSION = 20;

  /** What any file may hold, in bytes: small networks of zeros are all compression. */
  private static final long ALWAYS_ALLOWED = 16 << 20;

  /** Networks of so many parameters are built to see whether they can be. */
  private static final long BUILT_ON_TRIAL = 1 << 20;

  private static final Pattern PACKAGE = Pattern.compile("([\\p{L}_$][\\p{L}\\p{N}_$]*\\.)+");

  private final Path file;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new HashMap<>();
  private long bytesAllowed;

  private ModelFiles(Path file, ZipFile zip) throws IOException {
    this.file = file;
    this.zip = zip;
    bytesAllowed = Math.max(ALWAYS_ALLOWED, MAXIMUM_COMPRESSION * Files.size(file));
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
   * @throws IllegalArgumentException when an own package is no beginning of a name up to a dot
   */
  public static MultiLayerNetwork network(Path file, boolean loadUpdater, String... ownPackages)
      throws IOException {
    List<String> packages = packages(ownPackages);
    return read(file, model -> model.network(loadUpdater, packages));
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
   * @throws IllegalArgumentException when an own package is no beginning of a name up to a dot
   */
  public static ComputationGraph graph(Path file, boolean loadUpdater, String... ownPackages)
      throws IOException {
    List<String> packages = packages(ownPackages);
    return read(file, model -> model.graph(loadUpdater, packages));
  }

  /**
   * Reads the configuration of a network of layers.
   *
   * @param name the file, for messages
   * @param json the configuration
   * @param ownPackages what the names of further classes may begin with, such as {@code
   *     org.example.}
   * @return the configuration
   * @throws InvalidModelException when the text is no such configuration, its layers do not fit
   *     each other, or it must not be read
   * @throws IllegalArgumentException when an own package is no beginning of a name up to a dot
   */
  public static MultiLayerConfiguration configuration(
      String name, String json, String... ownPackages) throws InvalidModelException {
    MultiLayerConfiguration configuration = parsed(name, json, packages(ownPackages));
    buildOnTrial(
        name,
        guarded(name, () -> count(configuration)),
        configuration.getDataType(),
        parameters -> new MultiLayerNetwork(configuration.clone()).init(parameters, false));
    return configuration;
  }

  private static MultiLayerConfiguration parsed(String name, String json, List<String> packages)
      throws InvalidModelException {
    if (NetworkJson.checked(name, json, packages)) {
      throw new InvalidModelException(name + ": a computation graph, a network of layers allowed");
    }
    MultiLayerConfiguration configuration =
        guarded(name, () -> MultiLayerConfiguration.fromJson(json));
    List<NeuralNetConfiguration> layers = configuration.getConfs();
    if (layers == null
        || layers.isEmpty()
        || layers.stream().anyMatch(each -> each == null || each.getLayer() == null)) {
      throw new InvalidModelException(name + ": a configuration without layers");
    }
    NetworkFields.require(name, configuration);
    guarded(name, () -> configuration.equals(configuration.clone())); // no field is missing
    guarded(name, () -> LayerChecks.require(configuration));
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
   * @throws InvalidModelException when the text is no such configuration, its layers do not fit
   *     each other, or it must not be read
   * @throws IllegalArgumentException when an own package is no beginning of a name up to a dot
   */
  public static ComputationGraphConfiguration graphConfiguration(
      String name, String json, String... ownPackages) throws InvalidModelException {
    ComputationGraphConfiguration configuration = parsedGraph(name, json, packages(ownPackages));
    buildOnTrial(
        name,
        guarded(name, () -> count(configuration)),
        configuration.getDataType(),
        parameters -> new ComputationGraph(configuration.clone()).init(parameters, false));
    return configuration;
  }

  private static ComputationGraphConfiguration parsedGraph(
      String name, String json, List<String> packages) throws InvalidModelException {
    if (!NetworkJson.checked(name, json, packages)) {
      throw new InvalidModelException(name + ": no computation graph");
    }
    ComputationGraphConfiguration configuration =
        guarded(name, () -> ComputationGraphConfiguration.fromJson(json));
    if (configuration.getVertices() == null || configuration.getNetworkInputs() == null) {
      throw new InvalidModelException(name + ": a graph without vertices or inputs");
    }
    NetworkFields.require(name, configuration);
    guarded(name, () -> configuration.equals(configuration.clone()));
    guarded(name, () -> LayerChecks.require(configuration));
    return configuration;
  }

  /** Builds a network, unless it is large, so that one that cannot be built is refused here. */
  private static void buildOnTrial(
      String name, long count, DataType type, Consumer<INDArray> builder)
      throws InvalidModelException {
    if (count <= BUILT_ON_TRIAL) {
      guarded(name, () -> builder.accept(count == 0 ? null : Nd4j.create(type, 1, count)));
    }
  }

  private static List<String> packages(String[] own) {
    List<String> packages = new ArrayList<>(PACKAGES);
    for (String each : own) {
      if (each == null || !PACKAGE.matcher(each).matches()) {
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
      throw new InvalidModelException(
          file
              + (Files.isDirectory(file)
                  ? ": a folder, not a model file"
                  : Files.exists(file) ? ": no regular file" : ": no such file"));
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
    MultiLayerConfiguration configuration = parsed(file.toString(), json, packages);
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
    ComputationGraphConfiguration configuration = parsedGraph(file.toString(), json, packages);
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
      byte[] bytes = in.readNBytes(NetworkJson.MAXIMUM_CHARACTERS + 1);
      if (bytes.length > NetworkJson.MAXIMUM_CHARACTERS) {
        throw invalid("a configuration of more than " + NetworkJson.MAXIMUM_CHARACTERS + " bytes");
      }
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
      return row(name, in, count, count);
    }
  }

  private INDArray updaterState(boolean wanted, INDArray parameters) throws IOException {
    String name = ModelSerializer.UPDATER_BIN;
    if (!wanted || parameters == null || !entries.containsKey(name)) {
      return null;
    }
    try (DataInputStream in = new DataInputStream(open(name))) {
      long most = Math.multiplyExact(MAXIMUM_STATE, parameters.length());
      return row(name, in, 1, most);
    }
  }

  /** All rows of a file share what it may hold. */
  private INDArray row(String name, DataInputStream in, long least, long most) throws IOException {
    INDArray row = new SavedRow(file + ": " + name, in, bytesAllowed).read(least, most);
    bytesAllowed -= row == null ? 0 : row.length() * row.dataType().width();
    return row;
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

  private static void guarded(String name, Runnable work) throws InvalidModelException {
    guarded(
        name,
        () -> {
          work.run();
          return null;
        });
  }

  private static InvalidModelException unusable(String name, Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return new InvalidModelException(
        name
            + ": no usable network of DL4J: "
            + NetworkJson.printable(message.lines().findFirst().orElse("")),
        e);
  }
}

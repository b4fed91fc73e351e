// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

class ModelFilesTest {
  @TempDir private Path folder;

  /** What an attacker puts into a file; the class is one the victim has, as real ones are. */
  static final class Bomb implements DataSetPreProcessor, Serializable {
    private static final long serialVersionUID = 1;
    private static boolean exploded;

    @Override
    public void preProcess(DataSet data) {}

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      exploded = true;
    }
  }

  private Path saved(MultiLayerNetwork network) throws IOException {
    Path file = folder.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    return file;
  }

  private static Map<String, byte[]> entries(Path file) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return entries;
  }

  private Path zip(Map<String, byte[]> entries) throws IOException {
    Path file = folder.resolve("other.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return file;
  }

  private static void assertRefused(String message, Path file) {
    var e = assertThrows(InvalidModelException.class, () -> ModelFiles.network(file, true));
    assertTrue(e.getMessage().startsWith(file + ": "), e::getMessage);
    assertTrue(e.getMessage().contains(message), e::getMessage);
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void loadsWhatModelSerializerLoads() throws IOException {
    MultiLayerNetwork network = classifier(new Adam(0.01));
    network.fit(Nd4j.rand(3, 2, 5), Nd4j.rand(3, 3, 5));
    Path file = saved(network);
    MultiLayerNetwork expected = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    MultiLayerNetwork loaded = ModelFiles.network(file, true);
    assertEquals(expected.getLayerWiseConfigurations(), loaded.getLayerWiseConfigurations());
    assertEquals(1, loaded.getIterationCount());
    assertEquals(network.params(), loaded.params());
    assertEquals(network.getUpdater().getStateViewArray(), loaded.getUpdater().getStateViewArray());
    assertEquals(
        0, ModelFiles.network(file, false).getUpdater().getStateViewArray().maxNumber().intValue());
  }

  @Test
  void loadsGraphsNetworksWithoutParametersAndHalfPrecision() throws IOException {
    ComputationGraphConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .updater(new Adam(0.1))
            .dataType(DataType.FLOAT16)
            .graphBuilder()
            .addInputs("in")
            .addLayer("dense", new DenseLayer.Builder().nIn(3).nOut(4).build(), "in")
            .addLayer("out", new OutputLayer.Builder().nIn(4).nOut(2).build(), "dense")
            .setOutputs("out")
            .build();
    ComputationGraph graph = new ComputationGraph(conf);
    graph.init();
    Path file = folder.resolve("graph.zip");
    ModelSerializer.writeModel(graph, file.toFile(), true);
    ComputationGraph loaded = ModelFiles.graph(file, true);
    assertEquals(graph.params(), loaded.params());
    assertEquals(DataType.FLOAT16, loaded.params().dataType());
    assertEquals(conf, ModelFiles.graphConfiguration("g", conf.toJson()));
    assertRefused("a computation graph, a network of layers allowed", file);
    Path layers = saved(classifier(new Sgd(1)));
    var e = assertThrows(InvalidModelException.class, () -> ModelFiles.graph(layers, true));
    assertEquals(layers + ": no computation graph", e.getMessage());

    MultiLayerNetwork empty =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new ActivationLayer(Activation.TANH))
                .layer(new LossLayer.Builder().build())
                .build());
    empty.init();
    assertEquals(0, ModelFiles.network(saved(empty), true).numParams());
  }

  @Tag("faults")
  @Test
  void neverDeserialisesJavaObjects() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bomb)) {
      out.writeObject(new Bomb());
    }
    Map<String, byte[]> entries = entries(saved(classifier(new Adam(0.01))));
    entries.put("preprocessor.bin", bomb.toByteArray());
    Path evil = zip(entries);
    Bomb.exploded = false;
    assertRefused("preprocessor.bin holds serialised Java objects, which are not read", evil);
    assertFalse(Bomb.exploded);
    ModelSerializer.restoreMultiLayerNetwork(evil.toFile(), true);
    assertTrue(Bomb.exploded, "this is what is guarded against");
    System.out.println(
        "figure: model file with a serialised object: run by ModelSerializer, refused by"
            + " ModelFiles before it is touched");

    Bomb.exploded = false;
    entries.remove("preprocessor.bin");
    entries.put("normalizer.bin", bomb.toByteArray());
    entries.put("objects/key", bomb.toByteArray());
    assertEquals(69, ModelFiles.network(zip(entries), true).numParams());
    assertFalse(Bomb.exploded);
  }

  /** Static initialisers run when a class is loaded. */
  static final class OwnActivation extends org.nd4j.linalg.activations.impl.ActivationTanH {
    private static final long serialVersionUID = 1;

    static {
      System.setProperty("gle.test.own", "loaded");
    }
  }

  @Test
  void makesObjectsOfKnownPackagesOnly() throws IOException {
    String json = classifier(new Sgd(1)).getLayerWiseConfigurations().toJson();
    String name = "io.evil.OwnActivation";
    String evil = json.replace("org.nd4j.linalg.activations.impl.ActivationTanH", name);
    assertTrue(evil.contains(name));
    var e =
        assertThrows(InvalidModelException.class, () -> ModelFiles.configuration("x.json", evil));
    assertEquals(
        "x.json: class 'io.evil.OwnActivation': only those of [org.deeplearning4j., org.nd4j.,"
            + " io.github.gle4j.] allowed",
        e.getMessage());
    assertEquals(MultiLayerConfiguration.fromJson(json), ModelFiles.configuration("x.json", json));
    // Allowed, but there is no such class.
    e =
        assertThrows(
            InvalidModelException.class,
            () -> ModelFiles.configuration("x.json", evil, "io.evil."));
    assertTrue(e.getMessage().contains("no usable network"), e::getMessage);
    assertThrows(
        IllegalArgumentException.class, () -> ModelFiles.configuration("x.json", json, "io"));
    // A class that exists, but is none of the kind that is wanted there, is not made.
    String other =
        json.replace("org.nd4j.linalg.activations.impl.ActivationTanH", Bomb.class.getName());
    assertThrows(InvalidModelException.class, () -> ModelFiles.configuration("x.json", other));
    String own =
        json.replace(
            "org.nd4j.linalg.activations.impl.ActivationTanH", OwnActivation.class.getName());
    ModelFiles.configuration("x.json", own);
    assertEquals("loaded", System.clearProperty("gle.test.own"));
  }

  @Test
  void refusesWhatIsNoConfiguration() {
    String deep = "{\"a\":".repeat(99) + "1" + "}".repeat(99);
    assertJsonRefused("no usable network", "{}");
    assertJsonRefused("without layers", "{\"confs\":[]}");
    assertJsonRefused("no usable network", deep);
    assertJsonRefused("values within values: 100 allowed", "{\"a\":".repeat(100_000));
    assertJsonRefused("a number of more than 100 digits", "{\"a\":" + "9".repeat(101) + "}");
    assertJsonRefused("no JSON object", "[]");
    assertJsonRefused("no JSON object", "");
    assertJsonRefused("not JSON: it ends too early", "{\"a\":1");
    assertJsonRefused("not JSON: it ends too early", "{\n\"a\":\n\"secret");
    assertJsonRefused("not JSON in line 2, column 11", "{\n\"a\":secret}");
    assertJsonRefused("more behind the JSON object", "{} {}");
    assertJsonRefused("not JSON", "{a}");
    assertJsonRefused("more than 4194304 characters", " ".repeat(5_000_000));
    assertJsonRefused("a computation graph", "{\"vertices\":{}}");
  }

  private static void assertJsonRefused(String message, String json) {
    var e =
        assertThrows(
            InvalidModelException.class, () -> ModelFiles.configuration("x.json", json), message);
    assertTrue(e.getMessage().startsWith("x.json: "), e::getMessage);
    assertTrue(e.getMessage().contains(message), e::getMessage);
    assertEquals(1, e.getMessage().lines().count());
    assertFalse(e.getMessage().contains("secret"), e::getMessage);
  }

  /** Each of these was accepted once, and failed without a name when it was built or used. */
  @Test
  void refusesValuesThatDl4jCannotUse() throws IOException {
    String good = classifier(new Sgd(1)).getLayerWiseConfigurations().toJson();
    ModelFiles.configuration("x.json", good);
    String[][] changes = {
      {"activationFn is null", "\"activationFn\" : \\{[^}]*\\}", "\"activationFn\" : null"},
      {"lossFn is null", "\"lossFn\" : \\{[^}]*\\}", "\"lossFn\" : null"},
      {"weightInitFn is null", "\"weightInitFn\" : \\{[^}]*\\}", "\"weightInitFn\" : null"},
      {"no usable network", "\"iupdater\" : \\{[^}]*\\}", "\"iupdater\" : null"},
      {
        "inputPreProcessors is null",
        "\"inputPreProcessors\" : \\{ *\\}",
        "\"inputPreProcessors\" : null"
      },
      {"learnedTimeConstants is null", "\"NONE\",\\s*\"nin\"", "null, \"nin\""},
      {"backpropType is null", "\"Standard\"", "null"},
      {"optimizationAlgo is null", "\"STOCHASTIC_GRADIENT_DESCENT\"", "null"},
      {"dataType is null", "\"DOUBLE\"", "null"},
      {
        "iterationCount = -7: at least 0 is allowed",
        "\"iterationCount\" : 0",
        "\"iterationCount\" : -7"
      },
      {"tbpttFwdLength = 0", "\"tbpttFwdLength\" : 20", "\"tbpttFwdLength\" : 0"},
      {"nIn = -2", "\"nin\" : 2", "\"nin\" : -2"},
      {"nIn = 9223372036854775807", "\"nin\" : 2", "\"nin\" : 9223372036854775807"},
      {"layer 1 (GleDense) takes 5 values, but gets 4 from below", "\"nin\" : 4", "\"nin\" : 5"}
    };
    for (String[] change : changes) {
      Matcher matcher = Pattern.compile(change[1]).matcher(good);
      String changed = matcher.replaceFirst(Matcher.quoteReplacement(change[2]));
      if (change[0].startsWith("tbptt")) {
        changed = changed.replace("\"Standard\"", "\"TruncatedBPTT\"");
      }
      assertNotEquals(good, changed, change[0]);
      assertJsonRefused(change[0], changed);
    }
    String last = good.substring(0, good.lastIndexOf("\"epochCount\" : 0"));
    assertJsonRefused(
        "epochCount = -3", last + good.substring(last.length()).replaceFirst(": 0", ": -3"));
    ModelFiles.configuration(
        "x.json", good.replaceFirst("\"iterationCount\" : 0", "\"iterationCount\" : 7"));
  }

  @Test
  void graphsAreLookedAtAlike() throws IOException {
    String good =
        new NeuralNetConfiguration.Builder()
            .updater(new Sgd(0.1))
            .graphBuilder()
            .addInputs("in")
            .addLayer("hidden", hidden(3).build(), "in")
            .addLayer("top", readout(4, 3).build(), "hidden")
            .addLayer("out", classes(), "top")
            .setOutputs("out")
            .build()
            .toJson();
    ModelFiles.graphConfiguration("g", good);
    for (String[] change :
        new String[][] {
          {"layer \"top\" (GleDense) takes 7 values, but gets 4", "\"nin\" : 4", "\"nin\" : 7"},
          {"iterationCount = -1", "\"iterationCount\" : 0", "\"iterationCount\" : -1"},
          {"activationFn is null", "\"activationFn\" : \\{[^}]*\\}", "\"activationFn\" : null"},
          {
            "networkOutputs is null",
            "\"networkOutputs\" : \\[[^]]*\\]",
            "\"networkOutputs\" : null"
          },
          {
            "no usable network", "\"networkOutputs\" : \\[[^]]*\\]", "\"networkOutputs\" : [\"no\"]"
          },
        }) {
      String changed = good.replaceFirst(change[1], Matcher.quoteReplacement(change[2]));
      assertNotEquals(good, changed, change[0]);
      var e =
          assertThrows(
              InvalidModelException.class,
              () -> ModelFiles.graphConfiguration("g", changed),
              change[0]);
      assertTrue(e.getMessage().contains(change[0]), e::getMessage);
      assertEquals(1, e.getMessage().lines().count());
    }
  }

  @Test
  void aClassWithoutAPackageIsOfNoKnownPackage() {
    String good = classifier(new Sgd(1)).getLayerWiseConfigurations().toJson();
    for (String name : new String[] {"Own", "", "tanh", "org", "[Lorg.nd4j.X;", "xorg.nd4j.X"}) {
      assertJsonRefused(
          "class '" + name + "': only those of",
          good.replace("org.nd4j.linalg.activations.impl.ActivationTanH", name));
      assertJsonRefused("class '" + name + "'", "{\"dist\":{\"type\":\"" + name + "\"}}");
    }
  }

  /** The mistake is the caller's: nothing is said about the file. */
  @Test
  void ownPackagesThatAreNoneAreTheCallersMistake() throws IOException {
    Path file = saved(classifier(new Sgd(1)));
    for (String own : new String[] {"D1", "", ".", "a..b.", "a b.", null}) {
      String[] packages = {own};
      String message = "package '" + own + "': the beginning of a name up to a dot allowed";
      for (Executable call :
          new Executable[] {
            () -> ModelFiles.network(file, true, packages),
            () -> ModelFiles.graph(file, true, packages),
            () -> ModelFiles.configuration("x", "{}", packages),
            () -> ModelFiles.graphConfiguration("x", "{}", packages)
          }) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
      }
    }
    assertEquals(69, ModelFiles.network(file, true, "org.example.", "a.").numParams());
  }

  @Test
  void refusesDamagedFiles() throws IOException {
    Path missing = folder.resolve("missing.zip");
    assertRefused("no such file", missing);
    assertRefused("a folder, not a model file", folder);
    assertRefused("damaged", Files.write(folder.resolve("no.zip"), new byte[100]));
    Path good = saved(classifier(new Adam(0.01)));
    byte[] bytes = Files.readAllBytes(good);
    assertRefused("damaged", Files.write(folder.resolve("cut.zip"), Arrays.copyOf(bytes, 900)));
    Map<String, byte[]> entries = entries(good);
    for (String name : new String[] {"configuration.json", "coefficients.bin"}) {
      Map<String, byte[]> without = new LinkedHashMap<>(entries);
      without.remove(name);
      assertRefused("no model: it has no " + name, zip(without));
    }
    assertEquals(69, ModelFiles.network(zip(entries), true).numParams());
  }

  private void assertParametersRefused(String message, byte[] parameters) throws IOException {
    Map<String, byte[]> entries = entries(saved(classifier(new Adam(0.01))));
    entries.put("coefficients.bin", parameters);
    assertRefused(message, zip(entries));
  }

  /** Behind two strings and a number: rank, length, stride, options, stride, order. */
  private static byte[] withShape(byte[] good, int place, long value) {
    byte[] bad = good.clone();
    int header = 2 + "LONG_SHAPE".length() + 8 + 2 + "LONG".length();
    if (new String(bad, 2, 5, StandardCharsets.US_ASCII).equals("MIXED")) {
      header += "MIXED_DATA_TYPES".length() - "LONG_SHAPE".length();
    }
    ByteBuffer.wrap(bad).putLong(header + 8 * place, value);
    return bad;
  }

  @Test
  void refusesArraysThatContradictThemselvesOrTheConfiguration() throws IOException {
    byte[] good = entries(saved(classifier(new Adam(0.01)))).get("coefficients.bin");
    assertParametersRefused("coefficients.bin: truncated", Arrays.copyOf(good, good.length - 1));
    assertParametersRefused("coefficients.bin: truncated", new byte[0]);
    assertParametersRefused("more bytes than", Arrays.copyOf(good, good.length + 1));
    assertParametersRefused("contradicts itself", withShape(good, 0, 32));
    assertParametersRefused("values in shape", withShape(good, 1, 1L << 40));
    assertParametersRefused("values in shape", withShape(good, 2, 1L << 33)); // the stride
    assertParametersRefused("coefficients.bin: ", withShape(good, 3, 0));
    byte[] old = good.clone();
    old[2] = 'X';
    assertParametersRefused("no array of ND4J", old);
    Map<String, byte[]> entries = entries(saved(classifier(new Sgd(1))));
    entries.put(
        "configuration.json",
        configuration(new Sgd(1), hidden(2).build(), readout(4, 3).build(), classes())
            .toJson()
            .getBytes(StandardCharsets.UTF_8));
    assertRefused("69 values, the configuration needs 41", zip(entries));
  }

  @Test
  void readsRowsOfTwoDimensions() throws IOException {
    MultiLayerNetwork network = classifier(new Sgd(1));
    Map<String, byte[]> entries = entries(saved(network));
    ByteArrayOutputStream row = new ByteArrayOutputStream();
    Nd4j.write(network.params().reshape(1, 69), new DataOutputStream(row));
    entries.put("coefficients.bin", row.toByteArray());
    assertEquals(network.params(), ModelFiles.network(zip(entries), true).params().reshape(69));
    ByteArrayOutputStream column = new ByteArrayOutputStream();
    Nd4j.write(network.params().reshape(69, 1), new DataOutputStream(column));
    entries.put("coefficients.bin", column.toByteArray());
    assertRefused("values in shape [69, 1], a row of 69 allowed", zip(entries));
  }

  @Test
  void refusesStatesOfAnotherUpdater() throws IOException {
    Map<String, byte[]> entries = entries(saved(classifier(new Adam(0.01))));
    entries.put("updaterState.bin", entries.get("coefficients.bin"));
    assertRefused("Expected length 94, got length 69", zip(entries));
    byte[] large = entries(saved(classifier(new Adam(0.01)))).get("updaterState.bin");
    Map<String, byte[]> small = entries(saved(classifier(new Sgd(1))));
    small.put("updaterState.bin", large);
    assertRefused("no usable network", zip(small));
  }

  /** A thousand to one: 17 MB of zeros in a file of 17 kB. */
  @Test
  void takesNoMoreMemoryThanTheFileJustifies() throws IOException {
    MultiLayerNetwork network =
        network(new Sgd(1), readout(1500, 1410).build(), readout(1410, 3).build(), classes());
    network.params().assign(0);
    assertRefused("values in a file as small as this one: it may hold 2097152", saved(network));
    network.params().assign(Nd4j.rand(network.params().shape()));
    long start = System.nanoTime();
    assertEquals(network.params(), ModelFiles.network(saved(network), true).params());
    assertTrue(System.nanoTime() - start < 20e9, "not value by value");
    // Zeros of a new updater are justified by the parameters beside them; few zeros by nothing.
    MultiLayerNetwork adam =
        network(new Adam(1), readout(600, 1000).build(), readout(1000, 3).build(), classes());
    assertEquals(adam.params(), ModelFiles.network(saved(adam), true).params());
    MultiLayerNetwork zeros = classifier(new Adam(0.01));
    zeros.params().subi(zeros.params().dup()).addi(1);
    assertEquals(zeros.params(), ModelFiles.network(saved(zeros), true).params());
  }

  @Test
  void refusesBombs() throws IOException {
    Map<String, byte[]> entries = entries(saved(classifier(new Adam(0.01))));
    byte[] good = entries.get("coefficients.bin");
    entries.put("coefficients.bin", Arrays.copyOf(good, 50_000_000));
    assertRefused("more bytes than it should have", zip(entries));
    entries.put("coefficients.bin", good);
    for (int i = 0; i <= 1000; i++) {
      entries.put("entry" + i, new byte[0]);
    }
    assertRefused("more than 1000 entries", zip(entries));
  }
}

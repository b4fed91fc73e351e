// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.gle4j.train.StreamingTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import picocli.CommandLine;

class GleTest {
  private static final Path TRACE = Path.of("src/test/resources/traces/2_gamma.json");
  private static final String METRICS_HEADER =
      "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,"
          + "learning_rate,seconds";

  @TempDir private Path folder;

  private Outcome train(Object... more) {
    List<Object> args = new ArrayList<>(List.of("train", "mnist1d", "--length", 8));
    args.addAll(List.of("--samples", 300, "--out", folder.resolve("run")));
    args.addAll(List.of(more));
    return gle(args.toArray());
  }

  private void assertRefused(String message, Object... args) {
    Outcome.assertRefusedAtOnce(message, gle(args));
  }

  @Test
  void helpAndVersion() {
    assertTrue(gle("--help").out().contains("Exit codes:"));
    assertEquals(0, gle("train", "--help").exitCode());
    assertTrue(gle("--version").out().startsWith("gle "), gle("--version").out());
    assertTrue(gle("--version").out().contains("Deeplearning4j 1."), gle("--version").out());
  }

  @Test
  void refusesUnusableOptionsInOneLine() throws Exception {
    assertRefused(
        "gle: a command is missing: train, compare, listen, bench, replay, data, figure allowed");
    assertRefused("'fig-5' is unknown: gradient-alignment allowed", "figure", "fig-5");
    assertRefused("--seed = -1: 1 or more", "figure", "gradient-alignment", "--seed=-1");
    assertRefused("--networks = 0: 1 or more", "figure", "gradient-alignment", "--networks=0");
    assertRefused("'mnist2d' is unknown: mnist1d, gsc, cifar10, mnist allowed", "train", "mnist2d");
    assertRefused("'mnist2d' is unknown: mnist1d, gsc, cifar10, mnist allowed", "data", "mnist2d");
    assertRefused("DATASET", "train");
    assertRefused(
        "--model: 'lstm' is unknown: mlp-40, mlp-360, tcn-40, tcn-360, gru-40, gru-72, lstm-72, "
            + "gle-15k, gle-42k, lagnet-le allowed",
        "train",
        "mnist1d",
        "--model=lstm");
    assertRefused(
        "'--protocol': 'papers' is unknown: holdout, paper allowed",
        "train",
        "mnist1d",
        "--protocol=papers");
    assertRefused("--epochs = -1: 0 or more allowed", "train", "mnist1d", "--epochs=-1");
    assertRefused("'--epochs': 'ten' is not an int", "train", "mnist1d", "--epochs=ten");
    assertRefused("--seed = 0: 1 or more allowed", "train", "mnist1d", "--seed=0");
    assertRefused("--length = 1: 2 to 1000000 allowed", "train", "mnist1d", "--length=1");
    assertRefused("--samples = 9: 20 or more allowed", "train", "mnist1d", "--samples=9");
    assertRefused(
        "'--mode': 'batch' is unknown: streaming, sequence allowed",
        "train",
        "mnist1d",
        "--mode=batch");
    assertRefused(
        "--segment = 361: 1 to 360, the length of a sequence, allowed",
        "train",
        "mnist1d",
        "--mode=sequence",
        "--segment=361");
    assertRefused("--segment = 9: only mode sequence has", "train", "mnist1d", "--segment=9");
    assertRefused("--ui-port = -1: 0 to 65535 allowed", "train", "mnist1d", "--ui", "--ui-port=-1");
    assertRefused("--length = 0: 2 to 1000000 allowed", "data", "mnist1d", "--length=0");
    assertRefused("--seed = -1: 0 or more allowed", "data", "mnist1d", "--seed=-1");
    assertRefused("--tolerance = -1.0: a finite number", "replay", TRACE, "--tolerance=-1");
    assertRefused("--tolerance = NaN: a finite number", "replay", TRACE, "--tolerance=NaN");
    assertRefused("FILE", "replay");
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertRefused(file + ": a file; a new or empty folder", "train", "mnist1d", "--out", file);
    assertRefused(folder + ": not empty; a new or empty", "train", "mnist1d", "--out", folder);
    assertRefused("--out is empty", "train", "mnist1d", "--out", "");
    assertEquals("mine", Files.readString(file));
  }

  @Test
  void everyCommandIsSummedUpInOneLine() {
    String help = gle("--help").out();
    String summaries = help.substring(help.indexOf("Commands:"), help.indexOf("Exit codes:"));
    CommandLine gle = Gle.commandLine(null, false);
    List<String> wrong =
        gle.getSubcommands().keySet().stream()
            .filter(name -> !summaries.matches("(?s).*\\R  " + name + " {2,}[A-Z][^.]+\\.\\R.*"))
            .toList();
    assertEquals(List.of(), wrong, summaries);
    assertEquals(1 + gle.getSubcommands().size(), summaries.strip().lines().count(), summaries);
  }

  @Test
  void unknownCommandsAreAnsweredByTheKnownOnes() {
    String all = ": train, compare, listen, bench, replay, data, figure allowed";
    assertRefused("gle: 'bogus' is unknown" + all + " (see gle --help)", "bogus");
    assertRefused("gle: 'trian' is unknown" + all + "; did you mean train? (see", "trian");
    assertRefused("gle: 'Data' is unknown" + all + "; did you mean data? (see", "Data", "mnist1d");
    assertRefused("gle: 'bogus' is unknown" + all, "--debug=false", "bogus", "train", "mnist1d");
    assertRefused("gle: 'a' is unknown" + all, "a\nb");
    assertRefused("gle: 'a?b' is unknown" + all, "a\u001bb");
    assertRefused(
        "gle train: Unknown options: '--epoch', '3'; did you mean --epochs? (see gle train",
        "train",
        "mnist1d",
        "--epoch",
        3);
    assertRefused("gle: Unknown option: '--bogus' (see gle --help)", "--bogus");
    assertRefused(
        "gle train: Unmatched argument at index 2: 'gsc' (see", "train", "mnist1d", "gsc");
    assertTrue(gle("help", "--help").out().contains("Commands:"));
  }

  @Test
  void benchPrintsWhatItMeasured() {
    Outcome outcome = gle("bench", "--net", "2,3,2", "--batch", 2, "--steps", 360, "--threads", 2);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    Map<String, String> values = new HashMap<>();
    outcome.out().lines().map(line -> line.split("=", 2)).forEach(kv -> values.put(kv[0], kv[1]));
    assertEquals("2,3,2", values.get("net"));
    for (String key :
        List.of("train_ms", "infer_ms", "products_ms", "reference_ms", "ratio", "blas_core")) {
      assertTrue(values.containsKey(key), () -> key + " in " + values);
    }
    double ratio = Double.parseDouble(values.get("ratio"));
    assertTrue(ratio > 1, "a step cannot take less than its products");
    assertEquals("0", values.get("allocated_bytes_per_step"));
    assertFalse(values.get("blas_core").isEmpty() || values.get("blas_core").equals("unknown"));
  }

  @Test
  void benchRefusesWhatItCannotMeasure() {
    String nets = ": 15k, 42k, gsc, le-lenet or at least two sizes such as 40,100,10 allowed";
    assertRefused("--net = '7'" + nets, "bench", "--net", "7");
    assertRefused("--net = '3,0'" + nets, "bench", "--net", "3,0");
    assertRefused("--net = '16k'" + nets, "bench", "--net", "16k");
    assertRefused("--batch = 0: 1 or more allowed", "bench", "--batch", 0);
    assertRefused("--steps = 0: 1 or more allowed", "bench", "--steps", 0);
    assertRefused("--threads = 0: 1 or more allowed", "bench", "--threads", 0);
    assertRefused("--threads = 0: 1 or more allowed", "train", "mnist1d", "--threads", 0);
  }

  @Test
  void debugShowsTheStackTrace() {
    assertTrue(gle("data", "mnist1d", "--length=0", "--debug").err().contains("\tat "));
    assertTrue(gle("--debug", "replay", "nowhere.json").err().contains("\tat "));
  }

  @Test
  void trainCanBeWatched() {
    Outcome outcome = train("--epochs", 1, "--ui", "--ui-port", 0);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    Matcher url =
        Pattern.compile("watched at (http://localhost:\\d+/train)").matcher(outcome.out());
    assertTrue(url.find(), outcome::out);
    assertFalse(outcome.out().contains("press Enter"), "without a terminal it ends");
  }

  @Test
  void comparesWithNetworksOfUsersAndRepeatsNothing() throws Exception {
    MultiLayerConfiguration mine =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new LSTM.Builder().nOut(3).build())
            .layer(new RnnOutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build())
            .setInputType(InputType.recurrent(1))
            .build();
    Path file = Files.writeString(folder.resolve("mine.json"), mine.toJson());
    Path results = folder.resolve("results");
    List<Object> args = new ArrayList<>(List.of("compare", "mnist1d", "--models=mlp-40"));
    args.addAll(List.of("--model", file, "--model-points=40", "--samples=60", "--epochs=1"));
    args.addAll(List.of("--seeds=3,4", "--jobs=2", "--out", results));
    Outcome first = gle(args.toArray());
    assertEquals(0, first.exitCode(), first::toString);
    assertEquals("", first.err());
    assertTrue(first.out().startsWith("4 runs, 0 of them finished already"), first::out);
    assertTrue(first.out().contains("done, 4 of 4 runs finished"), first::out);
    for (String name : List.of("report.html", "report.md", "results.csv", "curves.csv")) {
      assertTrue(Files.readString(results.resolve(name)).contains("mine"), name);
    }
    String report = Files.readString(results.resolve("report.md"));
    assertTrue(
        report.contains("Protocol holdout. A tenth of the training set is held out"), report);
    assertTrue(first.out().contains("measured: protocol holdout"), first::out);
    String table = Files.readString(results.resolve("results.csv"));
    assertTrue(table.contains("\nmine,stream,yes,no,40,100,"), table);
    Outcome second = gle(args.toArray());
    assertEquals(0, second.exitCode(), second::toString);
    assertTrue(second.out().startsWith("4 runs, 4 of them finished already"), second::out);
    assertEquals(table, Files.readString(results.resolve("results.csv")));
    assertFalse(second.out().contains("checksum"), second::out);

    Outcome fewer =
        compare(results, "--models=mlp-40", "--seeds=4", "--epochs=1", "--model-points=40");
    assertTrue(fewer.out().startsWith("1 runs, 1 of them finished already"), fewer::out);
    assertTrue(
        fewer.out().contains("\nthe report also has 1 finished runs that are there: mlp-40\n"),
        fewer::out);
    assertTrue(
        fewer.out().contains("\nnot in the report: 2 finished runs of other networks, settings,"),
        fewer::out);
    assertTrue(fewer.out().contains("or protocols: mine\n"), fewer::out);
    String rest = Files.readString(results.resolve("results.csv"));
    assertEquals(
        table.lines().filter(line -> !line.startsWith("mine")).toList(), rest.lines().toList());
    Outcome others =
        compare(results, "--model=" + file, "--seeds=3", "--epochs=1", "--model-points=40");
    assertTrue(others.out().contains("also has 3 finished runs that are there: mine, mlp-40\n"));
    assertFalse(others.out().contains("not in the report"), others::out);
    assertEquals(
        table.lines().sorted().toList(),
        Files.readString(results.resolve("results.csv")).lines().sorted().toList());
    Outcome longer =
        compare(results, "--models=mlp-40", "--seeds=3", "--epochs=2", "--protocol=paper");
    assertTrue(longer.out().contains("not in the report: 4 finished runs"), longer::out);
    assertTrue(longer.out().contains("or protocols: mine, mlp-40\n"), longer::out);
    assertFalse(longer.out().contains("the report also has"), longer::out);

    Path run = runFolder(results, "mlp-40-seed4");
    Files.delete(run.resolve("run.json.sha256"));
    Outcome earlier = gle(args.toArray());
    assertEquals(0, earlier.exitCode(), earlier::toString);
    assertTrue(
        earlier.out().contains("\n1 finished runs without a checksum, as earlier"), earlier::out);
    Path changed = runFolder(results, "mine-seed3").resolve("run.json");
    Files.writeString(changed, Files.readString(changed).replace("\"seed\" : 3", "\"seed\" : 4"));
    Outcome.assertRefusedAtOnce(
        changed + ": edited or damaged, its SHA-256 is not that in run.json.sha256; delete ",
        gle(args.toArray()));
    args.add("--schedule=mine=cosine");
    assertRefused("mine has updaters of its own, no schedule allowed", args.toArray());
  }

  private static Outcome compare(Path results, String... options) {
    List<Object> args = new ArrayList<>(List.of("compare", "mnist1d", "--samples=60"));
    args.addAll(List.of(options));
    args.addAll(List.of("--out", results));
    Outcome outcome = gle(args.toArray());
    assertEquals(0, outcome.exitCode(), outcome::toString);
    return outcome;
  }

  private static Path runFolder(Path results, String name) throws IOException {
    try (Stream<Path> runs = Files.list(results.resolve("runs"))) {
      return runs.filter(run -> run.getFileName().toString().startsWith(name)).findAny().get();
    }
  }

  @Test
  void compareRefusesUnusableOptionsInOneLine() throws Exception {
    String[] mnist = {"compare", "mnist1d"};
    assertRefused("'gru' is unknown: mlp-40, mlp-360", mnist[0], mnist[1], "--models=gle-15k,gru");
    assertRefused("--epochs = 0: 1 or more allowed", mnist[0], mnist[1], "--epochs=0");
    assertRefused("--seeds = 0: 1 or more allowed", mnist[0], mnist[1], "--seeds=1,0");
    assertRefused("--jobs = 0: 1 or more allowed", mnist[0], mnist[1], "--jobs=0");
    assertRefused("samples = 9: 20 or more allowed", mnist[0], mnist[1], "--samples=9");
    assertRefused("--model-points = 1: 2 or more", mnist[0], mnist[1], "--model-points=1");
    Path nowhere = folder.resolve("nowhere.json");
    assertRefused("nowhere.json: a readable file", mnist[0], mnist[1], "--model", nowhere);
    Path text = Files.writeString(folder.resolve("text.json"), "mine");
    assertRefused("text.json: no JSON", mnist[0], mnist[1], "--model", text);
    assertRefused("not empty; a new or empty", mnist[0], mnist[1], "--out", folder);
    assertEquals("mine", Files.readString(text));
  }

  @Test
  void trainWritesEverything() throws Exception {
    Files.createDirectories(folder.resolve("run")); // an empty folder may be used
    Outcome outcome = train("--epochs", 2, "--seed", 5);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("\nepoch 2/2  train loss 2."), outcome::out);
    assertTrue(outcome.out().contains("\ndone after epoch 2"), outcome::out);
    assertTrue(outcome.out().contains("48 training steps, "), outcome::out);

    Path run = folder.resolve("run");
    List<String> metrics = Files.readAllLines(run.resolve("metrics.csv"));
    assertEquals(METRICS_HEADER, metrics.get(0));
    assertEquals(4, metrics.size());
    for (int epoch = 0; epoch <= 2; epoch++) {
      String[] cells = metrics.get(epoch + 1).split(",", -1);
      assertEquals(9, cells.length);
      assertEquals(epoch, Integer.parseInt(cells[0]));
      assertEquals(Math.log(10), Double.parseDouble(cells[5]), 0.2);
      assertEquals(1e-3, Double.parseDouble(cells[7]));
    }

    JsonNode manifest = new ObjectMapper().readTree(run.resolve("manifest.json").toFile());
    assertEquals("done", manifest.get("status").asText());
    assertEquals("gle", manifest.at("/command/0").asText());
    assertEquals("5", manifest.at("/command/12").asText());
    assertEquals("gle-15k", manifest.at("/config/model").asText());
    assertEquals("holdout", manifest.at("/config/protocol").asText());
    assertEquals("streaming", manifest.at("/config/mode").asText());
    assertEquals(1, manifest.at("/config/segment").asInt());
    assertEquals("plateau 0.5 2", manifest.at("/config/schedule").asText());
    assertEquals(48, manifest.get("updates").asInt());
    assertEquals(5, manifest.at("/config/seed").asInt());
    assertEquals(14956, manifest.at("/config/weightsAndBiases").asInt());
    assertEquals(2, manifest.at("/finalMetrics/epoch").asInt());
    assertEquals(64, manifest.at("/data/trainSha256").asText().length());
    assertTrue(manifest.at("/versions/deeplearning4j").asText().startsWith("1."));
    assertEquals(
        List.of(
            "metrics.csv",
            "learning-curve.png",
            "confusion-matrix.csv",
            "confusion-matrix.png",
            "model.zip"),
        fieldNames(manifest.get("files")));
    try (Stream<Path> files = Files.list(run)) {
      assertEquals(8, files.count(), "with the checkpoints and the lock");
    }

    assertNotNull(ImageIO.read(run.resolve("learning-curve.png").toFile()));
    assertNotNull(ImageIO.read(run.resolve("confusion-matrix.png").toFile()));
    List<String> confusion = Files.readAllLines(run.resolve("confusion-matrix.csv"));
    assertEquals(11, confusion.size());
    int sequences =
        confusion.stream()
            .skip(1)
            .flatMap(row -> Arrays.stream(row.split(",")).skip(1))
            .mapToInt(Integer::parseInt)
            .sum();
    assertEquals(60, sequences);

    MultiLayerNetwork model =
        ModelSerializer.restoreMultiLayerNetwork(run.resolve("model.zip").toFile(), true);
    assertEquals(48, model.getIterationCount());
    assertNotNull(model.getUpdater().getStateViewArray());
    assertNotNull(StreamingTrainer.builder(model).build());
  }

  @Test
  void sequenceModeWritesTheSameFiles() throws Exception {
    Outcome outcome = train("--mode", "sequence", "--segment", 4, "--epochs", 1);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("gle-15k on mnist1d, sequence mode"), outcome::out);
    JsonNode manifest = new ObjectMapper().readTree(folder.resolve("run/manifest.json").toFile());
    assertEquals("sequence", manifest.at("/config/mode").asText());
    assertEquals(4, manifest.at("/config/segment").asInt());
    assertNotNull(
        ModelSerializer.restoreMultiLayerNetwork(folder.resolve("run/model.zip").toFile(), true));
    assertEquals(manifest.get("trainingSteps").asInt() / 4, manifest.get("updates").asInt());
    assertTrue(manifest.get("updates").asInt() > 0);
    assertEquals(5, manifest.get("files").size());
    try (Stream<Path> files = Files.list(folder.resolve("run"))) {
      assertEquals(8, files.count(), "with the checkpoints and the lock");
    }
  }

  @Test
  void paperProtocolHasNoValidation() throws Exception {
    Outcome outcome = train("--epochs", 0, "--protocol", "paper", "--model", "gle-42k");
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertFalse(outcome.out().contains("validation"), outcome::out);
    List<String> metrics = Files.readAllLines(folder.resolve("run/metrics.csv"));
    assertEquals(2, metrics.size());
    String[] cells = metrics.get(1).split(",", -1);
    assertEquals("", cells[3]);
    assertEquals("", cells[4]);
    assertEquals(5e-4, Double.parseDouble(cells[7]));
  }

  @Test
  void interruptionKeepsTheResultsSoFar() throws Exception {
    Path run = folder.resolve("run");
    Path console = folder.resolve("console");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Gle.class.getName(),
                "train",
                "mnist1d",
                "--length=8",
                "--samples=300",
                "--epochs=100000",
                "--out=" + run)
            .redirectErrorStream(true)
            .redirectOutput(console.toFile())
            .start();
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!Files.readString(console).contains("epoch 2/")) {
        assertTrue(process.isAlive() && System.nanoTime() < deadline, Files.readString(console));
        Thread.sleep(50);
      }
      for (String option : List.of("--resume", "--out")) {
        assertRefused(option + " = " + run + ": ", "train", "mnist1d", option, run);
      }
      process.destroy(); // SIGTERM, which Java treats as it does Ctrl-C
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(console);
    assertEquals(143, process.exitValue(), text);
    assertTrue(text.contains("\ninterrupted after epoch "), text);
    Matcher goesOn =
        Pattern.compile("\n  gle train mnist1d --resume (.*) goes on after (\\d+) epochs\n")
            .matcher(text);
    assertTrue(goesOn.find(), text);
    assertEquals(run.toString(), goesOn.group(1));
    JsonNode manifest = new ObjectMapper().readTree(run.resolve("manifest.json").toFile());
    assertEquals("interrupted", manifest.get("status").asText());
    int epochs = manifest.at("/finalMetrics/epoch").asInt();
    assertTrue(epochs >= 2, text);
    assertEquals(epochs, Integer.parseInt(goesOn.group(2)));
    assertEquals(epochs + 2, Files.readAllLines(run.resolve("metrics.csv")).size());
    assertEquals(5, manifest.get("files").size());
    assertNotNull(
        ModelSerializer.restoreMultiLayerNetwork(run.resolve("model.zip").toFile(), true));
  }

  @Test
  void replayAcceptsAReferenceTrace() {
    Outcome outcome = gle("replay", TRACE);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    for (String quantity : List.of("output", "loss", "u", "v", "r", "e", "W", "b")) {
      assertTrue(
          outcome.out().lines().anyMatch(l -> l.matches("  " + quantity + " .* ok")), quantity);
    }
    assertTrue(outcome.out().contains(TRACE + ": ok (largest deviation "), outcome::out);
  }

  @Test
  void replayFailsOnATamperedTrace() throws Exception {
    JsonNode trace = new ObjectMapper().readTree(TRACE.toFile());
    ArrayNode u = (ArrayNode) trace.at("/steps/3/layers/1/u/0");
    u.set(0, u.get(0).asDouble() + 1e-8);
    Path tampered = Files.writeString(folder.resolve("tampered.json"), trace.toString());
    Outcome outcome = gle("replay", TRACE, tampered);
    assertEquals(1, outcome.exitCode(), outcome::toString);
    assertEquals(1, outcome.out().lines().filter(l -> l.matches("  .* FAILED")).count());
    assertTrue(outcome.out().lines().anyMatch(l -> l.matches("  u .* FAILED")), outcome::out);
    assertTrue(outcome.out().contains(TRACE + ": ok"), outcome::out);
    assertTrue(outcome.out().contains(tampered + ": FAILED"), outcome::out);
    assertEquals(0, gle("replay", tampered, "--tolerance", "1e-7").exitCode());
  }

  @Test
  void replayRefusesWhatIsNoTrace() throws Exception {
    assertRefused("nowhere.json: no such file", "replay", TRACE, "nowhere.json");
    String trace = Files.readString(TRACE);
    Path corrupt = folder.resolve("corrupt.json");
    for (String content :
        List.of(
            "",
            "{}",
            "[1]",
            trace.substring(0, trace.length() / 2),
            trace.replaceFirst("\"dt\":[0-9.]+", "\"dt\":-1"),
            trace.replaceFirst("\"phi\":\"tanh\"", "\"phi\":\"cosh\""),
            trace.replaceFirst("\"W0\"", "\"W99999999999\""))) {
      Files.writeString(corrupt, content);
      assertRefused("corrupt.json", "replay", corrupt);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "40, d53506bddd12d3b72c7153b1ae7f34807724b1dd078a7273809bf9d0792319f6,"
        + " 30addc43827c82aafa5db8bc97cea63349ca687e87db2f201cc4f5415d9a4ebd",
    "72, 2251d92c3a8e562e97f183c567f69a4ebce576d0113cb60293e35d5ecd17c878,"
        + " e069d86f8b6f6b8dcf7519bdf7510a2eee5d1f44861f1a875a5ff85385db39b7",
    "360, 43bb67266725ab1e98857344fc96d944bc3538a2c7859ebd50607c341b0fdf31,"
        + " 4d23535a79bc014163bc6a495cc522436ef29e5a50798be7d5736ec745cf6dcd"
  })
  void dataHasThePublishedHashes(int length, String trainSha256, String testSha256) {
    Outcome outcome = gle("data", "mnist1d", "--length", length);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals(
        List.of(
            "data set: mnist1d",
            "length: " + length,
            "seed: 42",
            "train shape: [4000, 1, " + length + "]",
            "test shape: [1000, 1, " + length + "]",
            "train label counts: 398 396 411 394 394 402 401 404 402 398",
            "test label counts: 102 104 89 106 106 98 99 96 98 102",
            "train float32 SHA-256: " + trainSha256,
            "test float32 SHA-256: " + testSha256),
        outcome.out().lines().toList());
  }

  private static List<String> fieldNames(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.assertRefusedAtOnce;
import static io.github.gle4j.cli.Outcome.gle;
import static io.github.gle4j.testing.RunFolder.figures;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.gle4j.images.Mnist;
import io.github.gle4j.nn.util.ModelFiles;
import io.github.gle4j.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gle train mnist} and {@code gle compare mnist} on a small folder. */
class ImageTrainingTest {
  @TempDir private static Path images;
  @TempDir private Path folder;

  @BeforeAll
  static void makeImages() throws IOException {
    TestImages.writeMnist(images, 200, 50);
  }

  private static Outcome mnist(String command, Object... more) {
    List<Object> args = new ArrayList<>(List.of(command, "mnist", "--data", images));
    args.addAll(List.of(more));
    return gle(args.toArray());
  }

  private JsonNode trained(Object... more) throws IOException {
    Path run = folder.resolve("run");
    List<Object> args = new ArrayList<>(List.of(more));
    args.add("--out=" + run);
    Outcome outcome = mnist("train", args.toArray());
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals("", outcome.err());
    assertNotNull(ModelFiles.network(run.resolve("model.zip"), true));
    return new ObjectMapper().readTree(run.resolve("manifest.json").toFile());
  }

  @Test
  void trainsLatentEquilibriumOnImages() throws Exception {
    JsonNode manifest = trained("--model=le-dense", "--epochs=12", "--batch=20", "--seed=1");
    assertEquals("streaming", manifest.at("/config/mode").asText());
    assertEquals(0.1, manifest.at("/config/beta").asDouble());
    assertEquals("SWEEP", manifest.at("/config/propagation").asText());
    assertEquals(266610, manifest.at("/config/weightsAndBiases").asInt());
    assertEquals("mnist", manifest.at("/data/name").asText());
    assertEquals(180, manifest.at("/data/trainImages").asInt());
    assertEquals(10, manifest.at("/data/stepsPerImage").asInt());
    assertEquals(Mnist.read(images).trainSha256(), manifest.at("/data/trainSha256").asText());
    assertEquals(12 * 9 * 10, manifest.get("updates").asInt());
    assertTrue(manifest.at("/finalMetrics/test/accuracy").asDouble() > 0.9, manifest::toString);
  }

  @Test
  void trainsTheConvolutionalNetwork() throws Exception {
    JsonNode manifest =
        trained("--epochs=1", "--batch=60", "--steps=12", "--learning-rate=0.1", "--threads=1");
    assertEquals("le-lenet", manifest.at("/config/model").asText());
    assertEquals(0.1, manifest.at("/config/learningRate").asDouble());
    assertEquals(12, manifest.at("/data/stepsPerImage").asInt());
    assertEquals(3 * 12, manifest.get("updates").asInt());
  }

  @Test
  void layersActAtOnceIfWanted() throws Exception {
    JsonNode manifest =
        trained("--model=le-dense", "--propagation=delayed", "--epochs=6", "--batch=20");
    assertEquals("DELAYED", manifest.at("/config/propagation").asText());
    assertEquals(6 * 9 * 10, manifest.get("updates").asInt());
    assertTrue(manifest.at("/finalMetrics/test/accuracy").asDouble() > 0.5, manifest::toString);
  }

  @Test
  void trainsTheTwinByBackpropagation() throws Exception {
    JsonNode manifest = trained("--model=bp-dense", "--epochs=6", "--batch=20");
    assertEquals("sequence", manifest.at("/config/mode").asText());
    assertTrue(manifest.at("/config/beta").isNull());
    assertEquals(6 * 9, manifest.get("updates").asInt());
    assertTrue(manifest.at("/finalMetrics/test/accuracy").asDouble() > 0.9, manifest::toString);
  }

  @Test
  void comparesAndKeepsRuns() throws Exception {
    Object[] args = {
      "--models=le-dense,le-dense-fa,bp-dense",
      "--epochs=1",
      "--seeds=1",
      "--out=" + folder.resolve("compared")
    };
    Outcome outcome = mnist("compare", args);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("done, 3 of 3 runs finished"), outcome::out);
    String markdown = Files.readString(folder.resolve("compared/report.md"));
    assertTrue(markdown.startsWith("# GLE and others on MNIST\n"), markdown);
    assertTrue(markdown.contains("| 97.4 |"), markdown);
    assertTrue(markdown.contains("all 60000 training images, without any held out"), markdown);
    assertFalse(markdown.contains("GLE paper, on"), markdown);
    assertTrue(mnist("compare", args).out().startsWith("3 runs, 3 of them finished already"));
    List<Object> slower = new ArrayList<>(Arrays.asList(args));
    slower.set(0, "--models=le-dense");
    slower.add("--steps=11");
    assertTrue(
        mnist("compare", slower.toArray()).out().startsWith("1 runs, 0 of them finished already"));
  }

  /** As if the machine had stopped in the second epoch. */
  @Test
  void aResumedRunGoesOnWithTheSameNumbers() throws Exception {
    trained(
        "--model=le-dense",
        "--epochs=2",
        "--batch=60",
        "--checkpoint-every=2",
        "--keep-checkpoints=100");
    Path run = folder.resolve("run");
    List<String> figures = figures(run);
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      List<Path> checkpoints = files.sorted().toList();
      assertTrue(checkpoints.size() > 2, checkpoints::toString);
      for (Path later : checkpoints.subList(2, checkpoints.size())) {
        Files.delete(later);
      }
    }
    Files.delete(run.resolve("model.zip"));
    Outcome outcome = gle("train", "mnist", "--resume", run);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("going on from " + run), outcome::out);
    assertEquals(figures, figures(run));
  }

  @Test
  void refusesWhatCannotBeUsedInOneLine() throws Exception {
    Path nowhere = folder.resolve("nowhere");
    assertRefusedAtOnce(nowhere + ": no such folder", gle("train", "cifar10", "--data", nowhere));
    assertRefusedAtOnce(
        "--model: 'gle-15k' is unknown: le-lenet,", mnist("train", "--model=gle-15k"));
    assertRefusedAtOnce("--steps = 9: 10 to 50 allowed", mnist("train", "--steps=9"));
    assertRefusedAtOnce("--steps = 51: 10 to 50 allowed", mnist("compare", "--steps=51"));
    assertRefusedAtOnce(
        "--mode = sequence: le-lenet learns from images at rest, only streaming allowed",
        mnist("train", "--mode=sequence"));
    assertRefusedAtOnce(
        "--mode = streaming: bp-dense learns from whole sequences, only sequence allowed",
        mnist("train", "--model=bp-dense", "--mode=streaming"));
    assertRefusedAtOnce(
        "--propagation: bp-dense does not learn from a stream; only networks that do allowed",
        mnist("train", "--model=bp-dense", "--propagation=sweep"));
    assertRefusedAtOnce(
        "--propagation: only with --mode streaming allowed",
        gle("train", "mnist1d", "--mode=sequence", "--propagation=sweep"));
    assertRefusedAtOnce(
        "'both' is unknown: delayed, sweep allowed", gle("train", "mnist1d", "--propagation=both"));
    assertRefusedAtOnce("--length = 9: only with mnist1d allowed", mnist("train", "--length=9"));
    assertRefusedAtOnce(
        "--samples = 90: only with mnist1d allowed", mnist("train", "--samples=90"));
    assertRefusedAtOnce(
        "--protocol = paper: only with mnist1d allowed", mnist("compare", "--protocol=paper"));
    assertRefusedAtOnce("--classes = 12: only with gsc allowed", mnist("train", "--classes=12"));
    assertRefusedAtOnce(
        "--upsampling = 10: only with gsc allowed", mnist("train", "--upsampling=10"));
    assertRefusedAtOnce(
        "--no-augmentation: only with gsc allowed", mnist("train", "--no-augmentation"));
    assertRefusedAtOnce(
        "--model: only with mnist1d, gsc allowed", mnist("compare", "--model=network.json"));
    assertRefusedAtOnce(
        "--steps = 20: only with cifar10, mnist allowed", gle("train", "mnist1d", "--steps=20"));
    TestImages.writeMnist(folder, 4, 5);
    assertRefusedAtOnce(
        "4 training images: 5 or more allowed", gle("train", "mnist", "--data", folder));
  }

  @Test
  void benchRefusesThreadsAndSizesItDoesNotKnow() {
    assertRefusedAtOnce(
        "--threads = 2: 1 allowed with le-lenet", gle("bench", "--net=le-lenet", "--threads=2"));
    assertRefusedAtOnce(
        "--batch = 0: 1 or more allowed", gle("bench", "--net=le-lenet", "--batch=0"));
    assertRefusedAtOnce(
        "--steps = 0: 1 or more allowed", gle("bench", "--net=le-lenet", "--steps=0"));
  }

  @Test
  void benchMeasuresImagesBesideProductsAndDl4j() {
    Outcome outcome = gle("bench", "--net=le-lenet", "--batch=2", "--steps=1");
    assertEquals(0, outcome.exitCode(), outcome::toString);
    for (String key : List.of("train_ms", "products_ms", "dl4j_forward_backward_ms")) {
      double milliseconds =
          outcome
              .out()
              .lines()
              .filter(line -> line.startsWith(key + "="))
              .mapToDouble(line -> Double.parseDouble(line.substring(key.length() + 1)))
              .findFirst()
              .orElseThrow();
      assertTrue(milliseconds > 0, outcome::out);
    }
  }
}

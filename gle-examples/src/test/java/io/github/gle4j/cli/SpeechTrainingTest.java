// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.assertRefusedAtOnce;
import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.gle4j.speech.Part;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.speech.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gle train gsc} and {@code gle compare gsc} on a small folder. */
class SpeechTrainingTest {
  @TempDir private static Path clips;
  @TempDir private Path folder;

  @BeforeAll
  static void makeClips() throws IOException {
    TestClips.makeFolder(clips);
  }

  private static Outcome speech(String command, Object... more) {
    List<Object> args = new ArrayList<>(List.of(command, "gsc", "--data", clips));
    args.addAll(List.of("--split", "speakers"));
    args.addAll(List.of(more));
    return gle(args.toArray());
  }

  @Test
  void trainsGleNetworksOnSpectrograms() throws Exception {
    Path run = folder.resolve("run");
    Outcome outcome =
        speech(
            "train",
            "--model=gle-gsc-small",
            "--upsampling=10",
            "--batch=100",
            "--learning-rate=1e-4",
            "--epochs=1",
            "--out=" + run);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals("", outcome.err());
    assertTrue(outcome.out().startsWith("gle-gsc-small on gsc, streaming mode"), outcome::out);
    JsonNode manifest = new ObjectMapper().readTree(run.resolve("manifest.json").toFile());
    assertEquals(100, manifest.at("/config/batchSize").asInt());
    assertEquals(1e-4, manifest.at("/config/learningRate").asDouble());
    assertEquals("cosine", manifest.at("/config/schedule").asText());
    assertEquals("gsc", manifest.at("/data/name").asText());
    assertEquals("speakers", manifest.at("/data/split").asText());
    assertEquals(12, manifest.at("/data/classes").size());
    assertEquals(192, manifest.at("/data/trainClips").asInt());
    assertEquals(410, manifest.at("/data/length").asInt());
    assertEquals(10, manifest.at("/data/features/upsampling").asInt());
    assertEquals(0.8, manifest.at("/data/augmentation/noiseProbability").asDouble());
    SpeechCommands data =
        SpeechCommands.builder().folder(clips).split(Split.SEEDED_SPEAKERS).build();
    assertEquals(data.sha256(Part.TRAIN), manifest.at("/data/trainSha256").asText());
    assertEquals(2 * 410, manifest.get("updates").asInt());
    List<String> confusion = Files.readAllLines(run.resolve("confusion-matrix.csv"));
    assertTrue(
        confusion.get(0).endsWith("_silence_,_unknown_,yes,no,up,down,left,right,on,off,stop,go"));
    assertTrue(confusion.get(3).startsWith("yes,"), confusion.get(3));
    assertNotNull(
        ModelSerializer.restoreMultiLayerNetwork(run.resolve("model.zip").toFile(), true));
  }

  @Test
  void trainsBaselinesOnCoefficients() throws Exception {
    Path run = folder.resolve("run");
    Outcome outcome = speech("train", "--model=lstm", "--epochs=1", "--batch=64", "--out=" + run);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("3 updates"), outcome::out);
    JsonNode manifest = new ObjectMapper().readTree(run.resolve("manifest.json").toFile());
    assertEquals("sequence", manifest.at("/config/mode").asText());
    assertEquals(492620, manifest.at("/config/weightsAndBiases").asInt());
    assertTrue(manifest.at("/config/beta").isNull());
    assertEquals(10, manifest.at("/data/features/coefficients").asInt());
    assertTrue(manifest.at("/finalMetrics/train/accuracy").asDouble() < 1);
    assertNotNull(ModelSerializer.restoreComputationGraph(run.resolve("model.zip").toFile()));
  }

  @Test
  void comparesAndMarksPublishedValuesOfOtherData() throws Exception {
    Object[] args = {
      "--models=mlp,gle-gsc-small",
      "--upsampling=10",
      "--batch=gle-gsc-small=100",
      "--learning-rate=gle-gsc-small=1e-4",
      "--epochs=1",
      "--seeds=1",
      "--schedule=mlp=cosine",
      "--out=" + folder.resolve("compared")
    };
    Outcome outcome = speech("compare", args);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("done, 2 of 2 runs finished"), outcome::out);
    String markdown = Files.readString(folder.resolve("compared/report.md"));
    assertTrue(markdown.startsWith("# GLE and others on Speech Commands\n"), markdown);
    assertTrue(
        markdown.contains("| published (full data, not comparable with these clips): accuracy % |"),
        markdown);
    assertTrue(markdown.contains("| 88.0 |"), markdown);
    assertTrue(markdown.contains("mlp: batches of 100, learning rate 5.0E-4 cosine"), markdown);
    assertTrue(markdown.contains("not judged: the data is not the published one"), markdown);
    String html = Files.readString(folder.resolve("compared/report.html"));
    assertTrue(html.contains("<th>_unknown_</th>"), html);
    assertFalse(html.contains("MNIST"), html);
    assertTrue(speech("compare", args).out().startsWith("2 runs, 2 of them finished already"));
    args[3] = "--learning-rate=gle-gsc-small=2e-4";
    args[4] = "--epochs=2";
    assertTrue(speech("compare", args).out().startsWith("2 runs, 0 of them finished already"));
    args[6] = "--schedule=mlp=constant";
    assertTrue(speech("compare", args).out().startsWith("2 runs, 1 of them finished already"));
  }

  /** The same seed repeats a run; without augmentation another one comes out. */
  @Test
  void seedAndAugmentationDecide() throws Exception {
    List<String> metrics = new ArrayList<>();
    for (String more : List.of("--batch=100", "--batch=100", "--no-augmentation")) {
      Path run = folder.resolve("run" + metrics.size());
      speech("train", "--model=mlp", "--epochs=1", "--seed=3", more, "--out=" + run);
      String last = Files.readAllLines(run.resolve("metrics.csv")).get(2);
      metrics.add(last.substring(0, last.lastIndexOf(',')));
    }
    assertEquals(metrics.get(0), metrics.get(1));
    assertNotEquals(metrics.get(0), metrics.get(2));
  }

  @Test
  void refusesWhatCannotBeUsedInOneLine() throws Exception {
    Path nowhere = folder.resolve("nowhere");
    assertRefusedAtOnce(nowhere + ": no such folder", gle("train", "gsc", "--data", nowhere));
    assertRefusedAtOnce(nowhere + ": no such folder", gle("compare", "gsc", "--data", nowhere));
    assertRefusedAtOnce(
        "no split by lists; by speakers allowed", gle("train", "gsc", "--data", clips));
    assertRefusedAtOnce(
        "--model: 'gle-15k' is unknown: gle-gsc,", speech("train", "--model=gle-15k"));
    assertRefusedAtOnce("--upsampling = 5: 10 to 100 allowed", speech("train", "--upsampling=5"));
    assertRefusedAtOnce("--learning-rate = 0.0: above 0", speech("train", "--learning-rate=0"));
    assertRefusedAtOnce("--batch = 0: 1 or more allowed", speech("train", "--batch=0"));
    assertRefusedAtOnce(
        "'linear' is unknown: constant, cosine allowed", speech("train", "--schedule=linear"));
    assertRefusedAtOnce(
        "--schedule of tcn: only of mlp allowed",
        speech("compare", "--models=mlp", "--schedule=tcn=cosine"));
    assertRefusedAtOnce("--samples = 9: only with mnist1d allowed", speech("train", "--samples=9"));
    assertRefusedAtOnce("--length = 9: only with mnist1d allowed", speech("train", "--length=9"));
    assertRefusedAtOnce(
        "--protocol = paper: only with mnist1d allowed", speech("train", "--protocol=paper"));
    assertRefusedAtOnce(
        "--mode = streaming: gru learns from whole sequences, only sequence allowed",
        speech("train", "--model=gru", "--mode=streaming"));
    assertRefusedAtOnce(
        "--learning-rate of tcn: only of mlp allowed",
        speech("compare", "--models=mlp", "--learning-rate=tcn=1e-3"));
    assertRefusedAtOnce(
        "--upsampling = 10: only with gsc allowed", gle("train", "mnist1d", "--upsampling=10"));
    assertRefusedAtOnce(
        "--data = x: only with gsc, cifar10, mnist allowed", gle("train", "mnist1d", "--data=x"));
    assertRefusedAtOnce(
        "--no-augmentation: only with gsc allowed", gle("compare", "mnist1d", "--no-augmentation"));
  }

  @Test
  void namesADamagedClipBeforeAnythingIsWritten() throws Exception {
    Path damaged = folder.resolve("clips");
    TestClips.makeFolder(damaged);
    Path bad = damaged.resolve("stop/00000001_nohash_0.wav");
    byte[] whole = Files.readAllBytes(bad);
    Files.write(bad, Arrays.copyOf(whole, 30));
    Path run = folder.resolve("run");
    assertRefusedAtOnce(
        bad.toString(),
        gle("train", "gsc", "--data", damaged, "--split", "speakers", "--out", run));
    assertFalse(Files.exists(run));
  }
}

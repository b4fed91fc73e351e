// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.gle;
import static io.github.gle4j.testing.RunFolder.figures;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.download.FolderLock;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code gle train --resume} after a run that ended without a word. */
class ResumedTrainingTest {
  @TempDir private Path folder;

  /** A run of two epochs with six minibatches each and checkpoints after every second one. */
  private Path run(String options) {
    Path run = folder.resolve("run");
    List<Object> args = new ArrayList<>(List.of("train", "mnist1d", "--samples=300", "--epochs=2"));
    args.addAll(List.of("--seed=5", "--batch=40", "--checkpoint-every=2"));
    args.addAll(List.of("--keep-checkpoints=100", "--threads=1", "--out", run));
    args.addAll(List.of(options.split(" ")));
    Outcome outcome = gle(args.toArray());
    assertEquals(0, outcome.exitCode(), outcome::toString);
    return run;
  }

  private static List<Path> checkpoints(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files.sorted().toList();
    }
  }

  /** As if the machine had stopped after so many checkpoints. */
  private static void cutAfter(Path run, int kept) throws IOException {
    List<Path> files = checkpoints(run);
    for (Path later : files.subList(kept, files.size())) {
      Files.delete(later);
    }
    Files.delete(run.resolve("model.zip"));
  }

  /** Parameters, then the updater's state. */
  private static List<INDArray> learned(Path run) throws IOException {
    Path file = run.resolve("model.zip");
    if (Files.readString(run.resolve("manifest.json")).contains("mlp-40")) {
      ComputationGraph graph = ModelFiles.graph(file, true);
      return List.of(graph.params(), graph.getUpdater().getStateViewArray());
    }
    MultiLayerNetwork network = ModelFiles.network(file, true);
    return List.of(network.params(), network.getUpdater().getStateViewArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--model=gle-15k --length=20",
        "--model=gle-15k --length=20 --mode=sequence --segment=4",
        "--model=gle-15k --length=20 --schedule=cosine",
        "--model=mlp-40 --protocol=paper"
      })
  void goesOnWithTheSameNumbers(String options) throws Exception {
    Path run = run(options);
    List<String> figures = figures(run);
    List<INDArray> learned = learned(run);
    String confusion = Files.readString(run.resolve("confusion-matrix.csv"));
    List<Path> all = checkpoints(run);
    assertTrue(all.size() >= 7, all::toString);
    for (int kept : new int[] {all.size(), 6, 4, 2, 1}) {
      cutAfter(run, Math.min(kept, checkpoints(run).size()));
      Outcome outcome =
          gle("train", "mnist1d", "--resume", run, "--threads=2", "--keep-checkpoints=100");
      assertEquals(0, outcome.exitCode(), outcome::toString);
      assertTrue(outcome.out().contains("going on from " + run), outcome::out);
      assertEquals(figures, figures(run), "after checkpoint " + kept);
      assertEquals(learned, learned(run));
      assertEquals(confusion, Files.readString(run.resolve("confusion-matrix.csv")));
      assertTrue(Files.readString(run.resolve("manifest.json")).contains("\"done\""));
    }
  }

  @Test
  void aDamagedCheckpointIsSkippedAndNamed() throws Exception {
    Path run = run("--model=mlp-40");
    List<String> figures = figures(run);
    cutAfter(run, 5);
    Path last = checkpoints(run).get(4);
    Files.write(last, Arrays.copyOf(Files.readAllBytes(last), 1000));
    Outcome outcome = gle("train", "mnist1d", "--resume", run);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("skipped: checkpoint " + last), outcome::out);
    assertTrue(outcome.out().contains(".gle, after 1 epoch\n"), outcome::out);
    assertEquals(figures, figures(run));
  }

  @Test
  void refusesWhatIsNoRunOfThisKind() throws Exception {
    Path run = run("--model=mlp-40");
    String where = "--resume = " + folder;
    assertRefused("--seed: not allowed with --resume", "--resume", run, "--seed=3");
    assertRefused("epochs = 1: 2 are done", "--resume", run, "--epochs=1");
    assertRefused(where + ": not the folder of a run", "--resume", folder);
    assertRefused("--checkpoint-every = -1: 0 or more", "--checkpoint-every=-1");
    assertRefused("--keep-checkpoints = 0: 1 or more", "--keep-checkpoints=0");
    Path manifest = run.resolve("manifest.json");
    String content = Files.readString(manifest);
    Files.writeString(manifest, content.replace("--seed=5", "--seed=6"));
    assertRefused("is of another run", "--resume", run);
    for (String command :
        List.of(
            "'gle','gle'",
            "'gle','--help'",
            "'gle','train','mnist1d','--help'",
            "'gle','train','mnist1d','--version'",
            "'gle','train','mnist1d','--resume','" + run + "'",
            "'gle','train','mnist1d','--seed=0'",
            "'gle','train','mnist1d','--model=\\u001b[2J'",
            "'gle','@/etc/hostname'",
            "'gle','listen'",
            "'rm','train','mnist1d'",
            "'gle',null",
            "'gle',7",
            "")) {
      Files.writeString(
          manifest,
          content.replaceFirst(
              "(?s)\"command\" : \\[.*?\\]",
              Matcher.quoteReplacement("\"command\" : [" + command.replace('\'', '"') + "]")));
      assertRefused("--resume = " + run + ": ", "--resume", run);
    }
    for (String damaged : List.of("", "null", "[]", "{", "{}", " ".repeat(5_000_000))) {
      Files.writeString(manifest, damaged);
      assertRefused("--resume = " + run + ": not the folder of a run", "--resume", run);
    }
    Files.writeString(manifest, content);
    try (FolderLock owned = FolderLock.tryAcquire(run).orElseThrow()) {
      assertRefused("--resume = " + run + ": in use by another command", "--resume", run);
      assertRefused("--out = " + run + ": not empty", "--out", run);
    }
    assertEquals(content, Files.readString(manifest));
    cutAfter(run, 0);
    assertRefused("its checkpoints are gone, and it has results", "--resume", run);
    assertEquals(4, Files.readAllLines(run.resolve("metrics.csv")).size(), "nothing is lost");
  }

  @Test
  void aRunThatEndedBeforeItsFirstCheckpointBeginsAgain() throws Exception {
    Path run = run("--model=mlp-40");
    List<String> figures = figures(run);
    cutAfter(run, 0);
    Path metrics = run.resolve("metrics.csv");
    Files.write(metrics, Files.readAllLines(metrics).subList(0, 2));
    Outcome outcome = gle("train", "mnist1d", "--resume", run);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("no checkpoint yet: beginning again"), outcome::out);
    assertEquals(figures, figures(run));
  }

  @Test
  void aFolderWithNothingButWhatAKilledStartLeavesIsEmpty() throws Exception {
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.createFile(run.resolve(FolderLock.FILE));
    Files.writeString(run.resolve(".manifest.json.writing"), "{");
    run("--model=mlp-40");
    assertFalse(Files.exists(run.resolve(".manifest.json.writing")));
    Path mine = Files.createDirectory(folder.resolve("mine"));
    Files.createFile(mine.resolve(".hidden"));
    assertRefused("mine: not empty; a new or empty folder", "--out", mine);
  }

  @Test
  void goesOnToMoreEpochs() throws Exception {
    Path run = run("--model=mlp-40");
    Outcome more = gle("train", "mnist1d", "--resume", run, "--epochs=3");
    assertEquals(0, more.exitCode(), more::toString);
    assertTrue(more.out().contains("3 epochs, holdout protocol, seed 5"), more::out);
    assertTrue(more.out().contains(".gle, after 2 epochs\n"), more::out);
    List<String> figures = figures(run);
    assertEquals(4 + 1, figures.size());
    cutAfter(run, 1);
    assertEquals(0, gle("train", "mnist1d", "--resume", run).exitCode(), "to the new number");
    assertEquals(figures, figures(run));
    Path cosine = folder.resolve("cosine");
    Outcome.assertRefused(
        "cosine falls over all 1 epochs", afterOneEpoch(cosine, "--schedule=cosine", "--epochs=2"));
    assertEquals(0, gle("train", "mnist1d", "--resume", cosine).exitCode());
  }

  private static Outcome afterOneEpoch(Path run, String option, String more) {
    Outcome first =
        gle(
            "train",
            "mnist1d",
            "--samples=300",
            "--epochs=1",
            "--model=mlp-40",
            option,
            "--out",
            run);
    assertEquals(0, first.exitCode(), first::toString);
    return gle("train", "mnist1d", "--resume", run, more);
  }

  private static void assertRefused(String message, Object... more) {
    List<Object> args = new ArrayList<>(List.of("train", "mnist1d"));
    args.addAll(List.of(more));
    Outcome.assertRefused(message, gle(args.toArray()));
  }
}

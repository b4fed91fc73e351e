// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.assertRefusedAtOnce;
import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.speech.FeatureExtractor;
import io.github.gle4j.suite.Listener;
import io.github.gle4j.suite.Listening;
import io.github.gle4j.suite.Listening.Step;
import io.github.gle4j.suite.TrainedSpeechModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** {@code gle listen} with networks that were trained for a moment. */
class ListenTest {
  private static final int SAMPLES = 16_000;

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    TestClips.makeFolder(shared.resolve("clips"));
    for (String model : List.of("gle-gsc-small", "gru", "mlp")) {
      Outcome outcome =
          gle(
              "train",
              "gsc",
              "--data=" + shared.resolve("clips"),
              "--split=speakers",
              "--upsampling=10",
              "--epochs=0",
              "--model=" + model,
              "--out=" + shared.resolve(model));
      assertEquals(0, outcome.exitCode(), outcome::toString);
    }
    word(shared.resolve("word.wav"), 4000, 8000);
  }

  /** A tone from one sample to another, hardly a sound elsewhere, and a click at the very end. */
  private static void word(Path file, int from, int to) throws IOException {
    byte[] pcm = new byte[2 * SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      boolean loud = (i >= from && i < to) || i >= SAMPLES - 200;
      int value = (int) Math.round((loud ? 10_000 : 10) * Math.sin(0.3 * i));
      pcm[2 * i] = (byte) value;
      pcm[2 * i + 1] = (byte) (value >> 8);
    }
    TestClips.write(file, pcm);
  }

  private Outcome listen(Object file, Object model) {
    return gle("listen", file, "--model", model, "--out", folder.resolve("heard"));
  }

  @Test
  void writesATableAndAPicture() throws Exception {
    Outcome outcome = listen(shared.resolve("word.wav"), shared.resolve("gle-gsc-small"));
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().startsWith("gle-gsc-small hears: "), outcome::out);
    assertTrue(outcome.out().contains("the word ends at 500 ms: decided "), outcome::out);
    List<String> table = Files.readAllLines(folder.resolve("heard/probabilities.csv"));
    assertTrue(table.get(0).startsWith("step,milliseconds,_silence_,_unknown_,yes,"), table.get(0));
    assertEquals(411, table.size());
    for (String line : table.subList(1, table.size())) {
      double sum =
          Arrays.stream(line.split(",")).skip(2).limit(12).mapToDouble(Double::parseDouble).sum();
      assertEquals(1, sum, 1e-4);
    }
    assertTrue(table.get(410).startsWith("409,1000.00,"), table.get(410));
    assertNotNull(ImageIO.read(folder.resolve("heard/listening.png").toFile()));
    try (Stream<Path> files = Files.list(folder.resolve("heard"))) {
      assertEquals(3, files.count(), "with the lock");
    }
  }

  /** What is said at the end is what the network says about the whole clip. */
  @Test
  void hearsWhatTheNetworkSeesAtOnce() throws Exception {
    Path file = shared.resolve("word.wav");
    for (String name : List.of("gle-gsc-small", "gru")) {
      TrainedSpeechModel model = TrainedSpeechModel.read(shared.resolve(name));
      Listener listener = new Listener(model);
      Listening listening = listener.to(listener.sound(file), 0);
      float[][] input = new FeatureExtractor(model.features()).clip(file);
      INDArray clip = Nd4j.createFromArray(new float[][][] {input});
      int last = listening.steps().size() - 1;
      if (model.network() instanceof ComputationGraph graph) {
        INDArray output = graph.outputSingle(clip);
        assertEquals(49, listening.steps().size());
        assertEquals(20, listening.steps().get(0).milliseconds(), 1e-9);
        assertEquals(output.argMax(1).getInt(0), listening.decision());
        Float[] end = listening.steps().get(last).probabilities().toArray(Float[]::new);
        assertTrue(output.reshape(12).equalsWithEps(Nd4j.createFromArray(end), 1e-5), name);
      } else {
        MultiLayerNetwork network = (MultiLayerNetwork) model.network();
        INDArray output = network.output(clip); // [1, 12, 410]
        for (int step : new int[] {0, 1, 100, last}) {
          for (int label = 0; label < 12; label++) {
            double expected = output.getDouble(0, label, step);
            assertEquals(expected, listening.steps().get(step).probabilities().get(label), 1e-5);
          }
        }
        INDArray logits = Transforms.log(output);
        assertEquals(logits.sum(2).argMax(1).getInt(0), listening.decision());
      }
    }
  }

  @Test
  void theWordEndsBeforeAPauseAndTheDecisionIsTheLastChange() throws Exception {
    TrainedSpeechModel model = TrainedSpeechModel.read(shared.resolve("gru"));
    word(folder.resolve("early.wav"), 1000, 3200);
    word(folder.resolve("late.wav"), 9000, 14_800); // no pause before the click
    assertEquals(225, heard(model, "early.wav").wordEnd(), 26);
    assertEquals(1000, heard(model, "late.wav").wordEnd(), 26);
    Listening made = said(25, 1, 0, 1, 1);
    assertEquals(2, made.decisionStep());
    assertEquals(1, made.decision());
    assertEquals(5, made.delay());
    Listening always = said(25, 0, 0);
    assertEquals(0, always.decisionStep());
    assertEquals(-15, always.delay());
  }

  private Listening heard(TrainedSpeechModel model, String file) throws IOException {
    Listener listener = new Listener(model);
    return listener.to(listener.sound(folder.resolve(file)), 0);
  }

  /** Predictions, one every 10 ms. */
  private static Listening said(double wordEnd, int... predictions) {
    List<Step> steps = new ArrayList<>();
    for (int prediction : predictions) {
      steps.add(new Step(10 * (steps.size() + 1), List.of(0.5f, 0.5f), prediction));
    }
    return new Listening(List.of("a", "b"), steps, List.of(new float[1]), 0, wordEnd);
  }

  /** A tone in the second of three seconds, the last of which is a quarter of one. */
  private Path threeSeconds() throws IOException {
    byte[] pcm = new byte[2 * (2 * SAMPLES + 4000)];
    for (int i = SAMPLES + 4000; i < SAMPLES + 8000; i++) {
      int value = (int) Math.round(10_000 * Math.sin(0.3 * i));
      pcm[2 * i] = (byte) value;
      pcm[2 * i + 1] = (byte) (value >> 8);
    }
    Path file = folder.resolve("three.wav");
    TestClips.write(file, pcm);
    return file;
  }

  @Test
  void hearsLongerRecordingsToTheirEnd() throws Exception {
    for (String name : List.of("gle-gsc-small", "gru")) {
      Path out = folder.resolve("heard-" + name);
      Outcome outcome =
          gle("listen", threeSeconds(), "--model", shared.resolve(name), "--out", out);
      assertEquals(0, outcome.exitCode(), outcome::toString);
      List<String> lines = outcome.out().lines().toList();
      assertEquals(name + " hears 2.25 s, a decision per second:", lines.get(0));
      assertTrue(lines.get(1).matches(" +0.00 to 1.00 s: \\w+, .* %, .*, no sound"), lines.get(1));
      assertTrue(
          lines.get(2).matches(" +1.00 to 2.00 s: .* at 1\\.\\d\\d s, the word ends at 1.5\\d s"),
          lines.get(2));
      assertTrue(lines.get(3).matches(" +2.00 to 2.25 s: .*, no sound"), lines.get(3));
      assertEquals(5, lines.size(), outcome::out);
      TrainedSpeechModel model = TrainedSpeechModel.read(shared.resolve(name));
      List<String> table = Files.readAllLines(out.resolve("probabilities.csv"));
      int steps = model.features().steps();
      assertEquals(1 + 3 * steps, table.size());
      assertTrue(table.get(3 * steps).startsWith((3 * steps - 1) + ","), table.get(3 * steps));
      assertNotNull(ImageIO.read(out.resolve("listening.png").toFile()));
      // Each second is heard as if it were alone.
      Listener listener = new Listener(model);
      float[] sound = listener.sound(threeSeconds());
      listener.to(sound, 0);
      Listening second = listener.to(sound, 1);
      Listening alone = listener.to(Arrays.copyOfRange(sound, SAMPLES, 2 * SAMPLES), 0);
      assertEquals(alone.decisionStep(), second.decisionStep());
      assertEquals(
          alone.steps().get(steps - 1).probabilities(),
          second.steps().get(steps - 1).probabilities());
      assertEquals(1000 + alone.decisionTime(), second.decisionTime(), 1e-9);
      assertEquals(1000 + alone.wordEnd(), second.wordEnd(), 1e-9);
    }
  }

  @Test
  void silenceHasNoEndOfAWordAndShortRecordingsAreSaidToBeShort() throws Exception {
    byte[] silent = new byte[2 * 4000];
    silent[100] = 1; // rounding noise
    TestClips.write(folder.resolve("silent.wav"), silent);
    Outcome outcome = listen(folder.resolve("silent.wav"), shared.resolve("gru"));
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("no sound, so there is no end of a word"), outcome::out);
    assertTrue(outcome.out().contains("the recording has 0.25 s, the rest"), outcome::out);
    assertFalse(outcome.out().contains("the word ends"), outcome::out);
  }

  @Test
  void readsFromAPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    Assumptions.assumeTrue(made.waitFor() == 0, "no pipes with names here");
    byte[] word = Files.readAllBytes(shared.resolve("word.wav"));
    Thread writer =
        new Thread(
            () -> {
              try {
                Files.write(pipe, word);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    writer.start();
    Outcome outcome = listen(pipe, shared.resolve("gru"));
    writer.join();
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(outcome.out().contains("the word ends at 500 ms: decided "), outcome::out);
  }

  /** A network of one's own words knows them. */
  @Test
  void trainsAndHearsWordsOfOnesOwn() throws Exception {
    Path own = folder.resolve("own");
    for (String word : List.of("lamp", "door")) {
      for (int i = 0; i < 6; i++) {
        TestClips.write(own.resolve(word + "/" + word + i + ".wav"), 16_000);
      }
    }
    Files.writeString(own.resolve("lamp/notes.txt"), "no clip");
    for (String words : List.of("lamp,door", "all")) {
      Path run = folder.resolve("run-" + words);
      Object[] options = {"gsc", "--data", own, "--words", words, "--split=files"};
      Outcome data = run("data", options);
      assertEquals(0, data.exitCode(), data::toString);
      assertTrue(
          data.out().contains("left out, being no WORD/NAME.wav: 1, such as lamp/notes.txt"),
          data::out);
      assertTrue(data.out().contains("train label counts: 4 4"), data::out);
      Outcome trained = run("train", options, "--model=gru", "--epochs=1", "--out=" + run);
      assertEquals(0, trained.exitCode(), trained::toString);
      assertTrue(trained.out().contains("no background noise, so training clips get shifts only"));
      Path heard = folder.resolve("heard-" + words);
      Outcome outcome =
          gle("listen", own.resolve("lamp/lamp1.wav"), "--model", run, "--out", heard);
      assertTrue(outcome.out().matches("(?s)gru hears: (lamp|door)\\R.*"), outcome::toString);
      String first = Files.readAllLines(heard.resolve("probabilities.csv")).get(0);
      String names = words.equals("all") ? "door,lamp" : "lamp,door";
      assertEquals("step,milliseconds," + names + ",prediction", first);
    }
    Outcome compared =
        run(
            "compare",
            new Object[] {"gsc", "--data", own, "--words=all", "--split=speakers"},
            "--models=mlp",
            "--epochs=1",
            "--seeds=1",
            "--out=" + folder.resolve("compared"));
    assertEquals(0, compared.exitCode(), compared::toString);
    Object[] some = {"gsc", "--data", own, "--split=files"};
    assertRefusedAtOnce("--words = [lamp]: two or more classes", run("data", some, "--words=lamp"));
    assertRefusedAtOnce(
        "--words = [lamp, lamp]: each word", run("data", some, "--words=lamp,lamp"));
    assertRefusedAtOnce(
        own
            + ": no clip of 'Lamp', which is one of the wanted classes; there are clips of door, lamp",
        run("data", some, "--words=Lamp,door"));
    assertRefusedAtOnce(
        own + ": silence needs a folder _background_noise_ or _silence_ with WAV files",
        run("data", some, "--words=all,_silence_"));
    assertRefusedAtOnce(
        "--words = lamp,all: beside all only _unknown_, _silence_ allowed",
        run("data", some, "--words=lamp,all"));
    assertRefusedAtOnce(
        "--words = all: only without --classes allowed",
        run("data", some, "--words=all", "--classes=12"));
    assertRefusedAtOnce(
        "--words = all: only with gsc allowed", gle("train", "mnist1d", "--words=all"));
    assertRefusedAtOnce(
        "no split by lists", run("data", new Object[] {"gsc", "--data", own}, "--words=all"));
  }

  private static Outcome run(String command, Object[] options, Object... more) {
    List<Object> args = new ArrayList<>(List.of(command));
    args.addAll(Arrays.asList(options));
    args.addAll(Arrays.asList(more));
    return gle(args.toArray());
  }

  @Test
  void refusesWhatItCannotUseInOneLine() throws Exception {
    Path word = shared.resolve("word.wav");
    Path gru = shared.resolve("gru");
    Path bad = Files.write(folder.resolve("bad.wav"), new byte[30]);
    assertRefusedAtOnce(bad + ": begins with '????'", listen(bad, gru));
    assertRefusedAtOnce(folder + ": a folder; a WAV file allowed", listen(folder, gru));
    assertRefusedAtOnce(
        word + ": is a file; the output folder of gle train gsc allowed", listen(word, word));
    Path nowhere = folder.resolve("nowhere");
    assertRefusedAtOnce(nowhere + ": no readable file; a WAV file allowed", listen(nowhere, gru));
    assertRefusedAtOnce(nowhere + ": no manifest.json in it; the output", listen(word, nowhere));
    assertRefusedAtOnce(
        "mlp sees a clip as a whole and cannot listen to it step by step; gle-gsc, "
            + "gle-gsc-small, gru, lstm allowed",
        listen(word, shared.resolve("mlp")));
    assertRefusedAtOnce("Missing required option: '--model=DIR'", gle("listen", word));
    Path other = folder.resolve("other");
    gle("train", "mnist1d", "--length=8", "--samples=60", "--epochs=0", "--out=" + other);
    assertRefusedAtOnce(other + ": a model of mnist1d; one of gsc allowed", listen(word, other));
    Path copy = Files.createDirectories(folder.resolve("copy"));
    Files.writeString(copy.resolve("manifest.json"), "mine");
    assertRefusedAtOnce("copy/manifest.json: no JSON", listen(word, copy));
    Files.copy(
        gru.resolve("manifest.json"),
        copy.resolve("manifest.json"),
        StandardCopyOption.REPLACE_EXISTING);
    assertRefusedAtOnce("copy/model.zip: not there", listen(word, copy));
    byte[] model = Files.readAllBytes(gru.resolve("model.zip"));
    model[model.length / 2]++;
    Files.write(copy.resolve("model.zip"), model);
    assertRefusedAtOnce("copy/model.zip: damaged, its SHA-256", listen(word, copy));
    model[model.length / 2]--;
    Files.write(copy.resolve("model.zip"), model);
    assertEquals(0, listen(word, copy).exitCode());
  }
}

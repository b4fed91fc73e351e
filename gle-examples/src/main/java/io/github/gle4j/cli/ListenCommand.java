// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.report.ListeningReport;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.Listener;
import io.github.gle4j.suite.Listening;
import io.github.gle4j.suite.TrainedSpeechModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gle listen}: a trained network hears a word. */
@Command(
    name = "listen",
    description = {
      "Streams a recording through a trained network of words.",
      "There is a decision per second. The network is one that gle train gsc has trained. It hears each second step by step. Writes to "
          + "a folder: probabilities.csv and listening.png, with the spectrogram above the "
          + "probabilities of the classes.",
      "Prints the time from the end of the word, its last sound at most 20 dB below the loudest one "
          + "and before a pause of 100 ms, to the decision, the step from which the prediction no "
          + "longer changes."
    },
    sortOptions = false)
final class ListenCommand implements Callable<Integer> {
  private static final int MOST_CLASSES = 3;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "A WAV file or a pipe, /dev/stdin for example; 16 kHz.")
  private Path file;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Output folder of gle train gsc, of gle-gsc, gle-gsc-small, gru or lstm.")
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A new or empty folder (default: runs/listen-<time>).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    if (Files.isDirectory(file) || !Files.isReadable(file)) {
      throw new BadInputException(
          file
              + (Files.isDirectory(file) ? ": a folder" : ": no readable file")
              + "; a WAV file allowed");
    }
    TrainedSpeechModel network = TrainedSpeechModel.read(model);
    Listener listener = new Listener(network);
    float[] sound;
    try {
      sound = listener.sound(file);
    } catch (InvalidWavException e) {
      throw new BadInputException(e.getMessage());
    }
    try (OutputFolder folder = OutputFolder.open(out, "listen")) {
      hear(network, listener, sound, folder.path());
    }
    return 0;
  }

  private void hear(TrainedSpeechModel network, Listener listener, float[] sound, Path folder)
      throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    int seconds = listener.seconds(sound);
    double length = (double) sound.length / network.features().sampleRate();
    if (seconds > 1) {
      console.printf(
          Locale.ROOT, "%s hears %.2f s, a decision per second:%n", network.name(), length);
    }
    Iterator<Listening> heard =
        IntStream.range(0, seconds)
            .mapToObj(
                second -> {
                  Listening listening = listener.to(sound, second);
                  if (seconds > 1) {
                    printLine(listening, length);
                  } else {
                    print(network, listening, length);
                  }
                  console.flush();
                  return listening;
                })
            .iterator();
    String title = file.getFileName() + ", heard by " + network.name();
    List<String> files = ListeningReport.write(folder, title, network.classes(), heard);
    String cut =
        seconds > ListeningReport.PICTURED_SECONDS
            ? " (its first " + ListeningReport.PICTURED_SECONDS + " s)"
            : "";
    console.println("  " + folder + ": " + String.join(", ", files) + cut);
    console.flush();
  }

  /** One of many seconds, the last of which may be shorter. */
  private void printLine(Listening listening, double length) {
    double start = listening.start() / 1000;
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "  %7.2f to %.2f s: %s, %.1f %%, decided at %.2f s, %s%n",
            start,
            Math.min(start + 1, length),
            listening.classes().get(listening.decision()),
            100 * listening.probability(),
            listening.decisionTime() / 1000,
            listening.hasSound()
                ? String.format(Locale.ROOT, "the word ends at %.2f s", listening.wordEnd() / 1000)
                : "no sound");
  }

  private void print(TrainedSpeechModel network, Listening listening, double length) {
    PrintWriter console = spec.commandLine().getOut();
    console.printf(
        Locale.ROOT,
        "%s hears: %s%n",
        network.name(),
        listening.classes().get(listening.decision()));
    if (length < 1) {
      console.printf(
          Locale.ROOT, "  the recording has %.2f s, the rest of the second is silent%n", length);
    }
    console.println("  at the end of the clip: " + mostProbable(listening));
    console.printf(
        Locale.ROOT,
        "  decided from step %d of %d on, at %.0f ms%n",
        listening.decisionStep(),
        listening.steps().size(),
        listening.decisionTime());
    if (listening.hasSound()) {
      console.printf(
          Locale.ROOT,
          "  the word ends at %.0f ms: decided %.0f ms %s%n",
          listening.wordEnd(),
          Math.abs(listening.delay()),
          listening.delay() < 0 ? "before" : "after");
    } else {
      console.println("  no sound, so there is no end of a word");
    }
  }

  private static String mostProbable(Listening listening) {
    int steps = listening.steps().size();
    List<Float> last = listening.steps().get(steps - 1).probabilities();
    return String.join(
        ", ",
        IntStream.range(0, last.size())
            .boxed()
            .sorted((a, b) -> Float.compare(last.get(b), last.get(a)))
            .limit(MOST_CLASSES)
            .map(
                label ->
                    String.format(
                        Locale.ROOT,
                        "%s %.1f %%",
                        listening.classes().get(label),
                        100 * last.get(label)))
            .toList());
  }
}

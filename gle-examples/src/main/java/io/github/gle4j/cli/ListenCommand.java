// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.report.ListeningReport;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.Listening;
import io.github.gle4j.suite.TrainedSpeechModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
      "Streams the first second of a recording through a network that gle train gsc has trained,",
      "step by step. Writes to a folder: probabilities.csv and listening.png, with the spectrogram",
      "above the probabilities of the classes.",
      "Prints the time from the end of the word, its last sound at most 20 dB below the loudest",
      "one and before a pause of 100 ms, to the decision, the step from which the prediction no",
      "longer changes."
    },
    sortOptions = false)
final class ListenCommand implements Callable<Integer> {
  private static final int MOST_CLASSES = 3;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A WAV file, 16 kHz mono.")
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
    if (!Files.isReadable(file)) {
      throw new BadInputException(file + ": no readable file; a WAV file allowed");
    }
    TrainedSpeechModel network = TrainedSpeechModel.read(model);
    Listening listening;
    try {
      listening = Listening.to(network, file);
    } catch (InvalidWavException e) {
      throw new BadInputException(e.getMessage());
    }
    Path folder = out == null ? OutputFolder.createFor("listen") : OutputFolder.create(out);
    String decision = listening.classes().get(listening.decision());
    String title = file.getFileName() + ", heard by " + network.name() + ": " + decision;
    List<String> files = ListeningReport.write(folder, title, listening);
    print(network, listening, decision);
    PrintWriter console = spec.commandLine().getOut();
    console.println("  " + folder + ": " + String.join(", ", files));
    console.flush();
    return 0;
  }

  private void print(TrainedSpeechModel network, Listening listening, String decision) {
    PrintWriter console = spec.commandLine().getOut();
    int steps = listening.steps().size();
    int step = listening.decisionStep();
    console.printf(Locale.ROOT, "%s hears: %s%n", network.name(), decision);
    console.println("  at the end of the clip: " + mostProbable(listening));
    console.printf(
        Locale.ROOT,
        "  decided from step %d of %d on, at %.0f ms%n",
        step,
        steps,
        listening.steps().get(step).milliseconds());
    console.printf(
        Locale.ROOT,
        "  the word ends at %.0f ms: decided %.0f ms %s%n",
        listening.wordEnd(),
        Math.abs(listening.delay()),
        listening.delay() < 0 ? "before" : "after");
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

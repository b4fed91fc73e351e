// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.images.ImageSet;
import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dOptions;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.suite.BadInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gle data}: what a data set contains. */
@Command(
    name = "data",
    description = "Prints shapes, label counts and SHA-256 of a data set.",
    sortOptions = false)
final class DataCommand implements Callable<Integer> {
  private static final int PUBLISHED_LENGTH = 40;
  private static final int PUBLISHED_SEED = 42;
  private static final double MEASURED_SECONDS = 3;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DATASET",
      description = "mnist1d, gsc (Google Speech Commands 0.02), cifar10 or mnist.")
  private Names.DataSetName dataSet;

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "mnist1d: points of a sequence, 2 or more (default: " + PUBLISHED_LENGTH + ").")
  private Integer length;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = {
        "Seed, 0 or more. mnist1d: of the generator (default: "
            + PUBLISHED_SEED
            + ", as published).",
        "gsc: of the choice of speakers, unknown words and silence (default: 0)."
      })
  private Integer seed;

  @Mixin private SpeechOptions speech;

  @Option(
      names = "--throughput",
      description =
          "gsc: measures how many clips per second become features, and what augmentation costs an "
              + "epoch of training; some minutes.")
  private boolean throughput;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "gsc: threads of --throughput (default: as many as processors).")
  private Integer threads;

  @Override
  public Integer call() throws IOException {
    switch (dataSet) {
      case MNIST1D -> mnist1d();
      case GSC -> gsc();
      case CIFAR10, MNIST -> images();
    }
    return 0;
  }

  private void refuseOptionsOfSpeech() {
    String misplaced =
        throughput
            ? "--throughput"
            : threads != null ? "--threads = " + threads : speech.givenBesidesData();
    if (misplaced != null) {
      throw new ParameterException(spec.commandLine(), misplaced + ": only with gsc allowed");
    }
  }

  private void mnist1d() {
    if (speech.data() != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--data = " + speech.data() + ": only with gsc, cifar10, mnist allowed");
    }
    refuseOptionsOfSpeech();
    int chosenSeed = seed == null ? PUBLISHED_SEED : seed;
    Mnist1dOptions options;
    try {
      int chosenLength = length == null ? PUBLISHED_LENGTH : length;
      options = Mnist1d.builder().length(chosenLength).seed(chosenSeed).options();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
    Mnist1d data = Mnist1d.generate(options);
    PrintWriter out = spec.commandLine().getOut();
    out.println("data set: " + dataSet);
    out.println("length: " + data.length());
    out.println("seed: " + chosenSeed);
    out.println("train shape: " + shape(data.trainSize(), data.length()));
    out.println("test shape: " + shape(data.testSize(), data.length()));
    out.println("train label counts: " + counts(data.trainLabelCounts()));
    out.println("test label counts: " + counts(data.testLabelCounts()));
    out.println("train float32 SHA-256: " + data.trainSha256());
    out.println("test float32 SHA-256: " + data.testSha256());
    out.flush();
  }

  private void refuseLength() {
    if (length != null) {
      throw new ParameterException(
          spec.commandLine(), "--length = " + length + ": only with mnist1d allowed");
    }
  }

  private void images() throws IOException {
    refuseOptionsOfSpeech();
    refuseLength();
    if (seed != null) {
      throw new ParameterException(
          spec.commandLine(), "--seed = " + seed + ": only with mnist1d, gsc allowed");
    }
    PrintWriter out = spec.commandLine().getOut();
    ImageSet data = ImageReport.load(dataSet, speech.data(), out);
    out.println("data set: " + dataSet);
    ImageReport.print(data, out);
  }

  private void gsc() throws IOException {
    refuseLength();
    if (threads != null && (threads < 1 || threads > 256)) {
      throw new ParameterException(
          spec.commandLine(), "--threads = " + threads + ": 1 to 256 allowed");
    }
    int chosenSeed = seed == null ? 0 : seed;
    SpeechCommands data = speech.load(spec.commandLine(), chosenSeed);
    PrintWriter out = spec.commandLine().getOut();
    out.println("data set: " + dataSet);
    out.println("split: " + speech.split());
    out.println("seed: " + chosenSeed);
    SpeechReport report = new SpeechReport(data, out);
    try {
      report.contents();
      if (throughput) {
        int all = Runtime.getRuntime().availableProcessors();
        report.throughput(threads == null ? all : threads, MEASURED_SECONDS);
        report.training(speech.split().toString());
      }
    } catch (InvalidWavException | IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static String shape(int sequences, int length) {
    return String.format(Locale.ROOT, "[%d, 1, %d]", sequences, length);
  }

  static String counts(int[] counts) {
    return Arrays.stream(counts).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dOptions;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
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
final class DataCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DATASET", description = "mnist1d")
  private Names.DataSetName dataSet;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "40",
      description = "Points of a sequence, 2 or more (default: ${DEFAULT-VALUE}).")
  private int length;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "42",
      description = "Seed of the generator, 0 or more (default: ${DEFAULT-VALUE}, as published).")
  private int seed;

  @Override
  public void run() {
    Mnist1dOptions options;
    try {
      options = Mnist1d.builder().length(length).seed(seed).options();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
    Mnist1d data = Mnist1d.generate(options);
    PrintWriter out = spec.commandLine().getOut();
    out.println("data set: " + dataSet);
    out.println("length: " + data.length());
    out.println("seed: " + seed);
    out.println("train shape: " + shape(data.trainSize(), data.length()));
    out.println("test shape: " + shape(data.testSize(), data.length()));
    out.println("train label counts: " + counts(data.trainLabelCounts()));
    out.println("test label counts: " + counts(data.testLabelCounts()));
    out.println("train float32 SHA-256: " + data.trainSha256());
    out.println("test float32 SHA-256: " + data.testSha256());
    out.flush();
  }

  private static String shape(int sequences, int length) {
    return "[%d, 1, %d]".formatted(sequences, length);
  }

  private static String counts(int[] counts) {
    return Arrays.stream(counts).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }
}

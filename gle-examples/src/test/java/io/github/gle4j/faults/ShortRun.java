// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import io.github.gle4j.cli.Gle;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A run of {@code gle train} that is short, in a process of its own, and what comes of it. */
final class ShortRun {
  /** A network whose epochs take a tenth of a second. */
  static final List<String> OPTIONS =
      List.of("train", "mnist1d", "--length=20", "--samples=300", "--batch=40", "--threads=1");

  private ShortRun() {}

  /** The words that start the program: java, -cp, the class path, the class. */
  static List<String> program() {
    return java(Gle.class);
  }

  /** The words that start a class with these words. */
  static List<String> java(Class<?> main, String... words) {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    all.addAll(List.of(words));
    return all;
  }

  /** All words of a command. */
  static List<String> command(List<String> options, String... more) {
    List<String> words = new ArrayList<>(program());
    words.addAll(options);
    words.addAll(List.of(more));
    return words;
  }

  static INDArray parameters(Path run) throws IOException {
    return ModelFiles.network(run.resolve("model.zip"), false).params();
  }

  static void print(String figure) {
    figure(figure + ", all numbers the same");
  }

  @SuppressWarnings("SystemOut") // the profile's output
  static void figure(String figure) {
    System.out.println("figure: " + figure);
  }
}

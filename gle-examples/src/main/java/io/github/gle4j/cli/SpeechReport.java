// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.models.SpeechModels;
import io.github.gle4j.speech.Augmentation;
import io.github.gle4j.speech.FeatureOptions;
import io.github.gle4j.speech.Part;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.speech.SpeechCommandsDataSetIterator;
import io.github.gle4j.suite.TrainingThroughput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Prints what the clips of Speech Commands are, and how fast they become features. */
final class SpeechReport {
  private static final int BATCH = 256;
  private static final List<String> TRAINED = List.of("gle-gsc-small", "mlp");

  private final SpeechCommands data;
  private final PrintWriter out;

  SpeechReport(SpeechCommands data, PrintWriter out) {
    this.data = data;
    this.out = out;
  }

  void contents() throws IOException {
    out.println("folder: " + data.folder());
    out.println("classes: " + String.join(" ", data.classes().names()));
    FeatureOptions features = FeatureOptions.melSpectrogram();
    for (Part part : Part.values()) {
      out.printf(
          Locale.ROOT,
          "%s shape: [%d, %d, %d]%n",
          name(part),
          data.clips(part).size(),
          features.rows(),
          features.steps());
    }
    for (Part part : Part.values()) {
      String counts =
          Arrays.stream(data.labelCounts(part))
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(" "));
      out.println(name(part) + " label counts: " + counts);
    }
    for (Part part : Part.values()) {
      out.println(name(part) + " labels and samples SHA-256: " + data.sha256(part));
    }
    out.flush();
  }

  private static String name(Part part) {
    return part.toString().toLowerCase(Locale.ROOT);
  }

  /**
   * Clips per second of the training part, in whole epochs, minibatches included.
   *
   * @param seconds how long to measure each way, at least
   * @throws IllegalArgumentException when there is no training clip, or no background noise
   */
  void throughput(int threads, double seconds) throws IOException {
    out.println("training clips per second, in minibatches of " + BATCH + ":");
    for (int each : threads == 1 ? new int[] {1} : new int[] {1, threads}) {
      String suffix = each == 1 ? ", 1 thread" : ", " + each + " threads";
      measure("mel spectrogram" + suffix, iterator(each), seconds);
      measure(
          "mel spectrogram, augmented" + suffix,
          iterator(each).augmentation(Augmentation.published(), 1),
          seconds);
      measure(
          "10 cepstral coefficients" + suffix,
          iterator(each).features(FeatureOptions.mfcc(10)),
          seconds);
    }
    Path cache = Files.createTempDirectory("gle-features");
    try {
      measure(
          "mel spectrogram, from the cache, " + threads + " threads",
          iterator(threads).cacheFolder(cache),
          seconds);
    } finally {
      delete(cache);
    }
  }

  /**
   * An epoch of training with and without augmentation, beside the minibatches alone.
   *
   * @throws IllegalArgumentException when the clips cannot be trained on
   */
  void training(String split) throws IOException {
    out.println("seconds of an epoch without, with augmentation: minibatches alone, training");
    for (String model : TRAINED) {
      TrainingThroughput.Pair pair =
          TrainingThroughput.measure(data, split, model, SpeechModels.PUBLISHED_UPSAMPLING);
      out.printf(
          Locale.ROOT,
          "  %-15s  %6.1f %6.1f    %6.1f %6.1f   training takes %.2f times as long with it%n",
          model,
          pair.plain().batchSeconds(),
          pair.augmented().batchSeconds(),
          pair.plain().trainingSeconds(),
          pair.augmented().trainingSeconds(),
          pair.ratio());
      out.flush();
    }
  }

  private SpeechCommandsDataSetIterator.Builder iterator(int threads) {
    return SpeechCommandsDataSetIterator.builder()
        .data(data)
        .batchSize(BATCH)
        .shuffleSeed(1)
        .threads(threads);
  }

  private void measure(String what, SpeechCommandsDataSetIterator.Builder builder, double seconds) {
    try (SpeechCommandsDataSetIterator iterator = builder.build()) {
      long start = System.nanoTime();
      iterator.next();
      double first = (System.nanoTime() - start) / 1e9;
      epoch(iterator); // the virtual machine compiles, the cache fills
      long clips = 0;
      start = System.nanoTime();
      double elapsed;
      do {
        iterator.reset();
        epoch(iterator);
        clips += iterator.size();
        elapsed = (System.nanoTime() - start) / 1e9;
      } while (elapsed < seconds);
      out.printf(
          Locale.ROOT,
          "  %-55s %6.0f   first minibatch after %.2f s%n",
          what,
          clips / elapsed,
          first);
      out.flush();
    }
  }

  private static void epoch(SpeechCommandsDataSetIterator iterator) {
    while (iterator.hasNext()) {
      iterator.next();
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}

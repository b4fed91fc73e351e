// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.TrainingSettings;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TaskDescription;
import io.github.gle4j.suite.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the page and the Markdown of a comparison say. */
final class ComparisonWords {
  private static final List<String> EXPLANATIONS =
      List.of(
          "online: the network learns while a sequence arrives, an update of all parameters per"
              + " time step. Otherwise: an update per batch of whole sequences, by backpropagation"
              + " (through time).",
          "streamed: the network reads one point at a time. Bidirectional ones read the sequence a"
              + " second time from its end, so they answer only once it is complete. A network of your own"
              + " counts as streamed if it learns online, or if rnnTimeStep, point by point, puts out"
              + " what output does for the whole sequence, below a readout of the last step or a"
              + " pooling over time.",
          "training time: learning only, without evaluation, on one thread per run. points: time"
              + " steps of a sequence. steps/s: points of a sequence that a batch of sequences"
              + " advances per second of learning, forward and backward.",
          "memory of training state: what the learning rule must remember of one sequence to learn"
              + " from it, counted in numbers of 4 bytes (not measured). Backpropagation: the input"
              + " and the output of every layer at all time steps, in an LSTM also its gates and"
              + " cell, in a GRU its gates and the recurrent product; it grows with the length of"
              + " the sequence. GLE: of every neuron voltage, rate, its derivative, and one error,"
              + " and the feedback to the layer below, of the current time step only; it does not"
              + " grow. Parameters and the optimiser's moments are not counted.");

  private ComparisonWords() {}

  static String title(ComparedResults results) {
    return "GLE and others on " + results.task().title();
  }

  static String summary(ComparedResults results) {
    String seeds =
        results.plans().stream()
            .map(TrainingPlan::seed)
            .distinct()
            .sorted()
            .map(seed -> seed + "")
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%d of %d runs are finished: %d models, seeds %s. Data: %s Accuracies are those of the"
            + " test set after the last epoch (not the best one), mean \u00b1 standard deviation over"
            + " the seeds.",
        results.runs().size(),
        results.plans().size(),
        results.models().size(),
        seeds,
        results.task().data());
  }

  /** By which protocol every number was made. */
  static String protocol(ComparedResults results) {
    TaskDescription task = results.task();
    return String.format(
        Locale.ROOT, "Protocol %s. %s", task.protocol().protocolName(), task.rates());
  }

  static List<String> explanations(ComparedResults results) {
    List<String> all = new ArrayList<>(EXPLANATIONS);
    all.add(
        "settings, which go before what is said above about learning rates: "
            + settings(results)
            + ".");
    if (results.isPublished()) {
      all.add("published: accuracies of the publications, on " + results.task().published() + ".");
    }
    return all;
  }

  private static String settings(ComparedResults results) {
    return results.plans().stream()
            .map(ComparisonWords::settings)
            .distinct()
            .collect(Collectors.joining("; "))
        + " (plateau F N: multiplied by F after more than N epochs without a lower loss; cosine:"
        + " falls to nearly 0 over the epochs)";
  }

  private static String settings(TrainingPlan plan) {
    Double rate = plan.initialLearningRate();
    TrainingSettings settings = plan.model().settings();
    return String.format(
        Locale.ROOT,
        "%s: batches of %d, %s",
        plan.model().name(),
        settings.batchSize(),
        rate == null ? "updaters of its own" : "learning rate " + rate + " " + settings.schedule());
  }

  static List<String> deviations(ComparedResults results) {
    if (!results.task().isPublishedData()) {
      return List.of("not judged: the data is not the published one");
    }
    List<String> lines = new ArrayList<>();
    for (ModelSummary model : results.models()) {
      if (Math.abs(model.deviation()) > 2) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s: measured %s, published %s: %.1f published standard deviations %s",
                model.model().name(),
                ComparisonTables.text(model.accuracy()),
                ComparisonTables.published(model),
                Math.abs(model.deviation()),
                model.deviation() > 0 ? "above" : "below"));
      }
    }
    List<String> others =
        results.models().stream()
            .filter(model -> model.model().published() != null && Double.isNaN(model.deviation()))
            .map(model -> model.model().name())
            .toList();
    if (!others.isEmpty()) {
      lines.add(
          "not judged, as not (yet) trained as long as published, or published without a standard"
              + " deviation: "
              + String.join(", ", others));
    }
    return lines.isEmpty() ? List.of("none") : lines;
  }

  static List<String> commands(ComparedResults results) {
    return distinct(results, ComparedRun::command);
  }

  static List<String> machines(ComparedResults results) {
    return distinct(results, ComparisonWords::machine);
  }

  private static List<String> distinct(
      ComparedResults results, Function<ComparedRun, String> property) {
    return results.runs().stream().map(property).distinct().toList();
  }

  private static String machine(ComparedRun run) {
    return run.machine().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("; "));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.models.RateSchedule;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import io.github.gle4j.report.ComparisonReport;
import io.github.gle4j.report.Environment;
import io.github.gle4j.report.OtherRuns;
import io.github.gle4j.report.RunArchive;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.Comparison;
import io.github.gle4j.suite.Task;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code gle compare}: trains many models with many seeds and puts them side by side. */
@Command(
    name = "compare",
    description = {
      "Compares GLE models, baselines and networks of your own.",
      "Trains each with several seeds and writes to a folder: report.html, report.md, results.csv, "
          + "curves.csv.",
      "Every finished run is kept: after Ctrl-C, or with more models, the same command goes on;"
          + " with fewer, the report still has all of them."
    },
    sortOptions = false)
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Gle gle;

  @Mixin private TaskOptions tasks;

  @Option(
      names = "--models",
      paramLabel = "M",
      split = ",",
      description = {
        "Such as gle-15k,gru-72 (default: all).",
        "mnist1d: mlp-40, mlp-360, tcn-40, tcn-360, gru-40, gru-72, lstm-72, gle-15k, gle-42k, "
            + "lagnet-le;",
        "gsc: gle-gsc, gle-gsc-small, mlp, tcn, gru, lstm;",
        "cifar10: le-lenet, bp-lenet; mnist: these, le-dense, le-dense-fa, bp-dense."
      })
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = {
        "A network of your own as JSON, a MultiLayerConfiguration or ComputationGraphConfiguration;"
            + " can be repeated. It takes [batch, channels, points] or [batch, channels * points] and"
            + " puts out the classes, 10 of mnist1d with 1 channel or those of gsc with 32; its table name is the file's. GLE layers below an RnnLossLayer learn online,"
            + " everything else by fit."
      })
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--model-points",
      paramLabel = "N",
      description = "mnist1d: points of a sequence for networks of your own (default: 360).")
  private Integer points;

  @Option(
      names = "--seeds",
      paramLabel = "S",
      split = ",",
      defaultValue = "1,2,3",
      description =
          "Seeds of the initial weights and of the order of the training sequences, 1 or more "
              + "(default: ${DEFAULT-VALUE}). The data is the same for every seed.")
  private List<Integer> seeds = new ArrayList<>();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description =
          "Passes over the training set, 1 or more (default: mnist1d 150, gle-gsc 420, others the "
              + "model's).")
  private Integer epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "M=X",
      split = ",",
      description = "A model's learning rate at the start, such as gle-gsc=1e-4.")
  private Map<String, Double> learningRates = new LinkedHashMap<>();

  @Option(
      names = "--batch",
      paramLabel = "M=N",
      split = ",",
      description = "Sequences side by side of a model, such as gle-gsc=128.")
  private Map<String, Integer> batches = new LinkedHashMap<>();

  @Option(
      names = "--schedule",
      paramLabel = "M=S",
      split = ",",
      description =
          "How a model's learning rate changes: constant, or cosine, by which it falls to nearly 0 "
              + "over the epochs, such as gle-gsc=cosine (default: the model's).")
  private Map<String, RateSchedule> schedules = new LinkedHashMap<>();

  @Option(
      names = "--jobs",
      paramLabel = "J",
      defaultValue = "1",
      description = {
        "Runs at a time, each on one thread (default: ${DEFAULT-VALUE}). With more, they slow each"
            + " other down, and the times say less."
      })
  private int jobs;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = {
        "Folder of the runs and the report (default: runs/compare-DATASET); finished runs in it are"
            + " not repeated."
      })
  private Path out;

  @Override
  public Integer call() throws IOException {
    Task task = task();
    TaskModels known = task.models();
    List<TrainingPlan> plans = plans(task, known);
    if (out == null) {
      out = Path.of("runs", "compare-" + task.description().name());
    }
    try (OutputFolder folder = folder()) {
      return compare(plans, known);
    }
  }

  private Integer compare(List<TrainingPlan> plans, TaskModels known) throws IOException {
    RunArchive archive = new RunArchive(out.resolve("runs"));
    Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
    for (TrainingPlan plan : plans) {
      results.put(plan, archive.find(plan).orElse(null));
    }
    OtherRuns others = archive.others(plans, (name, seed) -> beside(plans, known, name, seed));
    List<TrainingPlan> missing = plans.stream().filter(plan -> results.get(plan) == null).toList();
    PrintWriter console = spec.commandLine().getOut();
    console.printf(
        Locale.ROOT,
        "%d runs, %d of them finished already; results go to %s%n",
        plans.size(),
        plans.size() - missing.size(),
        out);
    explain(console, archive, plans.stream().filter(p -> results.get(p) != null).toList(), others);
    console.flush();
    long start = System.nanoTime();
    gle.interruption().arm();
    List<String> failures = new ArrayList<>();
    Comparison comparison =
        new Comparison(missing, jobs, gle.interruption(), commandLine(), machine());
    try (ComparisonDisplay display =
        new ComparisonDisplay(console, Terminal.columns(), plans, missing)) {
      comparison.run(
          new Comparison.Observer() {
            @Override
            public void onEpoch(TrainingPlan plan, Epoch epoch) {
              display.epoch(plan, epoch);
            }

            @Override
            public void onRun(TrainingPlan plan, ComparedRun run) throws IOException {
              archive.keep(plan, run);
              results.put(plan, run);
              display.run(plan, run);
            }

            @Override
            public void onFailure(TrainingPlan plan, String reason) {
              failures.add(plan.model().name() + ", seed " + plan.seed() + ": " + reason);
            }
          });
    }
    long finished = results.values().stream().filter(run -> run != null).count();
    inOrder(others.fitting(), known).forEach(results::put);
    ComparisonReport report = new ComparisonReport(results);
    List<String> written = report.write(out);
    boolean interrupted = gle.interruption().getAsBoolean();
    console.println();
    report.lines().forEach(console::println);
    console.printf(
        Locale.ROOT,
        "%n%s, %d of %d runs finished, %s%n",
        interrupted ? "interrupted: the same command goes on" : "done",
        finished,
        plans.size(),
        Durations.text((System.nanoTime() - start) / 1e9));
    console.println("  " + out + ": " + String.join(", ", written));
    console.flush();
    failures.forEach(failure -> spec.commandLine().getErr().println("gle compare: " + failure));
    spec.commandLine().getErr().flush();
    return interrupted ? Gle.INTERRUPTED : failures.isEmpty() ? 0 : Gle.FAILED;
  }

  /** What the options ask for; they are refused here, before anything else happens. */
  private Task task() throws IOException {
    require(epochs == null || epochs >= 1, "--epochs = " + epochs + ": 1 or more allowed");
    require(points == null || points >= 2, "--model-points = " + points + ": 2 or more allowed");
    require(jobs >= 1, "--jobs = " + jobs + ": 1 or more allowed");
    for (int seed : seeds) {
      require(seed >= 1, "--seeds = " + seed + ": 1 or more allowed");
    }
    tasks.onlyMnist1d("--model-points", points);
    tasks.notImages("--model", !files.isEmpty());
    return tasks.task(points);
  }

  private List<TrainingPlan> plans(Task task, TaskModels known) throws IOException {
    try {
      Set<TaskModel> models = new LinkedHashSet<>();
      if (names.isEmpty() && files.isEmpty()) {
        models.addAll(known.all());
      }
      names.forEach(name -> models.add(known.named(name)));
      for (Path file : files) {
        require(Files.isReadable(file), "--model = " + file + ": a readable file allowed");
        models.add(known.register(file, task.shape()));
      }
      requireModels("--learning-rate", learningRates.keySet(), models);
      requireModels("--batch", batches.keySet(), models);
      requireModels("--schedule", schedules.keySet(), models);
      List<TrainingPlan> plans = new ArrayList<>();
      for (TaskModel usual : models) {
        TaskModel model = changed(usual);
        for (int seed : new LinkedHashSet<>(seeds)) {
          plans.add(plan(task, model, seed).checked());
        }
      }
      return plans;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private TrainingPlan plan(Task task, TaskModel model, int seed) {
    int passes = epochs == null ? model.settings().epochs() : epochs;
    return TrainingPlan.of(task, model, learningRates.get(model.name()), passes, seed);
  }

  /** The plan of a run that these options would ask for if they named its model and seed. */
  private Optional<TrainingPlan> beside(
      List<TrainingPlan> plans, TaskModels known, String name, int seed) {
    Task task = plans.get(0).task();
    return Stream.concat(plans.stream().map(TrainingPlan::model), known.all().stream())
        .filter(model -> model.name().equals(name)) // first as the options want it
        .findFirst()
        .map(model -> plan(task, model, seed));
  }

  /** By model, as in the tables of the task, then by seed. */
  private static Map<TrainingPlan, ComparedRun> inOrder(
      Map<TrainingPlan, ComparedRun> runs, TaskModels known) {
    List<String> names = known.all().stream().map(TaskModel::name).toList();
    Map<TrainingPlan, ComparedRun> sorted =
        new TreeMap<>(
            Comparator.comparing((TrainingPlan plan) -> names.indexOf(plan.model().name()))
                .thenComparing(TrainingPlan::seed));
    sorted.putAll(runs);
    return sorted;
  }

  /** What is special about the finished runs of the folder. */
  private static void explain(
      PrintWriter console, RunArchive archive, List<TrainingPlan> finished, OtherRuns others) {
    Set<TrainingPlan> fitting = others.fitting().keySet();
    long unchecked =
        Stream.concat(finished.stream(), fitting.stream())
            .filter(plan -> !archive.hasChecksum(plan))
            .count();
    if (unchecked > 0) {
      console.printf(
          Locale.ROOT,
          "%d finished runs without a checksum, as earlier versions wrote them: taken as they"
              + " are%n",
          unchecked);
    }
    if (!fitting.isEmpty()) {
      console.printf(
          Locale.ROOT,
          "the report also has %d finished runs that are there: %s%n",
          fitting.size(),
          names(fitting.stream().map(plan -> plan.model().name())));
    }
    if (!others.foreign().isEmpty()) {
      console.printf(
          Locale.ROOT,
          "not in the report: %d finished runs of other networks, settings, data or protocols: %s%n",
          others.foreign().size(),
          names(others.foreign().stream().map(name -> name.replaceFirst("-seed\\d+-\\w+$", ""))));
    }
  }

  private static String names(Stream<String> all) {
    return all.distinct().sorted().collect(Collectors.joining(", "));
  }

  /** The model as the options want it. */
  private TaskModel changed(TaskModel usual) {
    Integer batch = batches.get(usual.name());
    RateSchedule schedule = schedules.get(usual.name());
    TaskModel model = batch == null ? usual : usual.withBatchSize(batch);
    return schedule == null ? model : model.withSchedule(schedule);
  }

  private void requireModels(String option, Set<String> given, Set<TaskModel> models) {
    List<String> known = models.stream().map(TaskModel::name).toList();
    for (String name : given) {
      require(
          known.contains(name),
          option + " of " + name + ": only of " + String.join(", ", known) + " allowed");
    }
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  /**
   * Nothing of the user's may be overwritten: the folder is new, or one of an earlier comparison.
   */
  private OutputFolder folder() {
    OutputFolder folder =
        Files.isDirectory(out.resolve("runs"))
            ? OutputFolder.of("--out", out)
            : OutputFolder.create(out);
    try {
      Files.createDirectories(out.resolve("runs"));
      return folder;
    } catch (IOException e) {
      folder.close();
      throw new BadInputException("--out = " + out + ": not writable; a writable one allowed");
    }
  }

  private String commandLine() {
    return "gle " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private static Map<String, Object> machine() {
    Map<String, Object> machine = new LinkedHashMap<>(Environment.speed());
    machine.put("gle", Environment.projectVersion());
    machine.put("deeplearning4j", Environment.dl4jVersion());
    return machine;
  }
}

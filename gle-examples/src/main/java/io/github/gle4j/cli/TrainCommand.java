// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.checkpoint.InvalidCheckpointException;
import io.github.gle4j.models.RateSchedule;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.report.TrainingPage;
import io.github.gle4j.report.TrainingReport;
import io.github.gle4j.report.TrainingReport.Status;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Mode;
import io.github.gle4j.suite.RunCheckpoints;
import io.github.gle4j.suite.Task;
import io.github.gle4j.suite.TaskDescription;
import io.github.gle4j.suite.TrainingObserver;
import io.github.gle4j.suite.TrainingPlan;
import io.github.gle4j.suite.TrainingProgress;
import io.github.gle4j.suite.TrainingRun;
import io.github.gle4j.train.Propagation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code gle train}: trains a model. */
@Command(
    name = "train",
    description = {
      "Trains a model, step by step or in whole sequences.",
      "Writes to a folder: manifest.json, metrics.csv, learning-curve.png, "
          + "confusion-matrix.csv and .png, model.zip.",
      "Ctrl-C ends the training and keeps the results so far."
    },
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  private static final String RESUME = "--resume";
  private static final String EPOCHS = "--epochs";

  /** What may be given anew: it decides no number of the epochs that were asked for before. */
  private static final Set<String> WITH_RESUME =
      Set.of(
          RESUME,
          EPOCHS,
          "--threads",
          "--checkpoint-every",
          "--keep-checkpoints",
          "--ui",
          "--ui-host",
          "--ui-port",
          "--debug");

  @Spec private CommandSpec spec;
  @ParentCommand private Gle gle;

  @Mixin private TaskOptions tasks;

  @Option(
      names = "--model",
      paramLabel = "M",
      description = {
        "mnist1d: gle-15k (default), gle-42k, lagnet-le; baselines: mlp-40, mlp-360, tcn-40, "
            + "tcn-360, gru-40, gru-72, lstm-72.",
        "gsc: gle-gsc (default), gle-gsc-small; baselines: mlp, tcn, gru, lstm.",
        "cifar10: le-lenet (default); baseline: bp-lenet.",
        "mnist: le-lenet (default), le-dense, le-dense-fa; baselines: bp-lenet, bp-dense."
      })
  private String modelName;

  @Option(
      names = "--mode",
      paramLabel = "M",
      description = {
        "streaming (default of GLE): as published, an update after every time step.",
        "sequence (default of baselines): DL4J's fit, for GLE an update after every segment of the "
            + "sequences; the neurons start every minibatch from rest."
      })
  private Mode mode;

  @Option(
      names = "--segment",
      paramLabel = "S",
      description =
          "Time steps between updates in sequence mode, 1 to the length of a sequence "
              + "(default: 8).")
  private Integer segment;

  @Option(
      names = "--propagation",
      paramLabel = "P",
      description = {
        "delayed (default for mnist1d, gsc): all layers act at once in a time step, each on what its "
            + "neighbours had in the one before.",
        "sweep (default of LE networks for images): one after the other."
      })
  private Propagation propagation;

  @Option(
      names = EPOCHS,
      paramLabel = "N",
      description =
          "Passes over the training set (default: mnist1d 150, gle-gsc 420, others the "
              + "model's); 0 only evaluates the untrained network. With --resume more than before.")
  private Integer epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description =
          "Adam's rate at the start (default: the model's; of GLE in sequence mode 2e-3), of LE "
              + "networks for images that of plain gradient descent.")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "S",
      description = {
        "cosine: the learning rate falls to nearly 0 over the epochs, by half a cosine.",
        "constant: it stays as it is.",
        "Default: the model's; the published GLE networks and gsc's baselines lower it when the loss "
            + "no longer falls, gle-gsc-small has cosine."
      })
  private RateSchedule schedule;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Sequences side by side, 1 or more (default: the model's).")
  private Integer batch;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "42",
      description =
          "Seed of the initial weights and of the order of the training sequences, "
              + "1 or more (default: ${DEFAULT-VALUE}). The data is the same for every seed.")
  private int seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A new or empty folder (default: runs/train-<time>).")
  private Path out;

  @Option(
      names = "--length",
      paramLabel = "N",
      description =
          "mnist1d: time steps of a sequence (default: 360, as published); fewer are faster.")
  private Integer length;

  @Option(
      names = "--threads",
      paramLabel = "K",
      description =
          "Threads that share the work, 1 or more (default: the processors, at most 4); "
              + "the outcome is the same for any number.")
  private int threads = Math.min(4, Runtime.getRuntime().availableProcessors());

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Minibatches between checkpoints, besides those at the ends of epochs "
              + "(default: ${DEFAULT-VALUE}, only those).")
  private int checkpointEvery;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "N",
      defaultValue = "2",
      description = "Checkpoints that are kept, 1 or more (default: ${DEFAULT-VALUE}).")
  private int keptCheckpoints;

  @Option(
      names = RESUME,
      paramLabel = "DIR",
      description =
          "Goes on with the run of this folder from its last checkpoint, with the very same "
              + "numbers; its settings are those of its start.")
  private Path resumed;

  @Mixin private PageOption page;

  @Override
  public Integer call() throws Exception {
    check();
    TrainingPlan plan = resumed == null ? plan() : resumedPlan();
    page.check();
    try (OutputFolder folder =
        resumed == null ? OutputFolder.open(out, "train") : OutputFolder.of(RESUME, resumed)) {
      return train(plan, folder.path());
    }
  }

  private Integer train(TrainingPlan plan, Path folder) throws Exception {
    TaskDescription task = plan.task().description();
    Optional<CheckpointFolder.Loaded> loaded = loaded();
    PrintWriter console = spec.commandLine().getOut();
    console.printf(
        Locale.ROOT,
        "%s on %s, %s mode, %d epochs, %s protocol, seed %d; results go to %s%n",
        plan.model().name(),
        task.name(),
        plan.mode().modeName(),
        plan.epochs(),
        task.protocol().protocolName(),
        plan.seed(),
        folder);
    console.flush();
    long start = System.nanoTime();
    gle.interruption().arm();
    try (TrainingRun run = new TrainingRun(plan, threads, gle.interruption())) {
      if (loaded.isPresent()) {
        resume(run, loaded.get(), console);
      } else if (resumed != null) {
        console.println("no checkpoint yet: beginning again");
      }
      run.keep(new RunCheckpoints(checkpoints(folder), checkpointEvery));
      return carryOut(run, folder, start, console);
    }
  }

  private Integer carryOut(TrainingRun run, Path folder, long start, PrintWriter console)
      throws Exception {
    try (TrainingPage opened = page.open(run, console);
        TrainingReport report = new TrainingReport(folder, startedBy(), run)) {
      String failure = train(run, report, console);
      if (failure != null) {
        report.fail(failure); // at once: what follows may fail for the same reason
      }
      Status status =
          failure != null ? Status.FAILED : run.isCutShort() ? Status.INTERRUPTED : Status.DONE;
      List<String> files = report.finish(status, failure);
      summarise(run, status, folder, files, (System.nanoTime() - start) / 1e9);
      if (failure != null) {
        spec.commandLine().getErr().println("gle train: " + failure);
        spec.commandLine().getErr().flush();
      }
      if (opened != null && Terminal.isThere()) {
        PageOption.linger(opened, console, gle.interruption());
      }
      return switch (status) {
        case DONE -> 0;
        case INTERRUPTED -> Gle.INTERRUPTED;
        case FAILED -> Gle.FAILED;
      };
    }
  }

  /** The folder of the run that goes on, or null. */
  Path resumed() {
    return resumed;
  }

  private CheckpointFolder checkpoints(Path folder) {
    return new CheckpointFolder(TrainingReport.checkpoints(folder), keptCheckpoints);
  }

  /** The last checkpoint of the run that is resumed; a run may end before it has one. */
  private Optional<CheckpointFolder.Loaded> loaded() {
    if (resumed == null) {
      return Optional.empty();
    }
    try {
      Optional<CheckpointFolder.Loaded> last = checkpoints(resumed).load();
      if (last.isEmpty() && TrainingReport.hasLearned(resumed)) {
        throw badFolder(
            "its checkpoints are gone, and it has results: a run in another folder allowed");
      }
      return last;
    } catch (IOException e) {
      throw badFolder(e.getMessage());
    }
  }

  private void resume(TrainingRun run, CheckpointFolder.Loaded last, PrintWriter console) {
    for (InvalidCheckpointException skipped : last.skipped()) {
      console.println("skipped: " + skipped.getMessage());
    }
    try {
      run.resume(last.checkpoint());
    } catch (IllegalArgumentException e) {
      throw badFolder(e.getMessage());
    }
    console.println("going on from " + last.file() + ", " + run.kept());
    console.flush();
  }

  private BadInputException badFolder(String reason) {
    return new BadInputException(RESUME + " = " + resumed + ": " + reason);
  }

  /** The command line of the run's start. */
  private List<String> startedBy() {
    if (resumed == null) {
      List<String> words = new ArrayList<>();
      words.add("gle");
      words.addAll(spec.root().commandLine().getParseResult().originalArgs());
      return words;
    }
    try {
      List<String> words = new ArrayList<>(TrainingReport.command(resumed));
      if (epochs != null) {
        words.removeIf(word -> word.startsWith(EPOCHS + "="));
        for (int at; (at = words.indexOf(EPOCHS)) >= 0; ) {
          words.subList(at, Math.min(words.size(), at + 2)).clear();
        }
        words.add(EPOCHS + "=" + epochs);
      }
      return words;
    } catch (IOException e) {
      throw badFolder("not the folder of a run of gle train (" + e.getMessage() + ")");
    }
  }

  /** The plan of the run that is resumed, from the command line it was started by. */
  private TrainingPlan resumedPlan() throws IOException {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (!WITH_RESUME.contains(option.longestName())) {
        throw new ParameterException(
            spec.commandLine(),
            String.format(
                Locale.ROOT,
                "%s: not allowed with %s, which goes on as the run was started",
                option.longestName(),
                RESUME));
      }
    }
    try {
      TrainCommand started = gle.parsedTraining(startedBy());
      if (started.tasks.dataSet() == tasks.dataSet()) {
        return started.plan();
      }
    } catch (IllegalArgumentException | ParameterException e) {
      throw badFolder("its manifest's command cannot be read (" + e.getMessage() + ")");
    }
    throw badFolder("a run on another data set");
  }

  private void check() {
    if (epochs != null && epochs < 0) {
      throw new ParameterException(
          spec.commandLine(), EPOCHS + " = " + epochs + ": 0 or more allowed");
    }
    if (threads < 1) {
      throw new ParameterException(
          spec.commandLine(), "--threads = " + threads + ": 1 or more allowed");
    }
    if (checkpointEvery < 0) {
      throw new ParameterException(
          spec.commandLine(), "--checkpoint-every = " + checkpointEvery + ": 0 or more allowed");
    }
    if (keptCheckpoints < 1) {
      throw new ParameterException(
          spec.commandLine(), "--keep-checkpoints = " + keptCheckpoints + ": 1 or more allowed");
    }
  }

  /** What the options ask for; they are refused here, before anything else happens. */
  private TrainingPlan plan() throws IOException {
    tasks.onlyMnist1d("--length", length);
    Task task = tasks.task(length);
    TaskModel model = tasks.model(task, modelName);
    if (propagation != null && mode == Mode.SEQUENCE) {
      throw new ParameterException(
          spec.commandLine(), "--propagation: only with --mode streaming allowed");
    }
    model = changed(model, length, TaskModel::withLength);
    model = changed(model, batch, TaskModel::withBatchSize);
    model = changed(model, schedule, TaskModel::withSchedule);
    model = changed(model, propagation, TaskModel::withPropagation);
    TrainingPlan plan =
        new TrainingPlan(
            task,
            model,
            mode == null ? Mode.of(model) : mode,
            segment,
            learningRate,
            epochs == null ? model.settings().epochs() : epochs,
            seed);
    return tasks.checked(plan::checked);
  }

  /** The model as an option wants it. */
  private <T> TaskModel changed(TaskModel model, T wanted, BiFunction<TaskModel, T, TaskModel> by) {
    return wanted == null ? model : tasks.checked(() -> by.apply(model, wanted));
  }

  /** Returns why training could not go on, or null; a fault of the program is recorded. */
  private static String train(TrainingRun run, TrainingReport report, PrintWriter console)
      throws IOException {
    try (TrainingDisplay display =
        new TrainingDisplay(
            console,
            Terminal.columns(),
            run.plan().epochs(),
            run.plannedSteps(),
            run.trainingSteps())) {
      run.run(
          new TrainingObserver() {
            @Override
            public void onProgress(TrainingProgress progress) {
              display.progress(progress);
            }

            @Override
            public void onEpoch(EpochMetrics metrics) throws IOException {
              report.add(metrics);
              display.epoch(metrics);
            }
          });
      return null;
    } catch (ArithmeticException | UncheckedIOException e) {
      return e.getMessage();
    } catch (IOException e) { // a full disk, for instance
      return e.getClass().getSimpleName() + ": " + e.getMessage();
    } catch (RuntimeException | Error e) {
      report.fail(e.toString());
      throw e;
    }
  }

  private void summarise(
      TrainingRun run, Status status, Path folder, List<String> files, double seconds) {
    PrintWriter console = spec.commandLine().getOut();
    List<EpochMetrics> epochs = run.metrics();
    EpochMetrics last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
    String when = last == null ? "before the first evaluation" : "after epoch " + last.epoch();
    console.println();
    console.println(
        String.format(
            Locale.ROOT,
            "%s %s, %s",
            status.toString().toLowerCase(Locale.ROOT),
            when,
            Durations.text(seconds)));
    if (last != null) {
      console.println("  train       " + TrainingDisplay.figures(last.train()));
      if (last.validation() != null) {
        console.println("  validation  " + TrainingDisplay.figures(last.validation()));
      }
      console.println("  test        " + TrainingDisplay.figures(last.test()));
    }
    if (run.trainingSteps() > 0) {
      console.printf(
          Locale.ROOT,
          "  %d training steps, %.3f ms each, %d updates%n",
          run.trainingSteps(),
          run.millisecondsPerStep(),
          run.updates());
    }
    console.println("  " + folder + ": " + String.join(", ", files));
    if (status != Status.DONE) {
      console.printf(
          Locale.ROOT,
          "  gle train %s %s %s goes on %s%n",
          tasks.dataSet(),
          RESUME,
          folder,
          run.kept());
    }
    console.flush();
  }
}

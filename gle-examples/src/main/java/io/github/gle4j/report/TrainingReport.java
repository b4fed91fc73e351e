// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedCurve;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TrainingSettings;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Mode;
import io.github.gle4j.suite.TaskDescription;
import io.github.gle4j.suite.TrainingPlan;
import io.github.gle4j.suite.TrainingRun;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.util.ModelSerializer;

/**
 * The folder of a training run. The manifest is there from the start, {@code metrics.csv} grows
 * with every epoch, the other files come at the end.
 */
public final class TrainingReport implements Closeable {
  private static final String METRICS = "metrics.csv";
  private static final String CURVE = "learning-curve.png";
  private static final String CONFUSION_TABLE = "confusion-matrix.csv";
  private static final String CONFUSION_PICTURE = "confusion-matrix.png";
  private static final String MODEL = "model.zip";
  private static final String MANIFEST = "manifest.json";
  private static final String CHECKPOINTS = "checkpoints";

  /** Bytes that more than hold the first lines of the metrics. */
  private static final int BEGINNING = 1 << 12;

  private final Path folder;
  private final List<String> command;
  private final TrainingRun run;
  private final String networkSha256;
  private final Map<String, Object> data;
  private final Instant startTime;
  private final MetricsFile metrics;

  /** How a run ended. */
  public enum Status {
    /** It did all it was to do. */
    DONE("done"),
    /** It was told to stop. */
    INTERRUPTED("interrupted"),
    /** It could not go on. */
    FAILED("failed");

    private final String word;

    Status(String word) {
      this.word = word;
    }
  }

  /**
   * Starts a report.
   *
   * @param folder an empty folder, or that of the run which is taken up
   * @param command the command line, word by word
   * @param run a run that has not begun, or has been resumed
   * @throws IOException when the folder cannot be written to
   */
  public TrainingReport(Path folder, List<String> command, TrainingRun run) throws IOException {
    this.folder = folder;
    this.command = List.copyOf(command);
    this.run = run;
    startTime = Instant.now();
    data = run.plan().task().manifest(run.plan().model());
    String network = TaskModel.json(run.network());
    networkSha256 = WholeFile.sha256(network.getBytes(StandardCharsets.UTF_8));
    writeManifest("running", null, null, Map.of());
    metrics = new MetricsFile(folder.resolve(METRICS), run.metrics());
  }

  /**
   * Where the checkpoints of a run are.
   *
   * @param folder of the run
   * @return a folder in it
   */
  public static Path checkpoints(Path folder) {
    return folder.resolve(CHECKPOINTS);
  }

  /**
   * The command line of a run.
   *
   * @param folder of the run
   * @return word by word, {@code gle} first
   * @throws IOException when there is no such run, or its manifest is damaged
   */
  public static List<String> command(Path folder) throws IOException {
    return Manifest.command(folder.resolve(MANIFEST));
  }

  /**
   * Whether a run has epochs of learning on record, which one that begins again would replace.
   *
   * @param folder of the run
   * @return true when there is more than the evaluation before the first epoch
   * @throws IOException when the record cannot be read
   */
  public static boolean hasLearned(Path folder) throws IOException {
    Path metrics = folder.resolve(METRICS);
    if (!Files.isRegularFile(metrics)) {
      return false;
    }
    try (InputStream bytes = Files.newInputStream(metrics)) {
      String beginning = new String(bytes.readNBytes(BEGINNING), StandardCharsets.UTF_8);
      return beginning.lines().limit(3).count() > 2; // header and epoch 0
    }
  }

  /**
   * Records an epoch.
   *
   * @param epoch the epoch
   * @throws IOException when it cannot be written
   */
  public void add(EpochMetrics epoch) throws IOException {
    metrics.add(epoch);
  }

  /**
   * Records that the run could not go on, whether or not {@link #finish} will succeed.
   *
   * @param failure why
   * @throws IOException when it cannot be written
   */
  public void fail(String failure) throws IOException {
    writeManifest(Status.FAILED.word, failure, Instant.now(), Map.of());
  }

  /**
   * Writes the model as it is, and pictures and tables of the complete epochs.
   *
   * @param status how the run ended
   * @param failure why it failed; null if it did not
   * @return names of all files, in the folder
   * @throws IOException when a file cannot be written
   */
  public List<String> finish(Status status, String failure) throws IOException {
    metrics.close();
    String title = Manifest.title(run.plan());
    Map<String, String> files = new LinkedHashMap<>();
    files.put(METRICS, null);
    if (run.testEvaluation() != null) {
      TaskDescription task = run.plan().task().description();
      PublishedCurve published = task.isPublishedData() ? run.plan().model().curve() : null;
      LearningCurve.write(folder.resolve(CURVE), title, run.metrics(), published);
      files.put(CURVE, null);
      Confusion confusion = new Confusion(run.testEvaluation(), task.classes());
      confusion.writeTable(folder.resolve(CONFUSION_TABLE));
      files.put(CONFUSION_TABLE, null);
      confusion.writePicture(
          folder.resolve(CONFUSION_PICTURE), "Test set after epoch " + lastEpoch().epoch());
      files.put(CONFUSION_PICTURE, null);
    }
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    ModelSerializer.writeModel(run.network(), model, true);
    WholeFile.write(folder.resolve(MODEL), model.toByteArray());
    files.put(MODEL, null);
    for (Map.Entry<String, String> file : files.entrySet()) {
      file.setValue(WholeFile.sha256(Files.readAllBytes(folder.resolve(file.getKey()))));
    }
    writeManifest(status.word, failure, Instant.now(), files);
    files.put(MANIFEST, null);
    return List.copyOf(files.keySet());
  }

  private void writeManifest(
      String status, String failure, Instant endTime, Map<String, String> files)
      throws IOException {
    TrainingPlan plan = run.plan();
    TaskModel model = plan.model();
    TrainingSettings settings = model.settings();
    new Manifest(
            command,
            status,
            failure,
            startTime.toString(),
            endTime == null ? null : endTime.toString(),
            new Manifest.Config(
                model.name(),
                plan.mode().modeName(),
                plan.segmentLength(),
                plan.task().description().protocol().protocolName(),
                plan.epochs(),
                plan.seed(),
                settings.batchSize(),
                plan.initialLearningRate(),
                model.online() ? model.streaming().beta() : null,
                plan.mode() == Mode.STREAMING ? model.streaming().propagation() : null,
                settings.schedule().toString(),
                model.learnedParameters(),
                networkSha256),
            Environment.versions(),
            Environment.machine(),
            data,
            run.trainingSteps(),
            run.updates(),
            run.trainingSteps() == 0 ? null : run.millisecondsPerStep(),
            lastEpoch(),
            files)
        .write(folder.resolve(MANIFEST));
  }

  private EpochMetrics lastEpoch() {
    List<EpochMetrics> epochs = run.metrics();
    return epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
  }

  @Override
  public void close() throws IOException {
    metrics.close();
  }
}

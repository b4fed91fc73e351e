// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.Comparison;
import io.github.gle4j.suite.Mnist1dTask;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.Task;
import io.github.gle4j.suite.TrainingMemory;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonReportTest {
  private static final TaskModels MODELS = TaskModels.mnist1d();

  private static final Map<Integer, Task> TASKS = new ConcurrentHashMap<>();

  @TempDir private Path folder;

  private static TrainingPlan plan(String model, int seed, int epochs, int samples) {
    return plan(model, seed, epochs, Protocol.PAPER, samples);
  }

  private static TrainingPlan plan(
      String model, int seed, int epochs, Protocol protocol, int samples) {
    Task task = TASKS.computeIfAbsent(samples, n -> new Mnist1dTask(Protocol.PAPER, n, 360));
    Task other = protocol == Protocol.PAPER ? task : new Mnist1dTask(protocol, samples, 360);
    return TrainingPlan.of(other, MODELS.named(model), null, epochs, seed);
  }

  /** A run that rises to an accuracy, an epoch a second. */
  private static ComparedRun run(TrainingPlan plan, double accuracy) {
    List<Epoch> epochs = new ArrayList<>();
    for (int epoch = 0; epoch <= plan.epochs(); epoch++) {
      Double loss = epoch == 0 ? null : 1.0;
      epochs.add(new Epoch(epoch, loss, null, 1, accuracy * epoch / plan.epochs(), epoch));
    }
    List<List<Integer>> confusion = new ArrayList<>();
    for (int actual = 0; actual < 10; actual++) {
      List<Integer> row = new ArrayList<>(Collections.nCopies(10, 0));
      row.set((actual + 1) % 10, 100 - (int) (100 * accuracy));
      row.set(actual, (int) (100 * accuracy));
      confusion.add(row);
    }
    return new ComparedRun(
        plan.model().name(),
        plan.seed(),
        epochs,
        confusion,
        100,
        4000,
        "gle compare <mnist1d>",
        Map.of("processor", "abacus"));
  }

  private String reported(String file, ComparedRun... runs) throws IOException {
    Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
    for (ComparedRun run : runs) {
      results.put(plan(run.model(), run.seed(), run.epochs().size() - 1, 5000), run);
    }
    new ComparisonReport(results).write(folder);
    return Files.readString(folder.resolve(file));
  }

  @Test
  void measuredAndPublishedNumbersStayApart() throws Exception {
    ComparedRun first = run(plan("gle-15k", 1, 150, 5000), 0.90);
    ComparedRun second = run(plan("gle-15k", 2, 150, 5000), 0.92);
    ComparedRun third = run(plan("lstm-72", 1, 150, 5000), 0.5);
    String results = reported("results.csv", first, second, third);
    assertEquals(
        "gle-15k,stream,yes,yes,360,14956,6524,2,2,150,91.000,1.414,91.700,0.800,150.000,26.667,"
            + "0.667",
        results.lines().skip(1).findFirst().orElseThrow());
    assertTrue(results.contains("\nlstm-72,stream,yes,no,72,9034,"), results);
    assertTrue(results.contains(",1,1,150,50.000,,,,150.000,26.667,0.667\n"), results);
    String html = Files.readString(folder.resolve("report.html"));
    assertTrue(
        html.contains("<td class=\"own\" data-label=\"measured: accuracy %\">91.0 \u00b1 1.4</td>"),
        html);
    assertTrue(
        html.contains(
            "<td class=\"paper\" data-label=\"published: accuracy %\">91.7 \u00b1 0.8</td>"),
        html);
    String markdown = Files.readString(folder.resolve("report.md"));
    assertTrue(markdown.contains("| gle-15k | stream | yes | yes | 360 |"), markdown);
    assertTrue(markdown.contains("| 91.0 \u00b1 1.4 | 2 of 2 | 150 | 2.5 min | 27 |"), markdown);
    assertTrue(
        Files.readString(folder.resolve("curves.csv")).contains("\ngle-15k,2,150,1.0,,1.0,"));
  }

  @Test
  void aRunToComeHasEmptyCells() throws Exception {
    Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
    results.put(plan("gle-15k", 1, 150, 5000), null);
    new ComparisonReport(results).write(folder);
    assertEquals(
        "gle-15k,stream,yes,yes,360,14956,6524,0,1,0,,,91.700,0.800,,,",
        Files.readString(folder.resolve("results.csv")).lines().skip(1).findFirst().orElseThrow());
  }

  @Test
  void pageNeedsNothingElse() throws Exception {
    String html = reported("report.html", run(plan("gle-15k", 1, 150, 5000), 0.90));
    assertFalse(html.matches("(?s).*(https?:|src=|<script|@import|url\\().*"), html);
    assertTrue(html.contains("width=device-width"), html);
    assertTrue(html.contains("gle compare &lt;mnist1d&gt;"), html);
    assertTrue(html.contains("processor: abacus"), html);
    assertTrue(html.contains("<polygon"), "the published band");
  }

  @Test
  void namesTheProtocol() throws Exception {
    ComparedRun run = run(plan("mlp-40", 1, 1, 60), 0.5);
    for (Protocol protocol : Protocol.values()) {
      Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
      results.put(plan("mlp-40", 1, 1, protocol, 60), run);
      ComparisonReport report = new ComparisonReport(results);
      report.write(folder);
      String name = protocol.protocolName();
      for (String file : List.of("report.html", "report.md")) {
        String text = Files.readString(folder.resolve(file));
        assertTrue(text.contains("Protocol " + name + ". A"), text);
      }
      assertTrue(report.lines().contains("measured: protocol " + name), name);
    }
  }

  @Test
  void tellsWhatIsFarFromThePublishedValue() throws Exception {
    String far = reported("report.md", run(plan("gle-15k", 1, 150, 5000), 0.90));
    assertTrue(
        far.contains(
            "* gle-15k: measured 90.0, published 91.7 \u00b1 0.8: 2.1 published standard"
                + " deviations below\n"),
        far);
    String near = reported("report.md", run(plan("gle-15k", 1, 150, 5000), 0.91));
    assertTrue(near.contains("standard deviations away\n\n* none\n"), near);
    String brief = reported("report.md", run(plan("gle-15k", 1, 3, 5000), 0.30));
    assertTrue(brief.contains("* not judged, as not (yet) trained as long as published,"), brief);
  }

  /** Of networks of one's own nothing is published: no column of dashes, and no words about it. */
  @Test
  void saysNothingOfPublicationsWhereThereIsNone() throws Exception {
    ComparedRun unpublished = run(plan("lstm-72", 1, 3, 5000), 0.5);
    ComparedRun published = run(plan("gru-72", 1, 3, 5000), 0.5);
    for (boolean both : new boolean[] {true, false}) {
      ComparedRun[] runs =
          both ? new ComparedRun[] {unpublished, published} : new ComparedRun[] {unpublished};
      for (String file : List.of("report.html", "report.md")) {
        String text = reported(file, runs);
        assertEquals(both, text.contains("published: accuracy %"), text);
        assertEquals(both, text.contains("published: accuracies of the publications"), text);
        assertEquals(both, text.contains("More than two published standard deviations"), text);
      }
      Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
      for (ComparedRun run : runs) {
        results.put(plan(run.model(), 1, 3, 5000), run);
      }
      List<String> lines = new ComparisonReport(results).lines();
      assertEquals(both, lines.get(0).contains("published"), lines::toString);
      assertEquals(lines.get(0).length(), lines.get(1).length(), lines::toString);
      assertEquals(both, lines.contains("published: the same data"), lines::toString);
    }
    String table = reported("results.csv", unpublished);
    assertTrue(table.contains(",published_accuracy_percent,"), "always has the same columns");
  }

  @Test
  void equalTimesAndEqualEpochs() throws Exception {
    ComparedRun quick = run(plan("mlp-40", 1, 10, 5000), 0.5);
    ComparedRun slow = run(plan("gle-15k", 1, 20, 5000), 0.8);
    String text = reported("report.md", quick, slow);
    assertTrue(text.contains("| mlp-40 | 5.0 | 10.0 | 25.0 | 50.0 | 50.0 (ended) |"), text);
    assertTrue(text.contains("| gle-15k | 4.0 | 8.0 | 20.0 | 40.0 | 80.0 |"), text);
    assertTrue(text.contains("| mlp-40 | 5.0 | 25.0 | 50.0 | - |"), text);
  }

  /** A comparison that is stopped and started again ends with the table of one that was not. */
  @Test
  void stoppedComparisonsGoOn() throws Exception {
    List<TrainingPlan> plans = new ArrayList<>();
    for (String model : List.of("mlp-40", "tcn-40", "lagnet-le")) {
      plans.add(plan(model, 1, 1, 60));
    }
    plans.add(plan("mlp-40", 2, 1, 60));
    AtomicInteger done = new AtomicInteger();
    Map<TrainingPlan, ComparedRun> whole =
        compare(folder.resolve("whole"), plans, 2, new AtomicInteger());
    Path parts = folder.resolve("parts");
    Map<TrainingPlan, ComparedRun> stopped = compare(parts, plans, 1, done, 2);
    assertEquals(2, stopped.size());
    try (Stream<Path> kept = Files.list(parts)) {
      assertEquals(2, kept.count());
    }
    Map<TrainingPlan, ComparedRun> all = compare(parts, plans, 1, new AtomicInteger());
    assertEquals(4, all.size());
    for (TrainingPlan plan : plans) {
      ComparedRun expected = whole.get(plan);
      assertEquals(expected.confusion(), all.get(plan).confusion());
      assertEquals(expected.lastAccuracy(), all.get(plan).lastAccuracy());
      assertEquals(expected.epochs().get(1).trainLoss(), all.get(plan).epochs().get(1).trainLoss());
      assertEquals(expected.updates(), all.get(plan).updates());
      assertEquals(plan.model().online() ? 360 : 1, expected.updates());
      assertEquals(plan.model().shape().length(), expected.timeSteps());
    }
    assertEquals(all.get(plans.get(0)), stopped.get(plans.get(0)), "not repeated");
    assertNotEquals(
        all.get(plans.get(0)).epochs().get(0), all.get(plans.get(3)).epochs().get(0), "the seed");
  }

  private static Map<TrainingPlan, ComparedRun> compare(
      Path runs, List<TrainingPlan> plans, int jobs, AtomicInteger done) throws IOException {
    return compare(runs, plans, jobs, done, Integer.MAX_VALUE);
  }

  private static Map<TrainingPlan, ComparedRun> compare(
      Path runs, List<TrainingPlan> plans, int jobs, AtomicInteger done, int most)
      throws IOException {
    RunArchive archive = new RunArchive(runs);
    Map<TrainingPlan, ComparedRun> results = new LinkedHashMap<>();
    List<TrainingPlan> missing = new ArrayList<>();
    for (TrainingPlan plan : plans) {
      archive.find(plan).ifPresentOrElse(run -> results.put(plan, run), () -> missing.add(plan));
    }
    new Comparison(missing, jobs, () -> done.get() >= most, "test", Map.of())
        .run(
            new Comparison.Observer() {
              @Override
              public void onEpoch(TrainingPlan plan, Epoch epoch) {
                assertTrue(Double.isFinite(epoch.testLoss()));
              }

              @Override
              public void onRun(TrainingPlan plan, ComparedRun run) throws IOException {
                archive.keep(plan, run);
                results.put(plan, run);
                done.incrementAndGet();
              }

              @Override
              public void onFailure(TrainingPlan plan, String reason) {
                throw new AssertionError(reason);
              }
            });
    return results;
  }

  @Test
  void anotherConfigurationIsAnotherRun() throws Exception {
    RunArchive archive = new RunArchive(folder);
    TrainingPlan plan = plan("mlp-40", 1, 2, 60);
    archive.keep(plan, run(plan, 0.5));
    assertEquals(run(plan, 0.5), archive.find(plan("mlp-40", 1, 2, 60)).orElseThrow());
    assertTrue(archive.find(plan("mlp-40", 2, 2, 60)).isEmpty());
    assertTrue(archive.find(plan("mlp-40", 1, 3, 60)).isEmpty());
    assertTrue(archive.find(plan("mlp-40", 1, 2, 61)).isEmpty());
    TrainingPlan holdout = plan("mlp-40", 1, 2, Protocol.HOLDOUT, 60);
    assertTrue(archive.find(holdout).isEmpty());
  }

  /** Whatever becomes of a kept run is noticed and named; as it was written it is read. */
  @Test
  void aChangedRunIsNoticed() throws Exception {
    RunArchive archive = new RunArchive(folder);
    TrainingPlan plan = plan("mlp-40", 1, 2, 60);
    ComparedRun run = run(plan, 0.5);
    archive.keep(plan, run);
    assertTrue(archive.hasChecksum(plan));
    Path file = only("run.json");
    Path sum = only("run.json.sha256");
    assertTrue(Files.readString(sum).matches("[0-9a-f]{64}  run\\.json\n"), "as of sha256sum");
    String json = Files.readString(file);
    String changed = file + ": edited or damaged, its SHA-256 is not that in run.json.sha256";
    for (String other :
        List.of(
            json.replace("\"testAccuracy\" : 0.5", "\"testAccuracy\" : 0.99"),
            json.replace("abacus", "abbacus"),
            json.substring(0, json.length() / 2),
            json + " ",
            "")) {
      Files.writeString(file, other);
      assertDamaged(changed, archive, plan);
    }
    Files.writeString(file, json);
    assertEquals(run, archive.find(plan).orElseThrow());
    Files.writeString(sum, Files.readString(sum).substring(1));
    assertDamaged(sum + ": edited or damaged", archive, plan);
    Files.writeString(sum, "");
    assertDamaged(sum + ": edited or damaged", archive, plan);

    Files.delete(sum); // as an earlier version wrote it
    assertEquals(run, archive.find(plan).orElseThrow());
    assertFalse(archive.hasChecksum(plan));
    Files.writeString(file, json.replace("\"testAccuracy\" : 0.5", "\"testAccuracy\" : 0.99"));
    assertDamaged(file + ": edited or damaged, the last accuracy is not that", archive, plan);
    Files.writeString(file, json.replaceFirst("\"seed\" : 1", "\"seed\" : 2"));
    assertDamaged(file + ": edited or damaged, it is of model mlp-40 and seed 2", archive, plan);
    Files.writeString(file, json.replaceFirst("\"epoch\" : 1", "\"epoch\" : 3"));
    assertDamaged(file + ": edited or damaged, epoch 1 has impossible values", archive, plan);
    Files.writeString(file, json.replaceFirst("\\[ 50, 50, 0,", "[ 50, 50,"));
    assertDamaged(file + ": edited or damaged, its confusion matrix has not", archive, plan);
    Files.writeString(file, json.substring(0, json.length() / 2));
    assertDamaged(file + ": cannot be read, ", archive, plan);
    Files.writeString(file, "null");
    assertDamaged(file + ": edited or damaged, it is empty", archive, plan);
    Files.delete(file);
    assertTrue(archive.find(plan).isEmpty());
    Files.createDirectory(file);
    assertDamaged(file + ": a folder; a file of at most ", archive, plan);
  }

  private Path only(String name) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(path -> path.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private static void assertDamaged(String message, RunArchive archive, TrainingPlan plan) {
    String said =
        assertThrows(BadInputException.class, () -> archive.find(plan), message).getMessage();
    assertTrue(said.startsWith(message), said);
    assertTrue(said.endsWith(" to repeat the run"), said);
    assertEquals(1, said.lines().count(), said);
  }

  /**
   * GLE: u, v, r, d of 328 neurons and f of 319 inputs. The GRU: 72 inputs, 12 + 48, 10 outputs.
   */
  @Test
  void countsTheMemoryOfTheTrainingState() {
    assertEquals(4 * (4 * 328 + 319), TrainingMemory.bytesPerSequence(MODELS.named("gle-15k")));
    assertEquals(
        4 * (72 + 72 * 12 * 5 + 10), TrainingMemory.bytesPerSequence(MODELS.named("gru-72")));
    assertEquals(
        4 * (72 + 72 * 12 * 6 + 10), TrainingMemory.bytesPerSequence(MODELS.named("lstm-72")));
    TaskModel perceptron = MODELS.named("mlp-360");
    assertEquals(4 * (360 + 100 + 100 + 10), TrainingMemory.bytesPerSequence(perceptron));
  }
}

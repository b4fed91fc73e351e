// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.report.TrainingReport.Status;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import io.github.gle4j.suite.Mnist1dTask;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.TrainingPlan;
import io.github.gle4j.suite.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingReportTest {
  @TempDir private Path folder;

  private final TrainingRun run =
      new TrainingRun(
          TrainingPlan.of(
              new Mnist1dTask(Protocol.HOLDOUT, 100, 8),
              TaskModel.of(PublishedModel.GLE_15K).withLength(8),
              null,
              3,
              1),
          1,
          () -> false);

  @Test
  void manifestIsThereFromTheStart() throws Exception {
    try (TrainingReport report = new TrainingReport(folder, List.of("gle", "train"), run)) {
      assertEquals("running", manifest().get("status").asText());
      assertTrue(manifest().get("endTime").isNull());
      report.finish(Status.DONE, null);
      assertEquals("done", manifest().get("status").asText());
    }
  }

  @Test
  void failureBeforeTheFirstEpochSavesTheModelAndTheReason() throws Exception {
    try (TrainingReport report = new TrainingReport(folder, List.of("gle", "train"), run)) {
      assertEquals(
          List.of("metrics.csv", "model.zip", "manifest.json"),
          report.finish(Status.FAILED, "the gradient of b is not finite"));
    }
    assertEquals("failed", manifest().get("status").asText());
    assertEquals("the gradient of b is not finite", manifest().get("failure").asText());
    assertTrue(manifest().get("finalMetrics").isNull());
    assertTrue(manifest().get("millisecondsPerStep").isNull());
    assertTrue(Files.size(folder.resolve("model.zip")) > 0);
  }

  @Test
  void epochsAreInTheFileAtOnce() throws Exception {
    try (TrainingReport report = new TrainingReport(folder, List.of("gle", "train"), run)) {
      report.add(
          new EpochMetrics(
              0, new Figures(2.5, 0.125), null, new Figures(2.25, 0.25), 5e-4, 1.23456));
      assertEquals(
          "0,2.5,0.125,,,2.25,0.25,5.0E-4,1.235",
          Files.readAllLines(folder.resolve("metrics.csv")).get(1));
    }
  }

  @Test
  void recordsAFailureAtOnce() throws Exception {
    try (TrainingReport report = new TrainingReport(folder, List.of("gle", "train"), run)) {
      assertEquals("running", manifest().get("status").asText());
      report.fail("the disk is full");
      assertEquals("failed", manifest().get("status").asText());
      assertEquals("the disk is full", manifest().get("failure").asText());
    }
  }

  private JsonNode manifest() throws Exception {
    return new ObjectMapper().readTree(folder.resolve("manifest.json").toFile());
  }
}

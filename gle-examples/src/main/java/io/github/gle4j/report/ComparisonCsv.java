// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.PublishedAccuracy;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import java.util.Locale;

/** A comparison as comma-separated values. */
final class ComparisonCsv {
  private ComparisonCsv() {}

  /** A line per model. */
  static String results(ComparedResults results) {
    StringBuilder table =
        new StringBuilder(
            "model,input,streamed,online,points,parameters,memory_bytes_per_sequence,"
                + "seeds_finished,seeds_planned,epochs,measured_accuracy_percent,"
                + "measured_sd_percent,published_accuracy_percent,published_sd_percent,"
                + "training_seconds,steps_per_second,updates_per_second\n");
    for (ModelSummary model : results.models()) {
      PublishedAccuracy published = model.model().published();
      table.append(
          String.join(
                  ",",
                  model.model().name(),
                  model.input().toString(),
                  ComparisonTables.yes(ComparisonTables.isStreamed(model)),
                  ComparisonTables.yes(model.model().online()),
                  model.model().shape().length() + "",
                  model.parameters() + "",
                  model.memory() + "",
                  model.runs().size() + "",
                  model.planned() + "",
                  model.epochs() + "",
                  cell(model.accuracy().mean()),
                  cell(model.accuracy().sd()),
                  published == null ? "" : cell(published.mean()),
                  published == null ? "" : cell(published.sd()),
                  cell(model.trainingSeconds()),
                  cell(model.stepsPerSecond()),
                  cell(model.updatesPerSecond()))
              + "\n");
    }
    return table.toString();
  }

  /** A line per run and epoch. */
  static String curves(ComparedResults results) {
    StringBuilder table =
        new StringBuilder(
            "model,seed,epoch,train_loss,validation_loss,test_loss,test_accuracy,"
                + "training_seconds\n");
    for (ComparedRun run : results.runs()) {
      for (Epoch epoch : run.epochs()) {
        table.append(
            String.format(
                Locale.ROOT,
                "%s,%d,%d,%s,%s,%s,%s,%s%n",
                run.model(),
                run.seed(),
                epoch.epoch(),
                epoch.trainLoss() == null ? "" : epoch.trainLoss(),
                epoch.validationLoss() == null ? "" : epoch.validationLoss(),
                epoch.testLoss(),
                epoch.testAccuracy(),
                cell(epoch.trainingSeconds())));
      }
    }
    return table.toString();
  }

  /** Empty for NaN. */
  private static String cell(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
  }
}

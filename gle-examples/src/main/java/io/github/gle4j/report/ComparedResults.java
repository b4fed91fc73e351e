// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.models.TaskModel;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TaskDescription;
import io.github.gle4j.suite.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a report is about.
 *
 * @param task what all runs are on
 * @param plans all runs that were asked for
 * @param models a summary of each model, in the order of the plans
 * @param runs the finished ones
 */
record ComparedResults(
    TaskDescription task,
    List<TrainingPlan> plans,
    List<ModelSummary> models,
    List<ComparedRun> runs) {

  /** The results of some plans of one task; null: not finished. */
  static ComparedResults of(Map<TrainingPlan, ComparedRun> results) {
    List<TrainingPlan> plans = List.copyOf(results.keySet());
    Map<TaskModel, List<TrainingPlan>> byModel = new LinkedHashMap<>();
    plans.forEach(
        plan -> byModel.computeIfAbsent(plan.model(), model -> new ArrayList<>()).add(plan));
    List<ModelSummary> models =
        byModel.values().stream()
            .map(
                all ->
                    ModelSummary.of(
                        all.get(0).model(),
                        all.size(),
                        all.stream().map(results::get).filter(Objects::nonNull).toList()))
            .toList();
    return new ComparedResults(
        plans.get(0).task().description(),
        plans,
        models,
        results.values().stream().filter(Objects::nonNull).toList());
  }

  /** Whether anything was published about any of the models. */
  boolean isPublished() {
    return models.stream().anyMatch(summary -> summary.model().published() != null);
  }

  /** In seconds. */
  double longestTraining() {
    return runs.stream().mapToDouble(ComparedRun::trainingSeconds).max().orElse(1);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TrainingPlan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The finished runs of an archive that a comparison did not ask for.
 *
 * @param fitting those that belong beside the ones it asked for: the same data, protocol, epochs
 *     and settings, only another model or seed
 * @param foreign names of the folders of all others
 */
public record OtherRuns(Map<TrainingPlan, ComparedRun> fitting, List<String> foreign) {
  /**
   * Copies both.
   *
   * @param fitting those that belong beside the ones it asked for, in their order
   * @param foreign names of the folders of all others
   */
  public OtherRuns {
    fitting = Collections.unmodifiableMap(new LinkedHashMap<>(fitting));
    foreign = List.copyOf(foreign);
  }
}

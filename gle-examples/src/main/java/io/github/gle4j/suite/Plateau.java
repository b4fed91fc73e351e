// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TrainingSettings;
import io.github.gle4j.train.ReduceOnPlateau;

/** The rule by which a model's learning rate is lowered. */
final class Plateau {
  /** Name of its entry in a checkpoint. */
  static final String ENTRY = "run/plateau";

  private Plateau() {}

  /** Null where the rate stays as it is. */
  static ReduceOnPlateau of(TrainingSettings settings) {
    return settings.plateauFactor() == 1
        ? null
        : new ReduceOnPlateau(settings.plateauFactor(), settings.plateauPatience());
  }
}

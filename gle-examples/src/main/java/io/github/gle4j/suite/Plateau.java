// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.models.TrainingSettings;
import io.github.gle4j.train.ReduceOnPlateau;

/** The rule by which a model's learning rate is lowered, or that it stays as it is. */
final class Plateau {
  private static final String ENTRY = "run/plateau";

  private final ReduceOnPlateau rule; // null: the rate stays

  Plateau(TrainingSettings settings) {
    rule =
        settings.plateauFactor() == 1
            ? null
            : new ReduceOnPlateau(settings.plateauFactor(), settings.plateauPatience());
  }

  /** What to multiply the learning rate by after an epoch with this loss. */
  double observe(double loss) {
    return rule == null ? 1 : rule.observe(loss);
  }

  void save(Checkpoint.Builder to) {
    if (rule != null) {
      rule.save(to, ENTRY);
    }
  }

  void restore(Checkpoint from) {
    if (rule != null) {
      rule.restore(from, ENTRY);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.models.RateSchedule;
import io.github.gle4j.train.ReduceOnPlateau;

/**
 * Carries out the schedule of a run's learning rate. At the end of every epoch a learner calls
 * {@link #observe} and multiplies its rate by the result.
 */
interface Annealing {
  String ENTRY = "run/annealing";

  /** What to multiply the learning rate by after an epoch with this loss. */
  double observe(double loss);

  /** Saves what has been observed. */
  void save(Checkpoint.Builder to);

  /** Goes on from what was observed. */
  void restore(Checkpoint from);

  /** At the start of a run. */
  static Annealing of(TrainingPlan plan) {
    RateSchedule schedule = plan.model().settings().schedule();
    if (schedule instanceof RateSchedule.Plateau plateau) {
      return new OnPlateau(new ReduceOnPlateau(plateau.factor(), plateau.patience()));
    }
    return schedule instanceof RateSchedule.Cosine ? new Cosine(plan.epochs()) : new None();
  }

  /** The rate stays as it is. */
  record None() implements Annealing {
    @Override
    public double observe(double loss) {
      return 1;
    }

    @Override
    public void save(Checkpoint.Builder to) {}

    @Override
    public void restore(Checkpoint from) {}
  }

  /** See {@link RateSchedule.Plateau}. */
  record OnPlateau(ReduceOnPlateau rule) implements Annealing {
    @Override
    public double observe(double loss) {
      return rule.observe(loss);
    }

    @Override
    public void save(Checkpoint.Builder to) {
      rule.save(to, ENTRY);
    }

    @Override
    public void restore(Checkpoint from) {
      rule.restore(from, ENTRY);
    }
  }

  /** See {@link RateSchedule.Cosine}. */
  final class Cosine implements Annealing {
    private final int epochs;
    private int done;

    Cosine(int epochs) {
      this.epochs = epochs;
    }

    @Override
    public double observe(double loss) {
      double before = rate(done++);
      return done < epochs ? rate(done) / before : 1; // no epoch comes after the last one
    }

    private double rate(int epoch) {
      return (1 + Math.cos(Math.PI * epoch / epochs)) / 2;
    }

    @Override
    public void save(Checkpoint.Builder to) {
      to.put(ENTRY, (long) done);
    }

    @Override
    public void restore(Checkpoint from) {
      done = (int) from.longs(ENTRY, 1)[0];
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a run stands: minibatches of an epoch that have been learned from, and what was seen.
 *
 * @param epoch the epoch that is under way; 0 evaluates the untrained network
 * @param batches number of minibatches learned from
 * @param sequences number of sequences in them
 * @param loss sum over the sequences
 * @param right number of right predictions; NaN where nobody watches
 */
record Position(int epoch, int batches, int sequences, double loss, double right) {
  /** Before everything. */
  static final Position START = startOf(0);

  private static final String PLACE = "run/epoch-batches-sequences";
  private static final String SEEN = "run/loss-right";

  static Position startOf(int epoch) {
    return new Position(epoch, 0, 0, 0, 0);
  }

  /** After one more minibatch. */
  Position after(int count, Figures seen) {
    return new Position(
        epoch,
        batches + 1,
        sequences + count,
        loss + seen.loss() * count,
        right + Math.rint(seen.accuracy() * count)); // NaN stays NaN
  }

  /** The training set as it was seen so far. */
  Figures learned() {
    return new Figures(loss / sequences, right / sequences);
  }

  /** Such as "after 6 epochs and 20 minibatches of epoch 7". */
  @Override
  public String toString() {
    List<String> done = new ArrayList<>();
    if (epoch > 1) {
      done.add((epoch - 1) + (epoch == 2 ? " epoch" : " epochs"));
    }
    if (batches > 0) {
      done.add(batches + (batches == 1 ? " minibatch" : " minibatches") + " of epoch " + epoch);
    }
    return done.isEmpty() ? "from the beginning" : "after " + String.join(" and ", done);
  }

  void save(Checkpoint.Builder to) {
    to.put(PLACE, epoch, batches, sequences);
    to.put(SEEN, loss, right);
  }

  static Position restored(Checkpoint from) {
    int[] place = from.counts(PLACE, 3);
    double[] seen = from.doubles(SEEN, 2);
    return new Position(place[0], place[1], place[2], seen[0], seen[1]);
  }
}

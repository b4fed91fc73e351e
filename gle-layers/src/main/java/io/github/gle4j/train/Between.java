// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.layers.LayerSteps;

/**
 * The way between two layers of the fused engine: what the lower one sends up and the upper one
 * down, through what lies between them. Like the layers' own messages, rates have two sides, so
 * that those of the step before can be read while those of this step are written.
 */
final class Between {
  private final LayerSteps<float[]> below;
  private final FusedPassage passage; // null: nothing lies between
  private float[] now;
  private float[] next;

  /**
   * A way.
   *
   * @param below the lower layer, on whose thread what is fast is done
   */
  Between(Passage passage, LayerSteps<float[]> below) {
    int batch = below.state().batch();
    this.below = below;
    this.passage = passage.isEmpty() ? null : FusedPassage.of(passage, batch);
    if (!passage.isEmpty()) {
      int size = Math.toIntExact(Math.multiplyExact(passage.outputs(), (long) batch));
      now = new float[size];
      next = new float[size];
      passUp(false, below.state().get(LayerSteps.UP), now, false);
    }
  }

  /** What goes up, as it is published. */
  float[] up() {
    return passage == null ? below.state().get(LayerSteps.UP) : now;
  }

  /** What goes up, as this step has written it. */
  float[] nextUp() {
    return passage == null ? below.state().next(LayerSteps.UP) : next;
  }

  /** Passes the rates that this step has written up, where ND4J is not needed. */
  void passUpFast() {
    passUp(false, below.state().next(LayerSteps.UP), next, false);
  }

  /**
   * Passes published rates up through layers that only ND4J knows. They are shared with inference
   * and may drop rates out, so it is done in the step that reads them: between two steps nothing
   * but the state of the neurons is kept.
   *
   * @param learn whether the step learns; else nothing is dropped
   */
  void passUpSlowly(boolean learn) {
    passUp(true, below.state().get(LayerSteps.UP), now, learn);
  }

  /**
   * As {@link #passUpSlowly}, for rates that this step has written.
   *
   * @param learn as there
   */
  void passNextUpSlowly(boolean learn) {
    passUp(true, below.state().next(LayerSteps.UP), next, learn);
  }

  /** Passes rates up through what lies between, if it is of this kind. */
  private void passUp(boolean slowly, float[] rates, float[] to, boolean learn) {
    if (passage != null && passage.isSlow() == slowly) {
      System.arraycopy(passage.up(rates, learn), 0, to, 0, to.length);
    }
  }

  /**
   * Passes errors down.
   *
   * @param feedback unchanged
   * @return belongs to this way, or is the feedback
   */
  float[] down(float[] feedback) {
    return passage == null ? feedback : passage.down(feedback);
  }

  /** Ends a step, after the layers' states. */
  void publish() {
    float[] old = now;
    now = next;
    next = old;
  }
}

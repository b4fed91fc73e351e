// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class SampleMaskTest {
  private static final float[] MASK = {1, 0, 1};

  @Test
  void clearsTheSamplesThatStandStill() {
    float[] values = {1, 2, 3, 4, 5, 6};
    SampleMask.clear(MASK, values);
    assertArrayEquals(new float[] {1, 0, 3, 4, 0, 6}, values);
  }

  @Test
  void holdsTheSamplesThatStandStill() {
    float[] before = {1, 2, 3, 4, 5, 6};
    float[] after = {10, 20, 30, 40, 50, 60};
    SampleMask.hold(MASK, before, after);
    assertArrayEquals(new float[] {10, 2, 30, 40, 5, 60}, after);
    SampleMask.hold(new float[] {0.25f}, before, after);
    assertArrayEquals(new float[] {3.25f, 2, 9.75f, 13, 5, 19.5f}, after);
  }
}

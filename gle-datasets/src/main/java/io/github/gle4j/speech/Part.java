// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

/** Which of the clips. */
public enum Part {
  /** Clips to learn from. */
  TRAIN,
  /** Clips to choose settings by. */
  VALIDATION,
  /** Clips to report on. */
  TEST
}

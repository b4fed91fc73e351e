// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

/** Which time constants of a layer are learned; the others stay as initialised. */
public enum LearnedTimeConstants {
  /** Neither. */
  NONE,
  /** The membrane time constants. */
  TAU_M,
  /** The prospective time constants. */
  TAU_R,
  /** Both. */
  BOTH;

  /**
   * Whether the membrane time constants are learned.
   *
   * @return true for {@link #TAU_M} and {@link #BOTH}
   */
  public boolean tauM() {
    return this == TAU_M || this == BOTH;
  }

  /**
   * Whether the prospective time constants are learned.
   *
   * @return true for {@link #TAU_R} and {@link #BOTH}
   */
  public boolean tauR() {
    return this == TAU_R || this == BOTH;
  }
}

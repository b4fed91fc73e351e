// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.util.Random;

/** Random numbers that depend on a few numbers alone, not on what was drawn before. */
final class Seeds {
  private Seeds() {}

  /** Generators for different numbers are independent, also when the numbers are close. */
  static Random random(long... numbers) {
    long mixed = 0;
    for (long number : numbers) {
      // The output function of SplitMix64 (Steele, Lea and Flood, 2014).
      long z = mixed + number + 0x9E3779B97F4A7C15L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      mixed = z ^ (z >>> 31);
    }
    return new Random(mixed);
  }
}

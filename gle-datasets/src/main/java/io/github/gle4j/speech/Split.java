// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

/**
 * How clips are divided into {@linkplain Part parts}; every speaker is in one part only, except by
 * {@link #SEEDED_FILES}.
 */
public enum Split {
  /** By the lists of the official archive, validation_list.txt and testing_list.txt. */
  OFFICIAL_LISTS,
  /**
   * By the official rule, a hash of the speaker: about a tenth of the speakers validate and a tenth
   * test. All of the official test set is for testing by this rule.
   */
  SPEAKER_HASH,
  /**
   * Speakers in random order by a seed: a tenth of the clips validate, a tenth test, as closely as
   * whole speakers allow. For folders that have one of the official parts only, or clips of your
   * own.
   */
  SEEDED_SPEAKERS,
  /**
   * The clips of each word in random order by a seed, whoever speaks: about a tenth validate and a
   * tenth test. For words that few speakers have said; what it says about other speakers is too
   * good.
   */
  SEEDED_FILES
}

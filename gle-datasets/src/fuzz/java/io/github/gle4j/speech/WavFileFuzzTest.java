// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes are refused as no WAV file or give samples between -1 and 1. */
class WavFileFuzzTest {
  @FuzzTest(maxDuration = "1m")
  void samples(byte[] bytes) {
    try {
      for (float sample : WavFile.samples("fuzz.wav", bytes, 16_000)) {
        if (!(Math.abs(sample) <= 1)) {
          throw new AssertionError("a sample of " + sample);
        }
      }
    } catch (InvalidWavException refused) {
      // as it should be
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any bytes are refused as no trace, or replayed. */
class TraceFuzzTest {
  @FuzzTest(maxDuration = "1m")
  void replay(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("gle-fuzz", ".json");
    try {
      Files.write(file, bytes);
      if (TraceReplay.replay(file).steps() == 0) {
        throw new AssertionError("nothing replayed");
      }
    } catch (BadInputException refused) {
      // as it should be
    } finally {
      Files.delete(file);
    }
  }
}

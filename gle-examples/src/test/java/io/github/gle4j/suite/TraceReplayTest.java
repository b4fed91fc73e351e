// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceReplayTest {
  private static final Path TRACES = Path.of("src/test/resources/traces");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1_tanh_ce_sgd",
        "2_gamma",
        "3_adam",
        "4_lagline_softplus_mse",
        "4b_lagline_clamp",
        "5_le_limit",
        "7_batch_change"
      })
  void followsTheReference(String name) throws Exception {
    TraceReplay.Outcome outcome = TraceReplay.replay(TRACES.resolve(name + ".json"));
    assertTrue(outcome.largest() <= 1e-9, outcome::toString);
  }
}

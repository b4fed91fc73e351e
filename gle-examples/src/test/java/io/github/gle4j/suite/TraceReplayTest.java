// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceReplayTest {
  private static final Path TRACES = Path.of("src/test/resources/traces");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1_tanh_ce_sgd",
        "2_gamma",
        "3_adam",
        "4_lagline_softplus_mse",
        "4b_lagline_clamp",
        "5_le_limit",
        "7_batch_change",
        "momentum_frozen"
      })
  void followsTheReference(String name) throws Exception {
    TraceReplay.Outcome outcome = TraceReplay.replay(TRACES.resolve(name + ".json"));
    assertTrue(outcome.largest() <= 1e-9, outcome::toString);
    for (String quantity : new String[] {"output", "loss", "u", "v", "r", "e", "W"}) {
      assertTrue(outcome.deviations().containsKey(quantity), quantity + " is compared");
    }
  }

  /** A valid trace with a change. */
  private Path changed(Consumer<ObjectNode> change) throws IOException {
    ObjectNode trace = (ObjectNode) JSON.readTree(TRACES.resolve("momentum_frozen.json").toFile());
    change.accept(trace);
    Path file = folder.resolve("trace.json");
    JSON.writeValue(file.toFile(), trace);
    return file;
  }

  private static ObjectNode at(JsonNode trace, String pointer) {
    return (ObjectNode) trace.at(pointer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/steps/3/output/0/0",
        "/steps/3/loss_mean",
        "/steps/5/layers/1/u/1/0",
        "/steps/5/layers/0/v/0/1",
        "/steps/7/layers/2/e/0/0",
        "/steps/9/params/W0/1/0",
        "/final/params/b1/0"
      })
  void everyRecordedNumberCounts(String pointer) throws Exception {
    int slash = pointer.lastIndexOf('/');
    String last = pointer.substring(slash + 1);
    Path file =
        changed(
            trace -> {
              JsonNode parent = trace.at(pointer.substring(0, slash));
              double value = trace.at(pointer).asDouble() + 1e-6;
              if (parent instanceof ArrayNode list) {
                list.set(Integer.parseInt(last), value);
              } else {
                ((ObjectNode) parent).put(last, value);
              }
            });
    assertEquals(1e-6, TraceReplay.replay(file).largest(), 1e-10);
  }

  @Test
  void momentumMayBeWrittenAsAnOptionOfGradientDescent() throws Exception {
    Path file =
        changed(
            trace ->
                at(trace, "/config/optimiser")
                    .put("name", "sgd")
                    .put("momentum", trace.at("/config/optimiser/mu").asDouble())
                    .remove("mu"));
    assertTrue(TraceReplay.replay(file).largest() <= 1e-9);
  }

  @Test
  void whatIsNoTraceIsRefused() throws Exception {
    TraceReplay.replay(changed(trace -> {}));
    refused("config", trace -> trace.remove("config"));
    refused("k: expected different integers", trace -> at(trace, "/steps/2").put("k", 100000));
    refused("k: expected different integers", trace -> at(trace, "/steps/2").put("k", "a"));
    refused("k: expected different integers", trace -> at(trace, "/steps/2").put("k", 0));
    refused(
        "steps.layers: expected the quantities",
        trace -> at(trace, "/steps/2/layers/0").remove("e"));
    refused(
        "steps.params: expected the parameters",
        trace -> {
          trace.remove("final");
          trace.get("steps").forEach(step -> ((ObjectNode) step).remove("params"));
        });
    refused("config.frozen: expected a list", trace -> at(trace, "/config").put("frozen", "W0"));
    refused("not \"foo\"", trace -> ((ArrayNode) trace.at("/config/frozen")).add("foo"));
    refused(
        "tau_m_clamp_min: expected a number",
        trace -> at(trace, "/config").put("tau_m_clamp_min", "a"));
    refused(
        "gamma: expected a number", trace -> at(trace, "/config/layers/0").put("gamma", "0.1x"));
    refused("lr: expected a number", trace -> at(trace, "/config/optimiser").put("lr", "0.1"));
    refused(
        "config.optimiser.name: expected sgd, momentum or adam, not lion",
        trace -> at(trace, "/config/optimiser").put("name", "lion"));
    refused(
        "bias: expected true or false", trace -> at(trace, "/config/layers/0").put("bias", "no"));
    refused("learn: expected true or false", trace -> ((ArrayNode) trace.get("learn")).set(3, 7));
    refused(
        "n_in: expected a positive integer",
        trace -> at(trace, "/config/layers/0").put("n_in", 1.5));
    refused(
        "init.W1: expected 2000000000 rows",
        trace -> at(trace, "/config/layers/1").put("n_out", 2000000000));
    refused("b1: expected the field", trace -> at(trace, "/init").remove("b1"));
    refused("init.W99999999999", trace -> at(trace, "/init").put("W99999999999", 1));
    refused("expected null or a list", trace -> ((ArrayNode) trace.get("target")).set(0, 5));
    refused(
        "quantity u: expected 2 rows of 2 numbers",
        trace -> at(trace, "/steps/0/layers/0").putArray("u").addArray().add(1));
    refused(
        "tauR = 0.01 is below dt",
        trace -> ((ArrayNode) trace.at("/config/layers/0/tau_r")).set(0, 0.01));
    Path empty = Files.createFile(folder.resolve("empty.json"));
    assertEquals(
        empty + ": empty",
        assertThrows(BadInputException.class, () -> TraceReplay.replay(empty)).getMessage());
  }

  private void refused(String message, Consumer<ObjectNode> change) throws IOException {
    Path file = changed(change);
    BadInputException refusal =
        assertThrows(BadInputException.class, () -> TraceReplay.replay(file), message);
    assertTrue(refusal.getMessage().startsWith(file + ": "), refusal::getMessage);
    assertTrue(refusal.getMessage().contains(message), refusal::getMessage);
  }
}

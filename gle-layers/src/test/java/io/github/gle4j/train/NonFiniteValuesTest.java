// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.layers.NonFiniteException;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Values that are not finite, put into each tensor behind the trainer's back: the step that meets
 * them ends in an exception, and no parameter changes.
 */
class NonFiniteValuesTest {
  private static final int BATCH = 5;
  private static final double[] VALUES = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
  };
  private static final int[] STEPS = {1, 10, 1000};

  /** Which engine learns. */
  enum Kind {
    FUSED(DataType.FLOAT),
    REFERENCE(DataType.DOUBLE);

    final DataType type;

    Kind(DataType type) {
      this.type = type;
    }
  }

  /** A network and its trainer before a step, as often as they are wanted. */
  private static final class Stage {
    private final MultiLayerNetwork network;
    private final StreamingTrainer trainer;
    private final int step;

    Stage(Kind kind, int step) {
      network = classifier(new Adam(0.01)).convertDataType(kind.type);
      trainer = StreamingTrainer.builder(network).build();
      this.step = step;
      for (int k = 1; k < step; k++) {
        trainer.step(features(k), labels(k));
      }
    }

    private INDArray features(int k) {
      return gaussian(k, BATCH, 2).castTo(network.params().dataType());
    }

    private INDArray labels(int k) {
      return oneHot(k, BATCH, 3).castTo(network.params().dataType());
    }

    StreamingTrainer copy() {
      StreamingTrainer copy = StreamingTrainer.builder(network.clone()).build();
      copy.restoreState(trainer.saveState());
      return copy;
    }

    INDArray features() {
      return features(step);
    }

    INDArray labels() {
      return labels(step);
    }
  }

  /** Puts a value into a trainer, or into what its next step is given. */
  private interface Injection {
    void into(StreamingTrainer trainer, INDArray features, INDArray labels, double value);
  }

  private static Map<String, Injection> injections(StreamingTrainer example) {
    Map<String, Injection> injections = new LinkedHashMap<>();
    injections.put("features", (trainer, x, y, value) -> x.putScalar(3, 1, value));
    injections.put("labels", (trainer, x, y, value) -> y.putScalar(2, 0, value));
    MultiLayerNetwork network = example.network();
    network
        .paramTable()
        .forEach(
            (name, array) ->
                injections.put(
                    "parameter " + name,
                    (trainer, x, y, value) ->
                        trainer.network().getParam(name).putScalar(array.length() / 2, value)));
    int moments = (int) updaterState(network).length();
    for (int i = 0; i < moments; i += 7) {
      int at = i;
      injections.put(
          "updater state " + i,
          (trainer, x, y, value) -> updaterState(trainer.network()).putScalar(at, value));
    }
    for (int l = 0; l < network.getnLayers() - 1; l++) {
      for (String name : List.of("u", "v", "r", "d", "f")) {
        int layer = l;
        injections.put(
            "state " + name + " of layer " + l,
            (trainer, x, y, value) -> {
              List<Map<String, INDArray>> saved = new ArrayList<>(trainer.saveState());
              if (saved.isEmpty()) {
                saved = atRest(trainer);
              }
              saved.get(layer).get(name).putScalar(1, 0, value);
              set(trainer, saved);
            });
      }
    }
    return injections;
  }

  private static INDArray updaterState(MultiLayerNetwork network) {
    return ((MultiLayerUpdater) network.getUpdater()).getStateViewArray();
  }

  /** The states of a trainer that has not made a step yet. */
  private static List<Map<String, INDArray>> atRest(StreamingTrainer trainer) {
    StreamingTrainer other = StreamingTrainer.builder(trainer.network().clone()).build();
    DataType type = trainer.network().params().dataType();
    other.step(gaussian(1, BATCH, 2).castTo(type), null, false);
    List<Map<String, INDArray>> states = other.saveState();
    states.forEach(state -> state.values().forEach(array -> array.assign(0)));
    return states;
  }

  /** {@code restoreState} refuses what is not finite, so this goes past it. */
  private static void set(StreamingTrainer trainer, List<Map<String, INDArray>> saved) {
    List<State<INDArray>> states = new ArrayList<>();
    for (int l = 0; l < saved.size(); l++) {
      StreamingLayer layer = (StreamingLayer) trainer.network().getLayer(l);
      State<INDArray> state = layer.newState(BATCH);
      state.load(saved.get(l));
      states.add(state);
    }
    try {
      Field engine = StreamingTrainer.class.getDeclaredField("engine");
      engine.setAccessible(true);
      ((Engine) engine.get(trainer)).set(states);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theStepThatMeetsThemEndsInAnException(Kind kind) {
    injectEverywhere(kind, new int[] {1, 10}, 1);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("faults")
  @Tag("long")
  void theStepThatMeetsAnyOfThemEndsInAnException(Kind kind) {
    System.out.printf(
        "figure: not finite, %s engine: values in features, labels, parameters, updater states and"
            + " neuron states at steps 1, 10, 1000: %s%n",
        kind, injectEverywhere(kind, STEPS, VALUES.length));
  }

  /** So many of the values into each tensor, in turns. */
  private static String injectEverywhere(Kind kind, int[] steps, int valuesEach) {
    int turn = 0;
    int caught = 0;
    int next = 0;
    int unread = 0;
    for (int step : steps) {
      Stage stage = new Stage(kind, step);
      StreamingTrainer twin = stage.copy();
      INDArray before = twin.network().params().dup();
      twin.step(stage.features(), stage.labels());
      // In the first step a network at rest has no errors to learn from yet.
      assertEquals(step == 1, before.equals(twin.network().params()));
      for (Map.Entry<String, Injection> named : injections(stage.copy()).entrySet()) {
        for (int n = 0; n < valuesEach; n++) {
          double value = VALUES[turn++ % VALUES.length];
          String what = value + " in " + named.getKey() + " before step " + step;
          StreamingTrainer trainer = stage.copy();
          INDArray features = stage.features();
          INDArray labels = stage.labels();
          named.getValue().into(trainer, features, labels, value);
          INDArray injected = trainer.network().params().dup();
          if (named.getKey().equals("state f of layer 0")) { // feedback that nobody reads
            trainer.step(features, labels);
            assertEquals(twin.network().params(), trainer.network().params(), what);
            unread++;
          } else if (!stops(what, trainer, features, labels)) {
            assertTrue(named.getKey().startsWith("state"), what);
            // A layer's neighbours meet its state in the next step; this step's gradients were
            // good.
            assertEquals(twin.network().params(), trainer.network().params(), what);
            assertTrue(stops(what, trainer, stage.features(), stage.labels()), what);
            assertEquals(twin.network().params(), trainer.network().params(), what);
            next++;
          } else {
            assertEquals(bits(injected), bits(trainer.network().params()), what);
            caught++;
          }
        }
      }
    }
    return String.format(
        "%d values, %d stopped that step, %d in states the next, which reads them, none changed a"
            + " parameter; %d in feedback that nobody reads",
        caught + next + unread, caught, next, unread);
  }

  private static boolean stops(
      String what, StreamingTrainer trainer, INDArray features, INDArray labels) {
    try {
      trainer.step(features, labels);
      return false;
    } catch (NonFiniteException | IllegalArgumentException | IllegalStateException e) {
      assertTrue(e.getMessage().contains("finite"), () -> what + ": " + e);
      return true;
    }
  }

  /** NaN equals itself here. */
  private static List<Long> bits(INDArray array) {
    List<Long> bits = new ArrayList<>();
    for (double value : array.dup().data().asDouble()) {
      bits.add(Double.doubleToLongBits(value));
    }
    return bits;
  }

  @Test
  @Tag("faults")
  void sequencesAreRefusedBeforeTheirFirstStep() {
    INDArray features = gaussian(1, BATCH, 2, 1001).castTo(DataType.FLOAT);
    INDArray labels = everyStep(oneHot(1, BATCH, 3), 1001).castTo(DataType.FLOAT);
    MultiLayerNetwork network = classifier(new Adam(0.01)).convertDataType(DataType.FLOAT);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(new DataSet(features, labels));
    INDArray before = network.params().dup();
    for (int step : STEPS) {
      for (double value : VALUES) {
        INDArray badFeatures = features.dup();
        badFeatures.putScalar(new int[] {3, 1, step}, value);
        INDArray badLabels = labels.dup();
        badLabels.putScalar(new int[] {2, 0, step}, value);
        refused("features of sample 3, input 1, step " + step, trainer, badFeatures, labels);
        refused("labels of sample 2, output 0, step " + step, trainer, features, badLabels);
      }
    }
    assertEquals(before, network.params());
  }

  private static void refused(
      String where, StreamingTrainer trainer, INDArray features, INDArray labels) {
    DataSet data = new DataSet(features, labels);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> trainer.fit(data));
    assertTrue(refusal.getMessage().startsWith(where + " = "), refusal::getMessage);
  }
}

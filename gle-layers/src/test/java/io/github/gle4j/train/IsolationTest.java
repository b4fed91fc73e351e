// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Networks in one Java machine have nothing to do with each other, nor has looking with learning.
 */
class IsolationTest {
  private static final int TIME = 12;

  /** How a network learns from a batch. */
  private enum Way {
    STREAMING_FLOAT(DataType.FLOAT),
    STREAMING_DOUBLE(DataType.DOUBLE),
    FIT(DataType.FLOAT);

    final DataType type;

    Way(DataType type) {
      this.type = type;
    }
  }

  /** A network of its own seed that learns from data of its own seed. */
  private static final class Learner {
    private final int seed;
    private final Way way;
    private final StreamingTrainer trainer;
    private int round;

    Learner(int seed, Way way) {
      this.seed = seed;
      this.way = way;
      MultiLayerNetwork network = classifier(new Adam(0.01));
      network.setParams(gaussian(seed, 1, network.numParams()).muli(0.1).addi(1));
      MultiLayerNetwork typed = network.convertDataType(way.type);
      trainer = StreamingTrainer.builder(typed).threads(2).build();
    }

    void learn() {
      DataSet batch = batch(100 * seed + round++, way.type);
      if (way == Way.FIT) {
        trainer.network().fit(batch);
      } else {
        trainer.fit(batch);
      }
    }

    List<Object> outcome() {
      List<Object> outcome = new ArrayList<>();
      outcome.add(trainer.network().params().dup());
      outcome.add(trainer.network().getUpdater().getStateViewArray().dup());
      outcome.addAll(trainer.saveState());
      return outcome;
    }
  }

  private static DataSet batch(int seed, DataType type) {
    return new DataSet(
        gaussian(seed, 5, 2, TIME).castTo(type), everyStep(oneHot(seed, 5, 3), TIME).castTo(type));
  }

  private static List<Object> alone(int seed, Way way, int rounds) {
    Learner learner = new Learner(seed, way);
    for (int round = 0; round < rounds; round++) {
      learner.learn();
    }
    return learner.outcome();
  }

  @Test
  void networksInTurnsAndInThreadsOfTheirOwn() throws Exception {
    assertIsolated(3, 6);
  }

  @Test
  @Tag("faults")
  @Tag("long")
  void manyNetworksInTurnsAndInThreadsOfTheirOwn() throws Exception {
    int networks = 8;
    int rounds = 40;
    assertIsolated(networks, rounds);
    System.out.printf(
        "figure: cross-talk: %d networks in turns, and in %d threads, %d batches each, streaming in"
            + " float and double, and fit: parameters, updater and neuron states those of each alone%n",
        networks, networks, rounds);
  }

  private static void assertIsolated(int networks, int rounds) throws Exception {
    for (Way way : Way.values()) {
      List<List<Object>> expected = new ArrayList<>();
      List<Learner> inTurns = new ArrayList<>();
      List<Callable<List<Object>>> tasks = new ArrayList<>();
      for (int seed = 1; seed <= networks; seed++) {
        int own = seed;
        expected.add(alone(seed, way, rounds));
        inTurns.add(new Learner(seed, way));
        tasks.add(() -> alone(own, way, rounds));
      }
      assertNotEquals(expected.get(0).get(0), expected.get(1).get(0));
      for (int round = 0; round < rounds; round++) {
        inTurns.forEach(Learner::learn);
      }
      assertEquals(expected, inTurns.stream().map(Learner::outcome).toList(), way + " in turns");
      ExecutorService threads = Executors.newFixedThreadPool(networks);
      try {
        List<List<Object>> outcomes = new ArrayList<>();
        for (Future<List<Object>> outcome : threads.invokeAll(tasks)) {
          outcomes.add(outcome.get());
        }
        assertEquals(expected, outcomes, way + " in threads");
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void lookingChangesNothing() {
    assertUnseen(4);
  }

  @Test
  @Tag("faults")
  @Tag("long")
  void lookingManyTimesChangesNothing() {
    assertUnseen(40);
  }

  private static void assertUnseen(int rounds) {
    for (Way way : Way.values()) {
      Learner watched = new Learner(1, way);
      Learner twin = new Learner(1, way);
      MultiLayerNetwork network = watched.trainer.network();
      DataSet data = batch(1, way.type);
      DataSetIterator batches = new ExistingDataSetIterator(List.of(data, batch(2, way.type)));
      Map<String, Runnable> looks = new LinkedHashMap<>();
      looks.put("trainer.evaluate", () -> watched.trainer.evaluate(batches));
      looks.put(
          "trainer.doEvaluation", () -> watched.trainer.doEvaluation(batches, new Evaluation()));
      looks.put("trainer.predict", () -> watched.trainer.predict(data.getFeatures()));
      looks.put(
          "trainer.summedOutput", () -> watched.trainer.summedOutput(data.getFeatures(), null));
      looks.put("trainer.saveState", watched.trainer::saveState);
      looks.put("network.output", () -> network.output(data.getFeatures()));
      looks.put("network.feedForward", () -> network.feedForward(data.getFeatures(), false));
      for (int round = 0; round < rounds; round++) {
        watched.learn();
        twin.learn();
        looks.forEach(
            (name, look) -> {
              List<Object> before = watched.outcome();
              look.run();
              assertEquals(before, watched.outcome(), name);
            });
        assertEquals(twin.outcome(), watched.outcome());
      }
    }
  }
}

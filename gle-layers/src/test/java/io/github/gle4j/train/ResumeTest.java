// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * A run that is saved, ended and taken up again gives the numbers of one that is not, bit by bit.
 */
class ResumeTest {
  private static final int TIME = 7;

  @TempDir private Path folder;

  private static MultiLayerNetwork untrained(IUpdater updater, DataType type) {
    return network(
            updater,
            hidden(2).learnTimeConstants(LearnedTimeConstants.BOTH).build(),
            hidden(4).gamma(0.1).build(),
            readout(4, 3).build(),
            classes())
        .convertDataType(type);
  }

  private static DataSet batch(int number, int samples) {
    return new DataSet(gaussian(number, samples, 2, TIME), oneHot(number, samples, 3));
  }

  private Checkpoint throughAFile(Checkpoint.Builder saved) throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 1);
    checkpoints.save(saved.build());
    return checkpoints.load().orElseThrow().checkpoint();
  }

  @ParameterizedTest
  @CsvSource({"FLOAT, 1, 2", "FLOAT, 2, 1", "DOUBLE, 1, 1"})
  void aStreamGoesOnWithTheSameNumbers(DataType type, int threads, int threadsAfter)
      throws IOException {
    IUpdater[] updaters = {
      new Adam(0.01),
      new Nesterovs(0.01, 0.9),
      new Sgd(new ExponentialSchedule(ScheduleType.ITERATION, 0.1, 0.99))
    };
    for (IUpdater updater : updaters) {
      StreamingTrainer whole = trainer(untrained(updater.clone(), type), threads);
      StreamingTrainer first = trainer(untrained(updater.clone(), type), threads);
      for (int i = 0; i < 3; i++) {
        whole.fit(batch(i, 5));
        first.fit(batch(i, 5));
      }
      feed(whole, 2); // in the midst of an update interval
      feed(first, 2);
      Checkpoint.Builder saved = Checkpoint.builder();
      first.save(saved);
      first.fit(batch(9, 5)); // is forgotten

      StreamingTrainer second = trainer(untrained(updater.clone(), type), threadsAfter);
      second.fit(batch(8, 2)); // is forgotten, too
      second.restore(throughAFile(saved));
      same(whole, second);
      for (int i = 3; i < 6; i++) {
        StreamingResult expected = whole.fit(batch(i, i == 4 ? 3 : 5));
        StreamingResult actual = second.fit(batch(i, i == 4 ? 3 : 5));
        assertEquals(expected.loss(), actual.loss());
        assertEquals(expected.accuracy(), actual.accuracy());
      }
      same(whole, second);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 2", "true, 4", "true, 6", "false, 2", "false, 4", "false, 6"})
  void aNewTrainerGoesOnWithinAnUpdateInterval(boolean isFused, int stop) throws IOException {
    for (IUpdater updater : new IUpdater[] {new Adam(0.01), new Nesterovs(0.01, 0.9)}) {
      StreamingTrainer whole = withinInterval(updater, isFused);
      feed(whole, stop);
      Checkpoint.Builder saved = Checkpoint.builder();
      whole.save(saved);
      StreamingTrainer second = withinInterval(updater, isFused);
      second.restore(throughAFile(saved));
      StreamingTrainer finished = withinInterval(updater, isFused);
      finished.restore(throughAFile(saved));
      feed(whole, 9);
      feed(second, 9);
      same(whole, second);
      whole.restore(throughAFile(saved));
      whole.finishUpdate();
      finished.finishUpdate();
      same(whole, finished);
    }
  }

  private static StreamingTrainer withinInterval(IUpdater updater, boolean isFused) {
    return StreamingTrainer.builder(untrained(updater.clone(), DataType.FLOAT))
        .fused(isFused)
        .updateInterval(3)
        .build();
  }

  private static StreamingTrainer trainer(MultiLayerNetwork network, int threads) {
    return StreamingTrainer.builder(network).threads(threads).updateInterval(3).build();
  }

  private static void feed(StreamingTrainer trainer, int steps) {
    for (int t = 0; t < steps; t++) {
      trainer.step(gaussian(20 + t, 5, 2), oneHot(t, 5, 3));
    }
  }

  private static void same(StreamingTrainer expected, StreamingTrainer actual) {
    assertEquals(expected.network().params(), actual.network().params());
    assertEquals(expected.network().getIterationCount(), actual.network().getIterationCount());
    assertEquals(expected.learningRate(), actual.learningRate());
    for (int l = 0; l < expected.saveState().size(); l++) {
      assertEquals(expected.saveState().get(l), actual.saveState().get(l));
    }
  }

  @Test
  void aPlateauScheduleGoesOn() throws IOException {
    DataSet data = batch(1, 4);
    StreamingTrainer whole = onPlateau(data);
    StreamingTrainer first = onPlateau(data);
    whole.fit(new SingletonDataSetIterator(data), 4);
    first.fit(new SingletonDataSetIterator(data), 3);
    Checkpoint.Builder saved = Checkpoint.builder();
    first.save(saved);
    StreamingTrainer second = onPlateau(data);
    second.restore(throughAFile(saved));
    second.fit(new SingletonDataSetIterator(data), 1);
    assertTrue(whole.learningRate() < 3, "lowered");
    same(whole, second);
  }

  /** A rate of 3 makes the loss grow. */
  private static StreamingTrainer onPlateau(DataSet data) {
    return StreamingTrainer.builder(untrained(new Sgd(3), DataType.FLOAT))
        .reduceOnPlateau(new ReduceOnPlateau(0.5, 1), new SingletonDataSetIterator(data))
        .build();
  }

  @Test
  void aNetworkTrainedByFitGoesOn() throws IOException {
    MultiLayerNetwork whole = withDropout();
    MultiLayerNetwork first = withDropout();
    DataSet data = new DataSet(gaussian(1, 5, 2, TIME), everyStep(oneHot(1, 5, 3), TIME));
    Nd4j.getRandom().setSeed(3);
    for (int i = 0; i < 4; i++) {
      whole.fit(data);
    }
    Nd4j.getRandom().setSeed(3);
    first.fit(data);
    first.fit(data);
    Checkpoint.Builder saved = Checkpoint.builder();
    NetworkState.save(first, saved);
    first.fit(data);
    MultiLayerNetwork second = withDropout();
    NetworkState.restore(second, throughAFile(saved));
    second.fit(data);
    second.fit(data);
    assertArrayEquals(whole.params().toFloatVector(), second.params().toFloatVector());
    assertEquals(4, second.getIterationCount());
  }

  private static MultiLayerNetwork withDropout() {
    return network(
            new Adam(0.01),
            hidden(2).dropOut(new Dropout(0.5)).build(),
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nIn(4)
                .nOut(3)
                .build())
        .convertDataType(DataType.FLOAT);
  }

  @Test
  void anotherNetworksCheckpointIsRefused() {
    StreamingTrainer trainer = StreamingTrainer.builder(classifier(new Adam(0.01))).build();
    trainer.fit(batch(1, 4));
    Checkpoint.Builder saved = Checkpoint.builder();
    trainer.save(saved);
    Checkpoint checkpoint = saved.build();
    refused("states of 3 layers", StreamingTrainer.builder(other()).build(), checkpoint);
    refused(
        "updater state", StreamingTrainer.builder(classifier(new Sgd(0.01))).build(), checkpoint);
    refused("no trainer/neurons", trainer, Checkpoint.builder().build());
    StreamingTrainer same = StreamingTrainer.builder(classifier(new Adam(0.5))).build();
    same.restore(checkpoint);
    assertEquals(trainer.network().params(), same.network().params());
    assertEquals(0.01, same.learningRate());
  }

  private static MultiLayerNetwork other() {
    return network(new Adam(0.01), hidden(2).build(), readout(4, 3).build(), classes());
  }

  private static void refused(String part, StreamingTrainer trainer, Checkpoint checkpoint) {
    var before = trainer.network().params().dup();
    String message =
        assertThrows(IllegalArgumentException.class, () -> trainer.restore(checkpoint))
            .getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(before, trainer.network().params());
  }
}

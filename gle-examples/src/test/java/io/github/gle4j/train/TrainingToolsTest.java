// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.dynamics.Population.of;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.Gru;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.BaseEarlyStoppingTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** DL4J's training tools with both ways to train a network of GLE layers. */
class TrainingToolsTest {
  private static final int TIME = 6;
  private static final int BATCH = 4;
  private static final int BATCHES = 3;

  private enum Way {
    SEQUENCE {
      @Override
      void fit(MultiLayerNetwork network, DataSetIterator data, int epochs) {
        network.fit(data, epochs);
      }

      @Override
      int updatesPerBatch() {
        return 1;
      }

      @Override
      BaseEarlyStoppingTrainer<MultiLayerNetwork> earlyStopping(
          EarlyStoppingConfiguration.Builder<MultiLayerNetwork> configuration,
          MultiLayerNetwork network,
          DataSetIterator data) {
        configuration.scoreCalculator(new DataSetLossCalculator(data, true));
        return new EarlyStoppingTrainer(configuration.build(), network, data);
      }
    },
    STREAMING {
      @Override
      void fit(MultiLayerNetwork network, DataSetIterator data, int epochs) {
        StreamingTrainer.builder(network).build().fit(data, epochs);
      }

      @Override
      int updatesPerBatch() {
        return TIME;
      }

      @Override
      BaseEarlyStoppingTrainer<MultiLayerNetwork> earlyStopping(
          EarlyStoppingConfiguration.Builder<MultiLayerNetwork> configuration,
          MultiLayerNetwork network,
          DataSetIterator data) {
        StreamingTrainer trainer = StreamingTrainer.builder(network).build();
        configuration.scoreCalculator(StreamingEarlyStoppingTrainer.lossOn(trainer, data));
        return new StreamingEarlyStoppingTrainer(configuration.build(), trainer, data);
      }
    };

    abstract void fit(MultiLayerNetwork network, DataSetIterator data, int epochs);

    abstract int updatesPerBatch();

    abstract BaseEarlyStoppingTrainer<MultiLayerNetwork> earlyStopping(
        EarlyStoppingConfiguration.Builder<MultiLayerNetwork> configuration,
        MultiLayerNetwork network,
        DataSetIterator data);
  }

  private static MultiLayerNetwork network(IUpdater updater, Layer... below) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .dataType(DataType.DOUBLE)
            .updater(updater)
            .list();
    for (Layer layer : below) {
      list.layer(layer);
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            list.layer(
                    new GleDense.Builder()
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .timeConstants(TimeConstants.constant(0.6, 0.6))
                        .build())
                .layer(
                    new RnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(2))
                .build());
    network.init();
    return network;
  }

  private static MultiLayerNetwork network(IUpdater updater) {
    return network(
        updater,
        new GleDense.Builder()
            .nOut(6)
            .activation(Activation.TANH)
            .timeConstants(TimeConstants.populations(of(3, 0.6, 0.2), of(3, 1.2, 1.2)))
            .build());
  }

  /** Sequences whose class is the sign of their first input, of their second, or neither. */
  private static DataSet batch(int seed) {
    Nd4j.getRandom().setSeed(seed + 1); // ND4J takes 0 for "any"
    INDArray features = Nd4j.randn(DataType.DOUBLE, BATCH, 2, TIME).muli(0.1);
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, BATCH, 3, TIME);
    for (int i = 0; i < BATCH; i++) {
      int label = i % 3;
      for (int t = 0; t < TIME; t++) {
        labels.putScalar(i, label, t, 1);
        if (label < 2) {
          features.putScalar(i, label, t, 1);
        }
      }
    }
    return new DataSet(features, labels);
  }

  private static DataSetIterator data() {
    List<DataSet> sequences = new ArrayList<>();
    for (int k = 0; k < BATCHES; k++) {
      sequences.addAll(batch(k).asList());
    }
    return new ListDataSetIterator<>(sequences, BATCH);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void listenersHearOfEveryUpdateAndEpoch(Way way) {
    MultiLayerNetwork network = network(new Adam(0.03));
    CollectScoresListener scores = new CollectScoresListener(1);
    List<String> heard = new ArrayList<>();
    network.setListeners(
        scores,
        new ScoreIterationListener(1),
        new PerformanceListener(1, true),
        new BaseTrainingListener() {
          @Override
          public void onEpochStart(Model model) {
            heard.add("start " + network.getEpochCount());
          }

          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            heard.add("update " + iteration + " epoch " + epoch);
            assertEquals(BATCH, model.batchSize());
          }

          @Override
          public void onEpochEnd(Model model) {
            heard.add("end " + network.getEpochCount());
          }
        });
    int epochs = 15;
    way.fit(network, data(), epochs);

    List<String> expected = new ArrayList<>();
    int updates = BATCHES * way.updatesPerBatch();
    for (int epoch = 0; epoch < epochs; epoch++) {
      expected.add("start " + epoch);
      for (int k = 0; k < updates; k++) {
        expected.add("update " + (epoch * updates + k) + " epoch " + epoch);
      }
      expected.add("end " + epoch);
    }
    assertEquals(expected, heard);
    double[] curve = new double[epochs];
    for (int k = 0; k < epochs * updates; k++) {
      curve[k / updates] += scores.getListScore().get(k) / updates;
    }
    assertTrue(curve[epochs - 1] < 0.9 * curve[0], "the scores tell of the learning");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void checkpointsHoldTheNetworkOfTheirEpoch(Way way, @TempDir Path folder) throws Exception {
    MultiLayerNetwork network = network(new Adam(0.03));
    CheckpointListener checkpoints =
        new CheckpointListener.Builder(folder.toFile()).keepAll().saveEveryNEpochs(1).build();
    network.setListeners(checkpoints);
    way.fit(network, data(), 2);
    assertEquals(2, checkpoints.availableCheckpoints().size());
    MultiLayerNetwork first = checkpoints.loadCheckpointMLN(0);
    MultiLayerNetwork last = CheckpointListener.loadLastCheckpointMLN(folder.toFile());
    assertEquals(network.params(), last.params());
    assertEquals(network.getUpdater().getStateViewArray(), last.getUpdater().getStateViewArray());
    assertNotEquals(network.params(), first.params());
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void statisticsAreCollected(Way way) {
    MultiLayerNetwork network = network(new Adam(0.03));
    StatsStorage storage = new InMemoryStatsStorage();
    StatsListener listener = new StatsListener(storage, way.updatesPerBatch());
    network.setListeners(listener);
    way.fit(network, data(), 2);
    String session = listener.getSessionID();
    assertEquals(List.of(session), storage.listSessionIDs());
    int reports =
        storage.getAllUpdatesAfter(session, "StatsListener", listener.getWorkerID(), 0).size();
    assertTrue(reports >= 2 * BATCHES - 1, "reports: " + reports);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void earlyStoppingKeepsTheBestModel(Way way) {
    EarlyStoppingResult<MultiLayerNetwork> result =
        way.earlyStopping(
                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                    .epochTerminationConditions(new MaxEpochsTerminationCondition(4)),
                network(new Adam(0.03)),
                data())
            .fit();
    assertEquals(
        EarlyStoppingResult.TerminationReason.EpochTerminationCondition,
        result.getTerminationReason(),
        result::getTerminationDetails);
    assertEquals(4, result.getTotalEpochs());
    Map<Integer, Double> scores = result.getScoreVsEpoch();
    assertEquals(
        Collections.min(scores.values()), scores.get(result.getBestModelEpoch()), "of " + scores);
    assertTrue(scores.get(3) < scores.get(0), "learned: " + scores);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void earlyStoppingStopsWhenNothingImproves(Way way) {
    EarlyStoppingResult<MultiLayerNetwork> result =
        way.earlyStopping(
                new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                    .epochTerminationConditions(
                        new ScoreImprovementEpochTerminationCondition(2, 1e-3),
                        new MaxEpochsTerminationCondition(50)),
                network(new Sgd(0)),
                data())
            .fit();
    assertTrue(result.getTotalEpochs() < 8, "epochs: " + result.getTotalEpochs());
    assertTrue(
        result.getTerminationDetails().startsWith("ScoreImprovement"),
        result::getTerminationDetails);
  }

  /**
   * A worker copies the network when it starts, which may be after another one's first update: the
   * first round teaches nothing, so that both start the second one alike.
   */
  @Test
  void twoWorkersAverageWhatTheyLearn() throws Exception {
    for (boolean gru : new boolean[] {false, true}) {
      List<INDArray> alone = new ArrayList<>();
      for (int k = 0; k < 2; k++) {
        MultiLayerNetwork network = learner(gru);
        network.fit(batch(k));
        alone.add(network.params());
      }
      MultiLayerNetwork network = learner(gru);
      INDArray before = network.params().dup();
      List<DataSet> sequences = new ArrayList<>();
      for (int k = 0; k < 4; k++) {
        DataSet batch = batch(k % 2);
        batch.setLabelsMaskArray(Nd4j.valueArrayOf(new long[] {BATCH, TIME}, k < 2 ? 0.0 : 1.0));
        sequences.addAll(batch.asList());
      }
      try (ParallelWrapper wrapper =
          new ParallelWrapper.Builder<>(network).workers(2).averagingFrequency(1).build()) {
        wrapper.fit(new ListDataSetIterator<>(sequences, BATCH));
      }
      INDArray mean = alone.get(0).add(alone.get(1)).divi(2);
      assertEquals(0, mean.distance2(network.params()), 1e-12, "gru " + gru);
      assertTrue(before.distance2(network.params()) > 1e-3, "learned");
    }
  }

  private static MultiLayerNetwork learner(boolean gru) {
    Sgd updater = new Sgd(0.1);
    return gru
        ? network(updater, new Bidirectional(new Gru.Builder().nIn(2).nOut(3).build()))
        : network(updater);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class SparkTrainingTest {
  private static final int BATCH = 4;
  private static final int TIME = 5;
  private static JavaSparkContext spark;

  @BeforeAll
  static void start() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[2]")
                .setAppName("test")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void theExampleLearns() {
    List<Double> accuracies = SparkTraining.train(spark, 3);
    assertEquals(3, accuracies.size());
    assertTrue(accuracies.get(2) > 0.6, "1/3 is chance: " + accuracies);
    assertTrue(accuracies.get(2) > accuracies.get(0), "learned: " + accuracies);
  }

  @Test
  void theMastersParametersAreTheMeanOfTheWorkers() {
    Layer dense =
        new GleDense.Builder()
            .nIn(2)
            .nOut(3)
            .activation(Activation.TANH)
            .timeConstants(TimeConstants.constant(1.2, 0.6))
            .learnTimeConstants(LearnedTimeConstants.BOTH)
            .build();
    Layer gru = new Bidirectional(Bidirectional.Mode.ADD, new Gru.Builder().nIn(2).nOut(3).build());
    for (Layer layer : List.of(dense, gru)) {
      List<DataSet> batches = List.of(batch(1), batch(2));
      INDArray mean = Nd4j.zeros(DataType.DOUBLE, network(layer).params().length());
      for (DataSet batch : batches) {
        MultiLayerNetwork alone = network(layer);
        alone.fit(batch.copy());
        mean.addi(alone.params().div(batches.size()));
      }
      MultiLayerNetwork network = network(layer);
      INDArray before = network.params().dup();
      ParameterAveragingTrainingMaster master =
          new ParameterAveragingTrainingMaster.Builder(2, BATCH)
              .batchSizePerWorker(BATCH)
              .averagingFrequency(1)
              .rddTrainingApproach(RDDTrainingApproach.Direct)
              .build();
      MultiLayerNetwork trained =
          new SparkDl4jMultiLayer(spark, network, master).fit(spark.parallelize(batches, 2));
      assertEquals(0, mean.distance2(trained.params()), 1e-12, layer::toString);
      assertTrue(mean.distance2(before) > 1e-3, "learned");
    }
  }

  private static MultiLayerNetwork network(Layer layer) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .list()
                .layer(layer)
                .layer(
                    new RnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .dataFormat(RNNFormat.NCW)
                        .build())
                .build());
    network.init();
    return network;
  }

  private static DataSet batch(int seed) {
    Nd4j.getRandom().setSeed(seed);
    List<DataSet> sequences = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      INDArray labels = Nd4j.zeros(DataType.DOUBLE, 1, 3, TIME);
      for (int t = 0; t < TIME; t++) {
        labels.putScalar(0, (seed + i) % 3, t, 1);
      }
      sequences.add(new DataSet(Nd4j.randn(DataType.DOUBLE, 1, 2, TIME), labels));
    }
    return DataSet.merge(sequences);
  }
}

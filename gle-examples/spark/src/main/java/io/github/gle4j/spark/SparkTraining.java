// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.spark;

import static io.github.gle4j.dynamics.Population.of;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Trains a network of GLE layers on Spark: workers fit their shares of the data, a sequence per
 * update, and the master averages their parameters.
 *
 * <p>The task is to find, among three noisy inputs, the one whose mean is not 0, which takes
 * neurons that integrate. The first argument is Spark's master, local[2] by default, the second the
 * number of epochs.
 */
public final class SparkTraining {
  private static final int TIME = 40;
  private static final int CLASSES = 3;
  private static final int SILENT = 20; // steps before anything can be told
  private static final double SIGNAL = 0.5; // in noise of standard deviation 1
  private static final int BATCH = 16;
  private static final int TRAIN_BATCHES = 16;
  private static final int TEST_BATCHES = 4;
  private static final int EPOCHS = 6;

  private SparkTraining() {}

  /**
   * Runs the example.
   *
   * @param args Spark's master and the number of epochs, both optional
   */
  @SuppressWarnings("SystemOut") // a program
  public static void main(String[] args) {
    String master = args.length > 0 ? args[0] : "local[2]";
    int epochs = args.length > 1 ? Integer.parseInt(args[1]) : EPOCHS;
    SparkConf conf = new SparkConf().setMaster(master).setAppName("GLE on Spark");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      for (double accuracy : train(spark, epochs)) {
        System.out.printf(Locale.ROOT, "accuracy on new sequences: %.1f %%%n", 100 * accuracy);
      }
    }
  }

  /**
   * Trains and, after every epoch, evaluates.
   *
   * @param spark where
   * @param epochs number of passes over the training data
   * @return the share of time steps with the right class, from step 20 on, on sequences that were
   *     not trained on: one value per epoch
   */
  static List<Double> train(JavaSparkContext spark, int epochs) {
    JavaRDD<DataSet> train = spark.parallelize(sequences(1, TRAIN_BATCHES));
    JavaRDD<DataSet> test = spark.parallelize(sequences(2, TEST_BATCHES));
    TrainingMaster<?, ?> master =
        new ParameterAveragingTrainingMaster.Builder(BATCH)
            .batchSizePerWorker(BATCH)
            .averagingFrequency(2)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .build();
    SparkDl4jMultiLayer network = new SparkDl4jMultiLayer(spark, configuration(), master);
    List<Double> accuracies = new ArrayList<>();
    for (int epoch = 0; epoch < epochs; epoch++) {
      network.fit(train);
      Evaluation evaluation = network.evaluate(test);
      accuracies.add(evaluation.accuracy());
    }
    return accuracies;
  }

  private static MultiLayerConfiguration configuration() {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .weightInit(WeightInit.XAVIER)
        .updater(new Adam(0.02))
        .list()
        .layer(
            new GleDense.Builder()
                .nOut(12)
                .activation(Activation.TANH)
                .timeConstants(TimeConstants.populations(of(6, 4, 0.2), of(6, 1.2, 0.2)))
                .build())
        .layer(
            new GleDense.Builder()
                .nOut(CLASSES)
                .activation(Activation.IDENTITY)
                .timeConstants(TimeConstants.constant(1.2, 1.2))
                .build())
        .layer(new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.recurrent(CLASSES))
        .build();
  }

  private static List<DataSet> sequences(long seed, int batches) {
    Random random = new Random(seed);
    List<DataSet> sequences = new ArrayList<>();
    for (int k = 0; k < batches; k++) {
      INDArray features = Nd4j.zeros(DataType.FLOAT, BATCH, CLASSES, TIME);
      INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, CLASSES, TIME);
      INDArray mask = Nd4j.zeros(DataType.FLOAT, BATCH, TIME);
      for (int i = 0; i < BATCH; i++) {
        int label = random.nextInt(CLASSES);
        for (int t = 0; t < TIME; t++) {
          for (int c = 0; c < CLASSES; c++) {
            double mean = c == label ? SIGNAL : 0;
            features.putScalar(i, c, t, mean + random.nextGaussian());
          }
          labels.putScalar(i, label, t, 1);
          mask.putScalar(i, t, t < SILENT ? 0 : 1);
        }
      }
      sequences.add(new DataSet(features, labels, null, mask));
    }
    return sequences;
  }
}

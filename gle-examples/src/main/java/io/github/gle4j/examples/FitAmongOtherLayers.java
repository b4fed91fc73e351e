// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.examples;

import static io.github.gle4j.dynamics.Population.of;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * GLE layers between a dense layer and an ordinary output layer, trained by {@code fit} on segments
 * of sequences, evaluated, run step by step, and trained further with frozen layers below a new
 * readout: all of it DL4J's own calls.
 */
public final class FitAmongOtherLayers {
  private static final int LENGTH = 72;
  private static final int SEGMENT = 24;
  private static final int NEURONS = 24;
  private static final int BATCH = 32;
  private static final int CLASSES = 3;

  private FitAmongOtherLayers() {}

  /**
   * Runs the example.
   *
   * @param args the number of epochs; 5 when missing
   */
  public static void main(String[] args) {
    int epochs = args.length == 0 ? 5 : Integer.parseInt(args[0]);

    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Adam(1e-3))
            .list()
            .layer(new DenseLayer.Builder().nOut(16).activation(Activation.TANH).build())
            .layer(gle())
            .layer(gle())
            .layer(readout())
            .setInputType(InputType.recurrent(1, LENGTH)) // adds the preprocessors
            .backpropType(BackpropType.TruncatedBPTT) // one update per segment, the state carried
            .tBPTTLength(SEGMENT)
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();

    DataSetIterator train = noisyLevels(20, new Random(1));
    DataSetIterator test = noisyLevels(5, new Random(2));
    printAccuracy("before learning", network, test);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      network.fit(train);
      double loss = network.score() / SEGMENT; // of the last minibatch, summed over its steps
      String when = String.format(Locale.ROOT, "epoch %d: loss per step %.3f", epoch, loss);
      printAccuracy(when, network, test);
    }

    // Inference step by step. The state can be kept and put back.
    test.reset();
    INDArray sequence = test.next().getFeatures();
    network.rnnClearPreviousState();
    INDArray probabilities = null;
    Map<String, INDArray> halfWay = null;
    for (int t = 0; t < LENGTH; t++) {
      probabilities = network.rnnTimeStep(step(sequence, t));
      if (t == LENGTH / 2) {
        halfWay = network.rnnGetPreviousState(1);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "state of layer 1: %s; probabilities of the first sequence in the end: %s%n",
        halfWay.keySet(),
        probabilities.getRow(0));

    // The dense and the lower GLE layer stay, the readout is a new one.
    MultiLayerNetwork transferred =
        new TransferLearning.Builder(network)
            .fineTuneConfiguration(
                new FineTuneConfiguration.Builder().seed(2).updater(new Adam(3e-3)).build())
            .setFeatureExtractor(1)
            .removeOutputLayer()
            .addLayer(readout(NEURONS))
            .build();
    printAccuracy("new readout, before learning", transferred, test);
    transferred.fit(train);
    printAccuracy("new readout, after an epoch", transferred, test);
  }

  private static void printAccuracy(
      String when, MultiLayerNetwork network, DataSetIterator sequences) {
    System.out.printf(
        Locale.ROOT,
        "%s, accuracy over all steps %.1f %%%n",
        when,
        100 * network.evaluate(sequences).accuracy());
  }

  private static GleDense gle() {
    return new GleDense.Builder()
        .nOut(NEURONS)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.populations(of(8, 1, 0.4), of(8, 4, 1.6), of(8, 1.2, 1.2)))
        .build();
  }

  private static RnnOutputLayer readout() {
    return readout(0);
  }

  /** With 0 inputs, the input type decides. */
  private static RnnOutputLayer readout(int inputs) {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .nIn(inputs)
        .nOut(CLASSES)
        .dataFormat(RNNFormat.NCW) // TransferLearning does not infer it
        .activation(Activation.SOFTMAX)
        .build();
  }

  /**
   * Three levels under noise of a similar size, which has to be averaged; the class is the level,
   * in every time step, the first ones included, of which nobody can be sure.
   */
  private static DataSetIterator noisyLevels(int batches, Random random) {
    List<DataSet> data = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      INDArray features = Nd4j.create(DataType.FLOAT, BATCH, 1, LENGTH);
      INDArray labels = Nd4j.create(DataType.FLOAT, BATCH, CLASSES, LENGTH);
      for (int sample = 0; sample < BATCH; sample++) {
        int level = random.nextInt(CLASSES);
        for (int t = 0; t < LENGTH; t++) {
          features.putScalar(sample, 0, t, 0.5 * (level - 1) + 0.3 * random.nextGaussian());
          labels.putScalar(sample, level, t, 1);
        }
      }
      data.add(new DataSet(features, labels));
    }
    return new ExistingDataSetIterator(data);
  }

  private static INDArray step(INDArray sequence, int t) {
    return sequence.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(t)).dup();
  }
}

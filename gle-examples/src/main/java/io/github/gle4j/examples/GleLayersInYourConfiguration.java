// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.examples;

import static io.github.gle4j.dynamics.Population.of;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator.Part;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.train.StreamingResult;
import io.github.gle4j.train.StreamingTrainer;
import java.util.Locale;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * GLE layers in a DL4J configuration, learning MNIST-1D from a stream of single points: one local
 * update per time step, no backpropagation through time. A small network and short sequences, so
 * that it takes seconds; {@code ./gle train mnist1d} trains the published networks.
 */
public final class GleLayersInYourConfiguration {
  private GleLayersInYourConfiguration() {}

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
            .weightInit(WeightInit.UNIFORM)
            .updater(new Adam(2e-3))
            .list()
            .layer(hidden())
            .layer(hidden())
            .layer(
                new GleDense.Builder()
                    .nOut(10)
                    .activation(Activation.IDENTITY)
                    .timeConstants(TimeConstants.constant(1.2, 1.2))
                    .build())
            .layer(
                new RnnLossLayer.Builder(LossFunction.MCXENT)
                    .activation(Activation.SOFTMAX)
                    .build())
            .setInputType(InputType.recurrent(1))
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    System.out.println(network.summary());

    Mnist1d data = Mnist1d.builder().length(72).build();
    DataSetIterator train =
        Mnist1dDataSetIterator.builder().data(data).batchSize(100).shuffleSeed(1).build();
    DataSetIterator test =
        Mnist1dDataSetIterator.builder().data(data).batchSize(100).part(Part.TEST).build();

    // Any DL4J listener works; an iteration is one time step.
    network.setListeners(new ScoreIterationListener(1000));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      StreamingResult learning = trainer.fit(train, 1);
      System.out.printf(
          Locale.ROOT,
          "epoch %d: accuracy while learning %.1f %%, on the test set %.1f %%%n",
          epoch,
          100 * learning.accuracy(),
          100 * trainer.evaluate(test).accuracy());
    }
    System.out.println(trainer.evaluate(test).evaluation().confusionToString());
  }

  /** A third of the neurons integrates quickly, a third slowly, a third not at all. */
  private static GleDense hidden() {
    return new GleDense.Builder()
        .nOut(45)
        .activation(Activation.TANH)
        .timeConstants(
            TimeConstants.populations(of(15, 0.6, 0.2), of(15, 1.2, 0.2), of(15, 1.2, 1.2)))
        .build();
  }
}

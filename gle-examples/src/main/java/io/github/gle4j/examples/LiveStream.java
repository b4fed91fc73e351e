// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.examples;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.train.StreamingTrainer;
import java.util.Locale;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Stepping the trainer by hand: the network watches what goes into a sluggish plant and learns on
 * the fly to predict what comes out. Nothing is recorded, nothing is replayed; when the plant
 * becomes faster half way, the network adapts.
 */
public final class LiveStream {
  private LiveStream() {}

  /**
   * Runs the example.
   *
   * @param args the number of time steps; 4000 when missing
   */
  public static void main(String[] args) {
    int steps = args.length == 0 ? 4_000 : Integer.parseInt(args[0]);

    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(new Adam(1e-3))
                .list()
                .layer(
                    new GleDense.Builder()
                        .nOut(16)
                        .activation(Activation.TANH)
                        .timeConstants(TimeConstants.logUniform(0.4, 4, 0.4, 0.4, 3))
                        .build())
                .layer(
                    new GleDense.Builder()
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .timeConstants(TimeConstants.constant(1, 1))
                        .build())
                .layer(
                    new RnnLossLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.recurrent(1))
                .build());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();

    int report = Math.max(1, steps / 20);
    double plant = 0;
    double squaredError = 0;
    double squaredTarget = 0;
    for (int k = 1; k <= steps; k++) {
      double input = Math.sin(0.05 * k) + Math.sin(0.113 * k);
      double timeConstant = k <= steps / 2 ? 2 : 0.5;
      plant += 0.2 / timeConstant * (input - plant);

      // One sample, one value: arrays of shape [1, 1]. The result is the prediction made before
      // this step's target was seen; two GLE layers made it from the inputs up to two steps ago.
      INDArray prediction = trainer.step(value(input), value(plant));

      squaredError += Math.pow(prediction.getDouble(0) - plant, 2);
      squaredTarget += plant * plant;
      if (k % report == 0) {
        System.out.printf(
            Locale.ROOT,
            "step %6d: error %5.1f %% of the plant's power%n",
            k,
            100 * squaredError / squaredTarget);
        squaredError = 0;
        squaredTarget = 0;
      }
    }
  }

  private static INDArray value(double value) {
    return Nd4j.createFromArray(new double[][] {{value}});
  }
}

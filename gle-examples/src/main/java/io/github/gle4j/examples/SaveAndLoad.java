// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.examples;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.util.ModelFiles;
import io.github.gle4j.train.StreamingTrainer;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A network of GLE layers is saved and loaded like any DL4J network, with its time constants and
 * the updater's state. The state of its neurons is a value of its own: the trainer hands it out,
 * for another trainer or for DL4J's {@code rnnTimeStep}.
 */
public final class SaveAndLoad {
  private SaveAndLoad() {}

  /**
   * Runs the example.
   *
   * @param args none
   * @throws IOException when the temporary file cannot be written
   */
  public static void main(String[] args) throws IOException {
    MultiLayerNetwork network = network();
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int k = 0; k < 200; k++) {
      trainer.step(wave(k), wave(k - 10));
    }

    File file = File.createTempFile("gle", ".zip");
    ModelSerializer.writeModel(network, file, true);
    List<Map<String, INDArray>> neurons = trainer.saveState();

    MultiLayerNetwork loaded = ModelFiles.network(file.toPath(), true);
    StreamingTrainer goesOn = StreamingTrainer.builder(loaded).build();
    goesOn.restoreState(neurons);
    for (int k = 200; k < 205; k++) {
      System.out.printf(
          Locale.ROOT,
          "step %d: original %.6f, loaded %.6f%n",
          k,
          trainer.step(wave(k), wave(k - 10)).getDouble(0),
          goesOn.step(wave(k), wave(k - 10)).getDouble(0));
    }

    // The same neurons, now predicting only, through DL4J's own time-step call.
    for (int layer = 0; layer < neurons.size(); layer++) {
      loaded.rnnSetPreviousState(layer, goesOn.saveState().get(layer));
    }
    System.out.printf(
        Locale.ROOT, "step 205: rnnTimeStep %.6f%n", loaded.rnnTimeStep(wave(205)).getDouble(0));
    if (!file.delete()) {
      file.deleteOnExit();
    }
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(5)
                .updater(new Adam(1e-3))
                .list()
                .layer(
                    new GleDense.Builder()
                        .nOut(8)
                        .activation(Activation.TANH)
                        .timeConstants(TimeConstants.linear(0.4, 4, 0.2, 0.2))
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
    network.init();
    return network;
  }

  private static INDArray wave(int k) {
    return Nd4j.createFromArray(new float[][] {{(float) Math.sin(0.1 * k)}});
  }
}

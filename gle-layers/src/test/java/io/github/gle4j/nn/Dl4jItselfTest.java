// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.TestNetworks;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * What DL4J itself does without any layer of this project, as docs/dl4j.md says: a failure here
 * means that DL4J has become better and the line can go.
 */
class Dl4jItselfTest {
  private static final DataSet DATA =
      new DataSet(
          TestNetworks.gaussian(1, 4, 2, 5),
          TestNetworks.everyStep(TestNetworks.oneHot(2, 4, 3), 5));

  @Test
  void adaBeliefCannotBeUsed() {
    MultiLayerNetwork network = lstm(new AdaBelief());
    assertThrows(ArrayIndexOutOfBoundsException.class, () -> network.fit(DATA));
    lstm(new Adam()).fit(DATA);
  }

  @Test
  void normalizerCanBeAddedToAModelButNotWrittenWithIt(@TempDir Path folder) throws IOException {
    NormalizerStandardize normalizer = new NormalizerStandardize();
    normalizer.fit(DATA);
    MultiLayerNetwork network = lstm(new Adam());
    Path file = folder.resolve("model.zip");

    Exception refused =
        assertThrows(
            Exception.class,
            () -> ModelSerializer.writeModel(network, file.toFile(), true, normalizer));
    assertTrue(refused.toString().contains("closed"), refused::toString);

    ModelSerializer.writeModel(network, file.toFile(), true);
    ModelSerializer.addNormalizerToModel(file.toFile(), normalizer);
    assertEquals(network.params(), ModelFiles.network(file, true).params());
  }

  @Test
  void fitTakesWhatIsNotFinite() {
    MultiLayerNetwork network = lstm(new Adam());
    INDArray features = DATA.getFeatures().dup();
    features.putScalar(0, 0, 0, Double.NaN);
    assertFalse(network.params().isNaN().any());
    network.fit(new DataSet(features, DATA.getLabels()));
    assertTrue(network.params().isNaN().any());
  }

  private static MultiLayerNetwork lstm(IUpdater updater) {
    return TestNetworks.network(
        updater,
        new LSTM.Builder().nIn(2).nOut(3).activation(Activation.TANH).build(),
        new RnnOutputLayer.Builder().nIn(3).nOut(3).activation(Activation.SOFTMAX).build());
  }
}

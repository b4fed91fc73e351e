// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.nio.file.Path;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** A checkpoint of version 1 of the format, which every later version must be able to load. */
class GoldenCheckpointTest {
  private static final int SAMPLES = 3;
  private static final int TIME = 5;

  /** Numbers that no random generator decides. */
  private static DataSet data() {
    INDArray features = Nd4j.create(new int[] {SAMPLES, 2, TIME}, 'f');
    for (int i = 0; i < features.length(); i++) {
      features.putScalar(i, (i * 37 % 11 - 5) / 4.0);
    }
    INDArray labels = Nd4j.eye(SAMPLES);
    return new DataSet(features, labels);
  }

  static StreamingTrainer trainer() {
    MultiLayerNetwork network =
        network(
            new Adam(0.01),
            hidden(2).learnTimeConstants(LearnedTimeConstants.TAU_M).build(),
            readout(4, 3).build(),
            classes());
    return StreamingTrainer.builder(network).build();
  }

  @Test
  void theCheckpointOfVersion1GoesOn() throws Exception {
    Path folder = Path.of(getClass().getResource("/checkpoint-version-1").toURI());
    Checkpoint checkpoint = new CheckpointFolder(folder, 1).load().orElseThrow().checkpoint();
    StreamingTrainer trainer = trainer();
    trainer.restore(checkpoint);
    assertEquals(10, trainer.network().getIterationCount());
    assertEquals(0.01, trainer.learningRate());
    double[] expected = {-0.4066521106481847, -0.37176668216499187, 0.8220475319007063};
    INDArray parameters = trainer.network().params();
    double[] first = new double[3];
    for (int i = 0; i < first.length; i++) {
      first[i] = parameters.getDouble(i);
    }
    assertArrayEquals(expected, first);
    assertEquals(0.9699104554776905, trainer.fit(data()).loss(), 1e-12);
  }
}

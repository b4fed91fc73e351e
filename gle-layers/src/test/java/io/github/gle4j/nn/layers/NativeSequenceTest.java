// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.nn.conf.LearnedTimeConstants;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Sequences of floats, which go through Java arrays and OpenBLAS, against ND4J's doubles. */
class NativeSequenceTest {
  private static final int BATCH = 5;
  private static final int TIME = 13;
  private static final INDArray FEATURES = gaussian(5, BATCH, 2, TIME);
  private static final INDArray LABELS = everyStep(oneHot(3, BATCH, 3), TIME);

  @ParameterizedTest
  @CsvSource({
    "TANH, NONE, 13, false, true",
    "TANH, BOTH, 13, false, true",
    "TANH, BOTH, 5, false, true",
    "TANH, BOTH, 5, true, true",
    "SOFTPLUS, BOTH, 1, true, true",
    "SWISH, NONE, 4, true, true",
    "TANH, TAU_M, 5, true, false"
  })
  void floatsLearnAsDoubles(
      Activation activation,
      LearnedTimeConstants learned,
      int segment,
      boolean masked,
      boolean prospectiveErrors) {
    INDArray mask = masked ? mask() : null;
    MultiLayerNetwork exact = classifier(activation, learned, segment, prospectiveErrors);
    MultiLayerNetwork floats = exact.convertDataType(DataType.FLOAT);
    INDArray before = exact.params().dup();
    for (int repetition = 0; repetition < 2; repetition++) {
      exact.fit(new DataSet(FEATURES, LABELS, mask, mask));
      floats.fit(new DataSet(floats(FEATURES), floats(LABELS), floats(mask), floats(mask)));
    }
    double change = difference(before, exact.params());
    assertTrue(change > 1e-2, "learned " + change);
    assertEquals(0, difference(exact.params(), floats.params().castTo(DataType.DOUBLE)), 1e-5);
    assertEquals(exact.score(), floats.score(), 1e-5);
    assertEquals(
        0,
        difference(exact.output(FEATURES), floats.output(floats(FEATURES)).castTo(DataType.DOUBLE)),
        1e-5);
  }

  private static MultiLayerNetwork classifier(
      Activation activation, LearnedTimeConstants learned, int segment, boolean prospective) {
    MultiLayerNetwork network =
        network(
            new Sgd(0.05),
            hidden(2)
                .activation(activation)
                .learnTimeConstants(learned)
                .prospectiveErrors(prospective)
                .build(),
            hidden(4).activation(activation).learnTimeConstants(learned).build(),
            readout(4, 3).build(),
            classes());
    network.getLayerWiseConfigurations().setBackpropType(BackpropType.TruncatedBPTT);
    network.getLayerWiseConfigurations().setTbpttFwdLength(segment);
    network.getLayerWiseConfigurations().setTbpttBackLength(segment);
    return network;
  }

  private static INDArray floats(INDArray array) {
    return array == null ? null : array.castTo(DataType.FLOAT);
  }

  /** The second sample ends early, the third starts late. */
  private static INDArray mask() {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
    for (int t = 0; t < TIME; t++) {
      mask.putScalar(1, t, t < 8 ? 1 : 0);
      mask.putScalar(2, t, t < 4 ? 0 : 1);
    }
    return mask;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.classifier;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The sequence form in single precision, against single steps of the reference. */
class FusedInferenceTest {
  private static final int TIME = 37;

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void sequencesGiveTheOutputsOfSingleSteps(int batch) {
    MultiLayerNetwork network = classifier(new Sgd(0)).convertDataType(DataType.FLOAT);
    INDArray x = gaussian(batch, batch, 2, TIME).castTo(DataType.FLOAT);
    StreamingTrainer steps = StreamingTrainer.builder(network).fused(false).build();
    StreamingTrainer sequences = StreamingTrainer.builder(network).build();
    DataSet before = new DataSet(gaussian(9, batch, 2, 4), oneHot(9, batch, 3));
    steps.fit(before);
    sequences.fit(before);
    INDArray expected = Nd4j.create(DataType.FLOAT, batch, 3);
    INDArray summed = sequences.summedOutput(x, null);
    INDArray course = network.clone().output(x.dup('c'));
    for (int t = 0; t < TIME; t++) {
      expected.addi(steps.step(x.slice(t, 2), null, false));
    }
    assertEquals(0, difference(expected, summed), 1e-4);

    steps.resetState();
    INDArray softmax = Nd4j.create(DataType.FLOAT, batch, 3, TIME);
    for (int t = 0; t < TIME; t++) {
      INDArray output = steps.step(x.slice(t, 2), null, false);
      INDArray exp = Transforms.exp(output);
      softmax.slice(t, 2).assign(exp.diviColumnVector(exp.sum(true, 1)));
    }
    assertEquals(0, difference(softmax, course), 1e-5);
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "SOFTPLUS", "CUBE"})
  void otherFunctionsMasksAndPiecesOfLongSequences(Activation activation) {
    int time = 70;
    int batch = 64;
    MultiLayerNetwork network =
        network(
                new Sgd(0),
                hidden(2)
                    .nOut(256)
                    .hasBias(false)
                    .activation(activation)
                    .timeConstants(TimeConstants.constant(1.2, 0.4))
                    .build(),
                readout(256, 3).build(),
                classes())
            .convertDataType(DataType.FLOAT);
    assertTrue(StreamingTrainer.VALUES_AT_ONCE < batch * 256L * time, "several pieces");
    INDArray x = gaussian(3, batch, 2, time).castTo(DataType.FLOAT);
    INDArray mask = Nd4j.ones(DataType.FLOAT, batch, time);
    for (int t = 20; t < time; t++) {
      mask.putScalar(1, t, 0);
    }
    StreamingTrainer steps = StreamingTrainer.builder(network).fused(false).build();
    StreamingTrainer sequences = StreamingTrainer.builder(network).build();
    INDArray expected = Nd4j.create(DataType.FLOAT, batch, 3);
    INDArray atTwenty = null;
    for (int t = 0; t < time; t++) {
      expected.addi(steps.step(x.slice(t, 2), null, false));
      atTwenty = t == 19 ? expected.dup() : atTwenty;
    }
    double size = expected.amaxNumber().doubleValue();
    assertEquals(0, difference(expected, sequences.summedOutput(x, null)) / size, 1e-5);
    expected.getRow(1).assign(atTwenty.getRow(1)); // what is masked is not summed
    assertEquals(0, difference(expected, sequences.summedOutput(x, mask)) / size, 1e-5);
  }
}

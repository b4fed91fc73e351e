// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.layers.NonFiniteException;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Rates that single precision has no number for, in evaluation, prediction and DL4J's own calls.
 */
class NonFiniteRatesTest {
  private static final int TIME = 7;

  /** When the input, 0.5 before and after, is 1e30 in the second of three samples. */
  private static final int WHEN = 4;

  private static MultiLayerNetwork neurons(DataType type, Layer... layers) {
    MultiLayerNetwork network = network(new Sgd(1e-3), layers).convertDataType(type);
    for (org.deeplearning4j.nn.api.Layer layer : network.getLayers()) {
      if (layer.paramTable().containsKey("W")) {
        layer.getParam("W").assign(1);
      }
    }
    return network;
  }

  private static GleDense.Builder neuron(Activation activation) {
    return readout(1, 1).activation(activation);
  }

  /** The cube of the input, hidden from the output by a tanh. */
  private static MultiLayerNetwork cubes(DataType type) {
    return neurons(
        type,
        neuron(Activation.CUBE).build(),
        neuron(Activation.TANH).build(),
        readout(1, 1).build(),
        squares());
  }

  private static INDArray input(DataType type) {
    INDArray input = Nd4j.zeros(type, 3, 1, TIME).addi(0.5);
    return input.putScalar(1, 0, WHEN, 1e30);
  }

  private static INDArray mask(DataType type) {
    return Nd4j.ones(type, 3, TIME).putScalar(1, WHEN, 0);
  }

  private static DataSetIterator data(INDArray input, INDArray mask) {
    INDArray labels = Nd4j.zeros(input.dataType(), 3, 1);
    return new SingletonDataSetIterator(new DataSet(input, labels, mask, null));
  }

  private static void refused(String where, int step, Executable call) {
    NonFiniteException refusal = assertThrows(NonFiniteException.class, call);
    assertTrue(
        refusal.getMessage().startsWith("the " + where + " is not finite in step " + step),
        refusal::getMessage);
    assertEquals(1, refusal.getMessage().lines().count());
  }

  @Test
  void dl4jsCallsRefuseThem() {
    MultiLayerNetwork network = cubes(DataType.FLOAT);
    INDArray before = network.params().dup();
    INDArray input = input(DataType.FLOAT);
    DataSet sequences = new DataSet(input, Nd4j.zeros(DataType.FLOAT, 3, 1, TIME));
    String where = "r of neuron 0, sample 1, in layer 0";
    refused(where, WHEN, () -> network.output(input));
    refused(where, WHEN, () -> network.fit(sequences));
    assertEquals(before, network.params());
    sequences.setFeaturesMaskArray(mask(DataType.FLOAT));
    sequences.setLabelsMaskArray(mask(DataType.FLOAT));
    network.fit(sequences);
    assertTrue(difference(before, network.params()) > 0);
    assertEquals(TIME, cubes(DataType.DOUBLE).output(input(DataType.DOUBLE)).size(2));
  }

  @Test
  void aStepThatIsRefusedLeavesTheStateAsItWas() {
    MultiLayerNetwork network = cubes(DataType.FLOAT);
    MultiLayerNetwork twin = cubes(DataType.FLOAT);
    INDArray input = input(DataType.FLOAT);
    for (int t = 0; t < WHEN; t++) {
      network.rnnTimeStep(input.slice(t, 2));
      twin.rnnTimeStep(input.slice(t, 2));
    }
    String where = "r of neuron 0, sample 1, in layer 0";
    refused(where, 0, () -> network.rnnTimeStep(input.slice(WHEN, 2)));
    for (int t = WHEN + 1; t < TIME; t++) {
      assertEquals(twin.rnnTimeStep(input.slice(t, 2)), network.rnnTimeStep(input.slice(t, 2)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void trainersRefuseThem(boolean fused) {
    MultiLayerNetwork network = cubes(DataType.FLOAT);
    INDArray before = network.params().dup();
    INDArray input = input(DataType.FLOAT);
    INDArray mask = mask(DataType.FLOAT);
    StreamingTrainer trainer = StreamingTrainer.builder(network).fused(fused).build();
    String where = "r of neuron 0, sample 1, in layer 0";
    refused(where, WHEN, () -> trainer.predict(input));
    refused(where, WHEN, () -> trainer.summedOutput(input, null));
    refused(where, WHEN, () -> trainer.evaluate(data(input, null)));
    refused(where, 0, () -> trainer.step(input.slice(WHEN, 2), null, false));
    trainer.resetState();
    refused(where, 0, () -> trainer.step(input.slice(WHEN, 2), null));
    trainer.resetState();
    assertEquals(before, network.params());
    assertTrue(Double.isFinite(trainer.evaluate(data(input, mask)).loss()));
    assertTrue(Double.isFinite(trainer.summedOutput(input, mask).sumNumber().doubleValue()));
    trainer.fit(data(input, mask), 1);
    assertTrue(difference(before, network.params()) > 0);
  }

  @Test
  void theStepIsThatOfTheSequenceHoweverItIsCut() {
    MultiLayerNetwork network =
        neurons(DataType.FLOAT, neuron(Activation.CUBE).build(), readout(1, 1).build(), squares());
    int batch = 1 << 14;
    int piece = (int) StreamingTrainer.VALUES_AT_ONCE / batch;
    INDArray input = Nd4j.zeros(DataType.FLOAT, batch, 1, piece + 5);
    input.putScalar(7, 0, piece + 3, 1e30);
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    refused("r of neuron 0, sample 7, in layer 0", piece + 3, () -> trainer.predict(input));
  }

  @Test
  void errorsThatMoveMembranesAreFollowedStepByStep() {
    MultiLayerNetwork network =
        neurons(
            DataType.FLOAT,
            neuron(Activation.CUBE).gamma(0.1).build(),
            readout(1, 1).build(),
            squares());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray input = input(DataType.FLOAT);
    refused("r of neuron 0, sample 1, in layer 0", WHEN, () -> trainer.predict(input));
    assertEquals(3, trainer.summedOutput(input, mask(DataType.FLOAT)).length());
  }

  @Test
  void aLossThatIsInfiniteIsNoMeasure() {
    MultiLayerNetwork network =
        neurons(DataType.FLOAT, neuron(Activation.IDENTITY).build(), squares());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray input = input(DataType.FLOAT);
    refused("loss in the loss layer", WHEN + 1, () -> trainer.evaluate(data(input, null)));
    assertEquals(1e30, trainer.summedOutput(input, null).getDouble(1), 1e24);
  }

  @Test
  void weightsThatAreNotFiniteAreMet() {
    MultiLayerNetwork network = cubes(DataType.DOUBLE);
    INDArray input = Nd4j.ones(DataType.DOUBLE, 2, 1, 3);
    network.getLayer(1).getParam("W").assign(Double.NaN);
    refused("r of neuron 0, sample 0, in layer 1", 0, () -> network.output(input));
    network.getLayer(1).getParam("W").assign(Double.POSITIVE_INFINITY); // whose tanh is 1
    assertThrows(NonFiniteException.class, () -> network.output(input));
    network.getLayer(1).getParam("W").assign(1e300);
    assertTrue(Double.isFinite(network.output(input).sumNumber().doubleValue()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void gruRefusesThem(DataType type) {
    Gru gru = new Gru.Builder().nIn(1).nOut(1).activation(Activation.CUBE).build();
    MultiLayerNetwork network = neurons(type, gru, neuron(Activation.TANH).build(), squares());
    INDArray input = input(type).putScalar(1, 0, WHEN, type == DataType.FLOAT ? 1e30 : 1e130);
    network.getLayer(0).getParam("W").assign(Nd4j.createFromArray(0, 0, 1).castTo(type));
    refused("h of neuron 0, sample 1, in layer 0", WHEN, () -> network.output(input));
    network.setLayerMaskArrays(mask(type), null);
    assertTrue(Double.isFinite(network.output(input).sumNumber().doubleValue()));
  }
}

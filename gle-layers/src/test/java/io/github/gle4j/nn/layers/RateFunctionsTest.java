// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.train.StreamingTrainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationRationalTanh;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Activation functions at all voltages, those included where ND4J's operations overflow. */
class RateFunctionsTest {
  /** Finite in single precision, and so are their squares' roots. */
  private static final double[] FAR = {800, -800, 1e5, -1e5, 1e30, -1e30};

  private static final double[] NEAR =
      DoubleStream.iterate(-15, p -> p < 15, p -> p + 0.37).toArray();

  /** Almost linear functions, 0 far below and the voltage far above. */
  private static final List<IActivation> ALMOST_LINEAR =
      List.of(
          new ActivationSoftPlus(),
          new ActivationSwish(),
          new ActivationGELU(false),
          new ActivationGELU(true),
          new ActivationMish());

  /** All that ND4J has without parameters of their own. */
  static List<IActivation> all() {
    List<IActivation> all = new ArrayList<>(List.of(new ActivationGELU(true)));
    for (Activation activation : Activation.values()) {
      if (!Set.of("SOFTMAX", "PRELU", "RRELU").contains(activation.name())) {
        all.add(activation.getActivationFunction());
      }
    }
    return all;
  }

  static List<IActivation> almostLinear() {
    return ALMOST_LINEAR;
  }

  /** Rate and derivative by the operations on arrays. */
  private static double[][] byArrays(IActivation activation, DataType type, double... voltages) {
    INDArray p = Nd4j.createFromArray(voltages).castTo(type).reshape(1, voltages.length);
    INDArray r = p.ulike();
    INDArray d = p.ulike();
    RateFunctions.apply(activation, p, r, d);
    return new double[][] {
      r.castTo(DataType.DOUBLE).toDoubleVector(), d.castTo(DataType.DOUBLE).toDoubleVector()
    };
  }

  /** Rate and derivative on Java's floats. */
  private static double[][] byFloats(IActivation activation, double... voltages) {
    float[] p = floats(voltages);
    float[] r = new float[p.length];
    float[] d = new float[p.length];
    RateFunctions.of(activation, p.length).apply(p, r, d);
    return new double[][] {doubles(r), doubles(d)};
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static double[] doubles(float... values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  @ParameterizedTest
  @MethodSource("all")
  void ratesAndDerivativesAreFiniteWhereVoltagesAre(IActivation activation) {
    double[] voltages = DoubleStream.concat(Arrays.stream(NEAR), Arrays.stream(FAR)).toArray();
    if (!activation.toString().equals("cube")) { // which has no value of single precision there
      requireFinite(activation, byFloats(activation, voltages));
      requireFinite(activation, byArrays(activation, DataType.FLOAT, voltages));
      double[] most = {1e70, 1e104, 1e160, 1e300, Double.MAX_VALUE, -1e104, -Double.MAX_VALUE};
      if (!activation.toString().equals("selu")) { // 1.05 times the largest number
        requireFinite(activation, byArrays(activation, DataType.DOUBLE, most));
      }
    }
    requireFinite(activation, byArrays(activation, DataType.DOUBLE, voltages));
  }

  private static void requireFinite(IActivation activation, double[][] values) {
    for (double[] some : values) {
      assertTrue(
          Arrays.stream(some).allMatch(Double::isFinite),
          () -> activation + " " + Arrays.toString(some));
    }
  }

  @ParameterizedTest
  @MethodSource("almostLinear")
  void whatIsAlmostLinearIsLinearFarAway(IActivation activation) {
    double[] rates = Arrays.stream(FAR).map(p -> Math.max(p, 0)).toArray();
    double[] slopes = Arrays.stream(FAR).map(p -> p > 0 ? 1 : 0).toArray();
    double[][] exact = byArrays(activation, DataType.DOUBLE, FAR);
    assertArrayEquals(rates, exact[0], 0);
    assertArrayEquals(slopes, exact[1], 0);
    for (double[][] floats :
        List.of(byArrays(activation, DataType.FLOAT, FAR), byFloats(activation, FAR))) {
      assertArrayEquals(floats(rates), floats(floats[0]), 0);
      assertArrayEquals(slopes, floats[1], 0);
    }
  }

  @Test
  void rationalTanhIsBoundedFarAway() {
    double[][] exact = byArrays(new ActivationRationalTanh(), DataType.DOUBLE, 1e30, -1e200, 1e5);
    assertArrayEquals(new double[] {1.7159, -1.7159, 1.7159}, exact[0], 1e-7);
    assertArrayEquals(new double[] {0, 0, 2.4531e-24}, exact[1], 1e-28);
  }

  @ParameterizedTest
  @MethodSource("all")
  void nearbyTheyAreNd4js(IActivation activation) {
    INDArray p = Nd4j.createFromArray(NEAR).reshape(1, NEAR.length);
    INDArray ones = Nd4j.onesLike(p);
    double[] rates = activation.getActivation(p.dup(), false).toDoubleVector();
    double[] slopes = activation.backprop(p.dup(), ones).getFirst().toDoubleVector();
    boolean isPreciseGelu = activation.equals(new ActivationGELU(true));
    for (double[][] own :
        List.of(byArrays(activation, DataType.DOUBLE, NEAR), byFloats(activation, NEAR))) {
      for (int i = 0; i < NEAR.length; i++) {
        String what = activation + " at " + NEAR[i];
        assertEquals(rates[i], own[0][i], 1e-6 * Math.max(1, Math.abs(rates[i])), what);
        // ND4J's derivative of the precise GELU is not quite that of its value
        double accuracy = isPreciseGelu ? 1e-4 : 1e-6;
        assertEquals(slopes[i], own[1][i], accuracy * Math.max(1, Math.abs(slopes[i])), what);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void slopesAreThoseOfTheValues(StableFunction function) {
    double h = 1e-5;
    for (double p : NEAR) {
      double difference = (function.value(p + h) - function.value(p - h)) / (2 * h);
      assertEquals(difference, function.slope(p), 1e-9, function + " at " + p);
    }
    // what a difference from 1 would lose
    double tail = function.slope(-15);
    assertEquals(tail, function.slope(-15 - 1e-9), 1e-6 * Math.abs(tail));
  }

  private static GleDense gle(IActivation activation) {
    return readout(1, 1).activation(activation).build();
  }

  /** A neuron whose voltage is its input, below a readout. */
  private static MultiLayerNetwork neuron(DataType type, Layer lowest) {
    MultiLayerNetwork network =
        network(new Sgd(1e-12), lowest, readout(1, 1).build(), squares()).convertDataType(type);
    network.getLayer(0).getParam("W").assign(1);
    network.getLayer(1).getParam("W").assign(1);
    return network;
  }

  /** Each voltage for three steps, [voltages, 1, 3]. */
  private static INDArray input(DataType type, double... voltages) {
    INDArray input = Nd4j.create(type, new long[] {voltages.length, 1, 3}, 'f');
    for (int b = 0; b < voltages.length; b++) {
      input.slice(b).assign(voltages[b]);
    }
    return input;
  }

  @ParameterizedTest
  @MethodSource("almostLinear")
  void networksGiveThem(IActivation activation) {
    double[] rates = Arrays.stream(FAR).map(p -> Math.max(p, 0)).toArray();
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
      MultiLayerNetwork network = neuron(type, gle(activation));
      INDArray input = input(type, FAR);
      requireAbout(rates, network.output(input).slice(2, 2));
      network.rnnTimeStep(input.slice(0, 2));
      network.rnnTimeStep(input.slice(1, 2));
      requireAbout(rates, network.rnnTimeStep(input.slice(2, 2)));
      for (boolean fused : new boolean[] {true, false}) {
        StreamingTrainer trainer = StreamingTrainer.builder(network).fused(fused).build();
        requireAbout(rates, trainer.summedOutput(input, null));
        trainer.step(input.slice(0, 2), null);
        trainer.step(input.slice(1, 2), null, false);
        requireAbout(rates, trainer.step(input.slice(2, 2), null));
      }
    }
  }

  private static void requireAbout(double[] expected, INDArray actual) {
    for (int i = 0; i < expected.length; i++) {
      double accuracy = 1e-6 * Math.max(1, expected[i]);
      assertEquals(expected[i], actual.getDouble(i), accuracy, "voltage " + FAR[i]);
    }
  }

  @ParameterizedTest
  @MethodSource("almostLinear")
  void networksLearnFromThem(IActivation activation) {
    double[] voltages = {800, -800, 1e3, 0.3};
    MultiLayerNetwork exact = neuron(DataType.DOUBLE, gle(activation));
    INDArray labels = Nd4j.create(DataType.DOUBLE, voltages.length, 1, 3);
    INDArray expected = null;
    for (int way = 0; way < 5; way++) {
      DataType type = way < 2 ? DataType.DOUBLE : DataType.FLOAT;
      MultiLayerNetwork network = exact.clone().convertDataType(type);
      INDArray before = network.params().dup();
      DataSet data = new DataSet(input(type, voltages), labels.castTo(type));
      if (way == 0 || way == 2) {
        network.fit(data);
      } else {
        StreamingTrainer.builder(network).updateInterval(3).fused(way == 3).build().fit(data);
      }
      INDArray change = network.params().sub(before).castTo(DataType.DOUBLE);
      expected = way == 0 ? change : expected;
      double largest = expected.amaxNumber().doubleValue();
      assertTrue(largest > 1e-8, "learned " + largest);
      if (type == DataType.DOUBLE) {
        assertEquals(0, change.sub(expected).amaxNumber().doubleValue(), 1e-9 * largest);
      }
      assertTrue(Double.isFinite(change.sumNumber().doubleValue()), "way " + way);
    }
  }

  @ParameterizedTest
  @MethodSource("almostLinear")
  void gruGivesThemAndLearns(IActivation activation) {
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
      Gru gru = new Gru.Builder().nIn(1).nOut(1).activation(activation).build();
      MultiLayerNetwork network = neuron(type, gru);
      network.getLayer(0).getParam("W").assign(Nd4j.createFromArray(0, 0, 1).castTo(type));
      INDArray input = input(type, FAR);
      INDArray output = network.output(input); // half of the first candidate, seen a step later
      requireAbout(
          Arrays.stream(FAR).map(p -> Math.max(p, 0) / 2).toArray(),
          network.feedForward(input, false).get(1).slice(0, 2));
      assertTrue(Double.isFinite(output.sumNumber().doubleValue()));
      INDArray few = input(type, 800, -800, 0.3);
      network.fit(new DataSet(few, Nd4j.create(type, 3, 1, 3)));
      assertTrue(Double.isFinite(network.params().sumNumber().doubleValue()));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The neurons of GLE: their contract, and the equations written out once more. */
class GleNeuronsTest extends NeuronContract {
  private static final double DT = 0.2;
  private static final Phi<INDArray> IDENTITY =
      (p, r, d) -> {
        r.assign(p);
        d.assign(1);
      };

  @Override
  List<NeuronModel> models() {
    List<NeuronModel> models = new ArrayList<>();
    for (double gamma : new double[] {0, 0.3}) {
      for (boolean prospective : new boolean[] {true, false}) {
        models.add(new GleNeurons(DT, gamma, prospective, Set.of()));
        models.add(new GleNeurons(DT, gamma, prospective, Set.of("tauM", "tauR")));
      }
    }
    models.add(new GleNeurons(DT, 0, true, Set.of("tauR")));
    return models;
  }

  @Override
  double constant(String name, Random random) {
    return 0.5 + 2 * random.nextDouble();
  }

  @Override
  NeuronModel withStep(NeuronModel model, double dt) {
    GleNeurons neurons = (GleNeurons) model;
    return new GleNeurons(dt, neurons.gamma(), neurons.prospectiveErrors(), neurons.learned());
  }

  /** A mistake in the equations, which the test must notice. */
  enum Mistake {
    NONE,
    SIGN_OF_E,
    E_FROM_THE_NEW_V,
    TIME_CONSTANTS_SWAPPED,
    DERIVATIVE_MISSING,
    VOLTAGE_FROM_THE_NEW_U
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "3, 17", "101, 1", "5, 53"})
  void followTheEquations(int batch, int neurons) {
    for (double gamma : new double[] {0, 0.3}) {
      for (boolean prospective : new boolean[] {true, false}) {
        compare(batch, neurons, gamma, prospective, Mistake.NONE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMistakeWouldBeNoticed(Mistake mistake) {
    if (mistake == Mistake.NONE) {
      compare(2, 3, 0.3, true, mistake);
    } else {
      assertThrows(AssertionError.class, () -> compare(2, 3, 0.3, true, mistake));
    }
  }

  private static void compare(
      int batch, int size, double gamma, boolean prospective, Mistake mistake) {
    Random random = new Random(31L * batch + size);
    INDArray tauM = random(random, 1, size).addi(1.5);
    INDArray tauR = random(random, 1, size).addi(1.5);
    boolean swapped = mistake == Mistake.TIME_CONSTANTS_SWAPPED;
    Constants<INDArray> constants =
        new Constants<>(Map.of("tauM", swapped ? tauR : tauM, "tauR", swapped ? tauM : tauR));
    Nd4jArrays math = new Nd4jArrays(DataType.DOUBLE);
    GleNeurons model = new GleNeurons(DT, gamma, prospective, Set.of());
    Neurons<INDArray> neurons = model.on(math, IDENTITY);
    List<Variable> variables = new ArrayList<>(model.variables(size));
    variables.add(
        new Variable(NeuronModel.CURRENT, size, Variable.Phase.RATES, Variable.Kind.WORK));
    State<INDArray> state = new State<>(variables, batch, math);
    for (int step = 0; step < 3; step++) {
      INDArray above = random(random, batch, size);
      INDArray d = random(random, batch, size);
      INDArray current = random(random, batch, size);
      INDArray oldU = state.get("u").dup();
      INDArray oldV = state.get("v").dup();
      state.get("d").assign(mistake == Mistake.DERIVATIVE_MISSING ? Nd4j.onesLike(d) : d);
      state.get(NeuronModel.CURRENT).assign(current);
      neurons.error(constants, state, above);
      switch (mistake) {
        case SIGN_OF_E -> state.get("e").negi();
        case E_FROM_THE_NEW_V -> state.get("e").addi(state.get("v")).subi(oldV);
        default -> {}
      }
      neurons.membrane(constants, state);
      INDArray p = state.next("r");
      if (mistake == Mistake.VOLTAGE_FROM_THE_NEW_U) {
        p.addi(state.get("uDot").mul(DT));
      }
      for (int b = 0; b < batch; b++) {
        for (int n = 0; n < size; n++) {
          double m = tauM.getDouble(0, n);
          double r = tauR.getDouble(0, n);
          double error = above.getDouble(b, n) * d.getDouble(b, n);
          double slope = (error - oldV.getDouble(b, n)) / r;
          double newV = prospective ? oldV.getDouble(b, n) + DT * slope : error;
          double ahead = prospective ? oldV.getDouble(b, n) + m * slope : error;
          assertEquals(error, state.get("q").getDouble(b, n), 1e-12, "q");
          assertEquals(newV, state.get("v").getDouble(b, n), 1e-12, "v");
          assertEquals(ahead, state.get("e").getDouble(b, n), 1e-12, "e");
          double before = oldU.getDouble(b, n);
          double rise = (current.getDouble(b, n) + gamma * ahead - before) / m;
          assertEquals(before + DT * rise, state.get("u").getDouble(b, n), 1e-12, "u");
          assertEquals(rise, state.get("uDot").getDouble(b, n), 1e-12, "uDot");
          assertEquals(before + r * rise, p.getDouble(b, n), 1e-12, "p");
        }
      }
      state.publish();
    }
  }

  private static INDArray random(Random random, int rows, int columns) {
    INDArray array = Nd4j.create(DataType.DOUBLE, new long[] {rows, columns}, 'f');
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        array.putScalar(i, j, 2 * random.nextDouble() - 1);
      }
    }
    return array;
  }

  /** Equal time constants neither delay nor filter: e = q, and r is phi of the current. */
  @Test
  void equalTimeConstantsCancel() {
    INDArray tau = Nd4j.createFromArray(new double[][] {{0.4, 2}});
    Nd4jArrays math = new Nd4jArrays(DataType.DOUBLE);
    GleNeurons model = new GleNeurons(DT, 0, true, Set.of());
    List<Variable> variables = new ArrayList<>(model.variables(2));
    variables.add(new Variable(NeuronModel.CURRENT, 2, Variable.Phase.RATES, Variable.Kind.WORK));
    State<INDArray> state = new State<>(variables, 1, math);
    Constants<INDArray> constants = new Constants<>(Map.of("tauM", tau, "tauR", tau));
    INDArray current = Nd4j.createFromArray(new double[][] {{0.3, -0.7}});
    state.get("u").assign(Nd4j.createFromArray(new double[][] {{0.5, 0.1}}));
    state.get("v").assign(Nd4j.createFromArray(new double[][] {{-1, 0.6}}));
    state.get("d").assign(1);
    state.get(NeuronModel.CURRENT).assign(current);
    Neurons<INDArray> neurons = model.on(math, IDENTITY);
    neurons.error(constants, state, Nd4j.createFromArray(new double[][] {{0.2, 0.9}}));
    neurons.membrane(constants, state);
    assertEquals(0, state.next("r").sub(current).norm1Number().doubleValue(), 1e-14);
    assertEquals(0, state.get("e").sub(state.get("q")).norm1Number().doubleValue(), 1e-14);
  }
}

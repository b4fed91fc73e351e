// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gle4j.dynamics.Variable.Kind;
import io.github.gle4j.dynamics.Variable.Phase;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A layer's declared arrays. */
class StateTest {
  private static final List<Variable> VARIABLES =
      List.of(
          new Variable("u", 2, Phase.RATES, Kind.STATE),
          new Variable("e", 2, Phase.ERRORS, Kind.ERROR),
          new Variable("r", 2, Phase.RATES, Kind.MESSAGE),
          new Variable("f", 3, Phase.PASS_DOWN, Kind.MESSAGE),
          new Variable("work", 2, Phase.RATES, Kind.WORK));

  private static State<float[]> numbered() {
    State<float[]> state = new State<>(VARIABLES, 2, FloatArrays.INSTANCE);
    float value = 1;
    for (String name : List.of("u", "r", "f")) {
      for (int i = 0; i < state.get(name).length; i++) {
        state.get(name)[i] = value++;
      }
    }
    return state;
  }

  @Test
  void publishingSwapsWhatNeighboursSee() {
    State<float[]> state = numbered();
    Arrays.fill(state.next("r"), 7);
    Arrays.fill(state.next("f"), 8);
    assertEquals(5, state.get("r")[0]);
    state.publish(Phase.RATES);
    assertEquals(7, state.get("r")[0]);
    assertEquals(9, state.get("f")[0]);
    Arrays.fill(state.next("r"), 6);
    state.publish();
    assertEquals(6, state.get("r")[0]);
    assertEquals(8, state.get("f")[0]);
  }

  @Test
  void aMaskHoldsWhatItsPhaseHasWritten() {
    State<float[]> state = numbered();
    float[] mask = {1, 0};
    state.begin(Phase.RATES, mask);
    Arrays.fill(state.get("u"), 9);
    Arrays.fill(state.get("e"), 9);
    Arrays.fill(state.next("r"), Float.NaN);
    state.next("r")[0] = 9;
    state.next("r")[2] = 9;
    Arrays.fill(state.next("f"), 9);
    state.end(Phase.RATES, mask);
    assertArrayEquals(new float[] {9, 2, 9, 4}, state.get("u"));
    assertArrayEquals(new float[] {9, 6, 9, 8}, state.next("r"));
    assertArrayEquals(new float[] {9, 9, 9, 9}, state.get("e"), "of another phase");
    assertArrayEquals(new float[] {9, 9, 9, 9, 9, 9}, state.next("f"), "of another phase");
    state.get("e")[1] = Float.NaN;
    state.end(Phase.ERRORS, mask);
    assertArrayEquals(new float[] {9, 0, 9, 0}, state.get("e"));
    state.begin(Phase.RATES, new float[] {0.25f});
    Arrays.fill(state.get("u"), 1);
    state.end(Phase.RATES, new float[] {0.25f});
    assertArrayEquals(new float[] {7, 1.75f, 7, 3.25f}, state.get("u"));
  }

  @Test
  void aCopyAndASavedStateAreIndependent() {
    State<float[]> state = numbered();
    state.get("e")[1] = 3;
    State<float[]> copy = state.copy();
    Map<String, float[]> saved = state.save();
    assertEquals(List.of("u", "r", "f"), List.copyOf(saved.keySet()));
    state.reset();
    assertEquals(0, state.get("u")[1]);
    assertEquals(2, copy.get("u")[1]);
    assertEquals(3, copy.get("e")[1]);
    assertNotSame(copy.get("f"), state.get("f"));
    State<float[]> restored = new State<>(VARIABLES, 2, FloatArrays.INSTANCE);
    restored.load(saved);
    assertArrayEquals(copy.get("f"), restored.get("f"));
    assertNotSame(saved.get("f"), restored.get("f"));
  }

  @Test
  void valuesOfAnotherFormAreTakenOver() {
    State<INDArray> arrays = new State<>(VARIABLES, 2, new Nd4jArrays(DataType.DOUBLE));
    arrays.copyFrom(
        numbered(),
        Set.of(Phase.RATES),
        (from, to) -> to.assign(Nd4j.createFromArray(from).reshape('f', to.shape())));
    assertEquals(2, arrays.get("u").getDouble(1, 0));
    assertEquals(0, arrays.get("f").getDouble(0, 0), "of another phase");
    State<float[]> other = new State<>(VARIABLES, 3, FloatArrays.INSTANCE);
    assertThrows(
        IllegalArgumentException.class, () -> other.copyFrom(numbered(), (from, to) -> {}));
  }

  @Test
  void aSavedStateWithoutAnArrayIsRefused() {
    Map<String, float[]> saved = new HashMap<>(numbered().save());
    State<float[]> state = new State<>(VARIABLES, 2, FloatArrays.INSTANCE);
    state.load(saved);
    saved.remove("f");
    assertEquals(
        "saved neuron state has no array \"f\": it needs u, r and f",
        assertThrows(IllegalArgumentException.class, () -> state.load(saved)).getMessage());
  }

  @Test
  void namesAreChecked() {
    State<float[]> state = numbered();
    assertSame(state, state.forBatch(2));
    assertThrows(IllegalArgumentException.class, () -> state.get("x"));
    List<Variable> twice = List.of(VARIABLES.get(0), VARIABLES.get(0));
    assertEquals(
        "two variables have the name u",
        assertThrows(
                IllegalArgumentException.class, () -> new State<>(twice, 1, FloatArrays.INSTANCE))
            .getMessage());
    assertEquals(
        "variable u of size 0: a positive number is allowed",
        assertThrows(
                IllegalArgumentException.class, () -> new Variable("u", 0, Phase.RATES, Kind.STATE))
            .getMessage());
  }

  @Test
  void whatIsNotFiniteIsFound() {
    State<float[]> state = numbered();
    state.next("r");
    state.next("f");
    assertNull(state.firstNonFinite());
    state.get("work")[0] = Float.NaN;
    assertNull(state.firstNonFinite());
    state.next("f")[3] = Float.POSITIVE_INFINITY;
    assertEquals("f of neuron 1, sample 1,", state.firstNonFinite());
    state.get("u")[2] = Float.NaN;
    assertEquals("u of neuron 1, sample 0,", state.firstNonFinite());
  }

  @Test
  void copiesBetweenDifferentShapesAreRefused() {
    INDArray target = Nd4j.zeros(DataType.DOUBLE, 3, 5);
    assertEquals(
        "cannot copy an array of shape [8, 5] into one of shape [3, 5]",
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckedCopy.copy(Nd4j.ones(DataType.DOUBLE, 8, 5), target))
            .getMessage());
    assertEquals(0, target.sumNumber().doubleValue());
    CheckedCopy.copy(Nd4j.ones(DataType.DOUBLE, 3, 5), target);
    assertEquals(15, target.sumNumber().doubleValue());
    assertEquals(
        "cannot copy 2 values into an array of 3",
        assertThrows(
                IllegalArgumentException.class,
                () -> FloatArrays.INSTANCE.copy(new float[2], new float[3]))
            .getMessage());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.gle4j.dynamics.Variable.Kind;
import io.github.gle4j.dynamics.Variable.Phase;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What every neuron model promises: a test class of a model says which models, and inherits this.
 */
abstract class NeuronContract {
  private static final int[][] SIZES = {{1, 1}, {3, 2}, {17, 5}, {53, 101}};
  private static final int STEPS = 6;

  /** The models, in all settings that take ways of their own. */
  abstract List<NeuronModel> models();

  /** A value of a constant, per neuron. */
  abstract double constant(String name, Random random);

  /** The same model with another length of its Euler step; null: it has none. */
  abstract NeuronModel withStep(NeuronModel model, double dt);

  private static final Phi<float[]> PHI = RateFunction.TANH;

  private static final Phi<INDArray> PHI_OF_ARRAYS =
      (p, r, d) -> {
        r.assign(org.nd4j.linalg.ops.transforms.Transforms.tanh(p, true));
        d.assign(r.mul(r).rsub(1));
      };

  /** A model that runs on its own, in one of its forms. */
  private static final class Run<A> {
    final State<A> state;
    final Map<String, A> gradients = new LinkedHashMap<>();
    private final ArrayMath<A> math;
    private final Neurons<A> neurons;
    private final Constants<A> constants;
    private final java.util.function.Function<float[], A> array;

    Run(
        NeuronModel model,
        ArrayMath<A> math,
        Neurons<A> neurons,
        Map<String, float[]> constants,
        int size,
        int batch,
        java.util.function.Function<float[], A> array) {
      this.math = math;
      this.neurons = neurons;
      this.array = array;
      state = new State<>(declared(model, size), batch, math);
      Map<String, A> values = new LinkedHashMap<>();
      constants.forEach((name, value) -> values.put(name, constant(value)));
      constants.forEach((name, value) -> gradients.put(name, constant(new float[value.length])));
      this.constants = new Constants<>(values);
    }

    @SuppressWarnings("unchecked")
    private A constant(float[] values) {
      if (math instanceof Nd4jArrays arrays) {
        INDArray row = Nd4j.createFromArray(values).castTo(arrays.dataType());
        return (A) row.reshape('f', 1, values.length);
      }
      return (A) values.clone();
    }

    void step(float[] current, float[] above, A mask) {
      state.begin(Phase.ERRORS, mask);
      neurons.error(constants, state, array.apply(above));
      state.end(Phase.ERRORS, mask);
      state.begin(Phase.RATES, mask);
      math.copy(array.apply(current), state.get(NeuronModel.CURRENT));
      neurons.membrane(constants, state);
      state.end(Phase.RATES, mask);
      neurons.constantGradients(state, this::sum, true);
      state.publish();
    }

    /** The sum over the samples, written out. */
    private void sum(String constant, int sign, A a, A b, boolean add) {
      float[] x = values(a);
      float[] y = values(b);
      A gradient = gradients.get(constant);
      float[] sums = values(gradient);
      int group = x.length / sums.length;
      for (int i = 0; i < x.length; i++) {
        sums[i / group] += sign * x[i] * y[i];
      }
      math.copy(constant(sums), gradient);
    }

    float[] values(A values) {
      return values instanceof INDArray matrix
          ? matrix.castTo(DataType.FLOAT).dup('f').data().asFloat()
          : ((float[]) values).clone();
    }

    Map<String, float[]> all() {
      Map<String, float[]> all = new LinkedHashMap<>();
      for (Variable variable : state.variables()) {
        if (variable.isSaved() || variable.kind() == Kind.ERROR) {
          all.put(variable.name(), values(state.get(variable.name())));
        }
      }
      gradients.forEach((name, gradient) -> all.put("gradient of " + name, values(gradient)));
      return all;
    }
  }

  private static List<Variable> declared(NeuronModel model, int size) {
    List<Variable> variables = new java.util.ArrayList<>(model.variables(size));
    variables.add(new Variable(NeuronModel.CURRENT, size, Phase.RATES, Kind.WORK));
    return variables;
  }

  private Map<String, float[]> constants(NeuronModel model, int count, Random random) {
    Map<String, float[]> constants = new LinkedHashMap<>();
    for (String name : model.constants()) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) constant(name, random);
      }
      constants.put(name, values);
    }
    return constants;
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private Run<float[]> fused(NeuronModel model, int neurons, int groups, int batch) {
    Map<String, float[]> constants = constants(model, neurons / groups, new Random(neurons));
    return new Run<>(
        model, FloatArrays.INSTANCE, model.fused(PHI), constants, neurons, batch, a -> a);
  }

  private Run<float[]> plain(NeuronModel model, int neurons, int groups, int batch) {
    Map<String, float[]> constants = constants(model, neurons / groups, new Random(neurons));
    Neurons<float[]> plain = model.on(FloatArrays.INSTANCE, PHI);
    return new Run<>(model, FloatArrays.INSTANCE, plain, constants, neurons, batch, a -> a);
  }

  private Run<INDArray> arrays(
      NeuronModel model, DataType type, int neurons, int groups, int batch) {
    Map<String, float[]> constants = constants(model, neurons / groups, new Random(neurons));
    Nd4jArrays math = new Nd4jArrays(type);
    return new Run<>(
        model,
        math,
        model.on(math, PHI_OF_ARRAYS),
        constants,
        neurons,
        batch,
        a -> Nd4j.createFromArray(a).castTo(type).reshape('f', batch, a.length / batch));
  }

  private static void steps(Run<?> run, int steps, long seed) {
    Random random = new Random(seed);
    int size = run.state.variables().get(0).size() * run.state.batch();
    for (int t = 0; t < steps; t++) {
      run.step(gaussian(random, size), gaussian(random, size), null);
    }
  }

  private static void close(Run<?> expected, Run<?> actual, double tolerance, String where) {
    Map<String, float[]> values = actual.all();
    for (Map.Entry<String, float[]> entry : expected.all().entrySet()) {
      float[] other = values.get(entry.getKey());
      for (int i = 0; i < other.length; i++) {
        assertEquals(
            entry.getValue()[i],
            other[i],
            tolerance * (1 + Math.abs(entry.getValue()[i])),
            where + ", " + entry.getKey() + " " + i);
      }
    }
  }

  @Test
  void allFormsAgree() {
    for (NeuronModel model : models()) {
      for (int[] size : SIZES) {
        for (int groups : new int[] {1, size[0]}) { // a constant each, or one for all
          String where = model + ", " + size[0] + " neurons, batch " + size[1];
          Run<INDArray> exact = arrays(model, DataType.DOUBLE, size[0], groups, size[1]);
          steps(exact, STEPS, 5);
          Run<INDArray> single = arrays(model, DataType.FLOAT, size[0], groups, size[1]);
          Run<float[]> fused = fused(model, size[0], groups, size[1]);
          Run<float[]> plain = plain(model, size[0], groups, size[1]);
          for (Run<?> run : List.of(single, fused, plain)) {
            steps(run, STEPS, 5);
            close(exact, run, 5e-5, where);
          }
        }
      }
    }
  }

  /** Working memory has no content that a step may rely on. */
  @Test
  void workingMemoryIsOverwritten() {
    for (NeuronModel model : models()) {
      Run<float[]> clean = fused(model, 5, 1, 3);
      steps(clean, STEPS, 5);
      for (Run<float[]> run : List.of(fused(model, 5, 1, 3), plain(model, 5, 1, 3))) {
        Random random = new Random(5);
        for (int t = 0; t < STEPS; t++) {
          for (Variable variable : run.state.variables()) {
            if (variable.kind() != Kind.STATE && variable.kind() != Kind.MESSAGE) {
              Arrays.fill(run.state.get(variable.name()), Float.NaN);
            }
            if (variable.kind() == Kind.MESSAGE) {
              Arrays.fill(run.state.next(variable.name()), Float.NaN);
            }
          }
          float[] current = gaussian(random, 15);
          run.step(current, gaussian(random, 15), null);
        }
        close(clean, run, 1e-5, model + " with poisoned working memory");
      }
    }
  }

  @Test
  void samplesThatStandStillKeepAllAndTeachNothing() {
    for (NeuronModel model : models()) {
      Run<float[]> masked = fused(model, 4, 1, 3);
      Run<INDArray> arrays = arrays(model, DataType.DOUBLE, 4, 1, 3);
      Run<float[]> alone = fused(model, 4, 1, 1);
      Random random = new Random(9);
      float[] mask = {0, 1, 0};
      INDArray column = Nd4j.createFromArray(new double[][] {{0}, {1}, {0}});
      for (int t = 0; t < STEPS; t++) {
        float[] current = gaussian(random, 12);
        float[] above = gaussian(random, 12);
        current[0] = Float.NaN; // of a sample that stands still
        above[2] = Float.POSITIVE_INFINITY;
        masked.step(current, above, mask);
        arrays.step(current, above, column);
        alone.step(second(current), second(above), null);
      }
      close(masked, arrays, 5e-5, model + " with a mask");
      Map<String, float[]> expected = alone.all();
      for (Map.Entry<String, float[]> entry : masked.all().entrySet()) {
        float[] values = entry.getValue();
        if (values.length == 12) {
          assertArrayEquals(expected.get(entry.getKey()), second(values), entry.getKey());
          for (int i = 0; i < 12; i++) {
            assertTrue(i % 3 == 1 || values[i] == 0, model + " " + entry.getKey());
          }
        } else {
          assertArrayEquals(expected.get(entry.getKey()), values, 1e-6f, entry.getKey());
        }
      }
    }
  }

  /** The second of three samples. */
  private static float[] second(float[] values) {
    float[] samples = new float[values.length / 3];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = values[3 * i + 1];
    }
    return samples;
  }

  @Test
  void aSavedStateGoesOnWithTheSameBits() {
    for (NeuronModel model : models()) {
      for (int at = 0; at < STEPS; at++) {
        Run<float[]> through = fused(model, 4, 1, 3);
        steps(through, at, 5);
        Run<float[]> resumed = fused(model, 4, 1, 3);
        resumed.state.load(through.state.save());
        through.gradients.forEach((n, g) -> Arrays.fill(g, 0));
        steps(through, 2, 6);
        steps(resumed, 2, 6);
        close(through, resumed, 0, model + " saved at step " + at);
      }
    }
  }

  @Test
  void anotherBatchRepeatsOrDropsSamples() {
    for (NeuronModel model : models()) {
      Run<float[]> run = fused(model, 4, 1, 3);
      steps(run, 2, 5);
      State<float[]> larger = run.state.forBatch(5);
      for (Variable variable : larger.variables()) {
        if (variable.isSaved()) {
          float[] before = run.state.get(variable.name());
          float[] after = larger.get(variable.name());
          for (int i = 0; i < after.length; i++) {
            assertEquals(before[i / 5 * 3 + i % 5 % 3], after[i], variable.name());
          }
        }
      }
      assertEquals(run.state, run.state.forBatch(3));
      assertEquals(2, larger.forBatch(2).batch());
    }
  }

  @Test
  void theFusedStepAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (NeuronModel model : models()) {
      Run<float[]> run = fused(model, 6, 1, 4);
      float[] values = gaussian(new Random(3), 24);
      Consumer<Integer> work =
          steps -> {
            for (int t = 0; t < steps; t++) {
              run.neurons.error(run.constants, run.state, values);
              run.neurons.membrane(run.constants, run.state);
              run.state.publish();
            }
          };
      work.accept(10);
      long before = threads.getCurrentThreadAllocatedBytes();
      work.accept(1000);
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(bytes < 16_000, model + " allocates " + bytes / 1000.0 + " bytes a step");
    }
  }

  /** Half the step, half the error of the membranes after a given time. */
  @Test
  void theStepIsOfFirstOrderInTime() {
    for (NeuronModel model : models()) {
      if (withStep(model, 0.1) == null || model.errorsMoveMembranes()) {
        continue;
      }
      double[] u = new double[3];
      for (int refinement = 0; refinement < 3; refinement++) {
        int steps = 40 << refinement;
        double dt = 2.0 / steps;
        Run<INDArray> run = arrays(withStep(model, dt), DataType.DOUBLE, 1, 1, 1);
        for (int t = 0; t < steps; t++) {
          run.step(new float[] {(float) Math.sin(t * dt)}, new float[1], null);
        }
        u[refinement] = run.state.get("u").getDouble(0);
      }
      double ratio = (u[0] - u[1]) / (u[1] - u[2]);
      assertEquals(2, ratio, 0.25, model.toString());
    }
  }
}

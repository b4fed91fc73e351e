// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.Constants;
import io.github.gle4j.dynamics.FloatArrays;
import io.github.gle4j.dynamics.GleNeurons;
import io.github.gle4j.dynamics.Neurons;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.connectivity.DenseConnectivity;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.connectivity.WeightArrays;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/** The parts of a fused training step of one square layer: neurons, rates and products. */
@org.openjdk.jmh.annotations.State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StepBenchmark {
  private static final double DT = 0.2;

  /** Number of neurons, and of inputs. */
  @Param({"53", "90"})
  public int neurons;

  /** Number of samples. */
  @Param("100")
  public int batch;

  private Neurons<float[]> equations;
  private Constants<float[]> constants;
  private State<float[]> state;
  private DenseConnectivity products;
  private float[] below;
  private float[] above;
  private float[] current;
  private float[] e;
  private float[] f;

  /** Fills everything with random numbers. */
  @Setup
  public void fill() {
    Random random = new Random(1);
    int size = neurons * batch;
    float[] tauM = new float[neurons];
    float[] tauR = new float[neurons];
    Arrays.fill(tauM, 1.2f);
    Arrays.fill(tauR, 0.6f);
    constants = new Constants<>(Map.of(GleNeurons.TAU_M, tauM, GleNeurons.TAU_R, tauR));
    GleNeurons model = new GleNeurons(DT, 0, true, Set.of());
    equations = model.fused((p, r, d) -> {}); // rates are measured by themselves
    state = new State<>(NeuronSteps.variables(model, neurons, neurons), batch, FloatArrays.INSTANCE);
    above = random(random, size);
    current = random(random, size);
    e = random(random, size);
    f = new float[size];
    below = random(random, size);
    INDArray weights =
        Nd4j.createFromArray(random(random, neurons * neurons)).reshape('f', neurons, neurons);
    products =
        new DenseConnectivity(
            batch,
            new WeightArrays(
                weights,
                weights,
                Nd4j.create(DataType.FLOAT, new long[] {neurons, neurons}, 'f'),
                Nd4j.create(DataType.FLOAT, 1, neurons),
                Nd4j.create(DataType.FLOAT, 1, neurons)),
            new Scratch());
  }

  private static float[] random(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** Error neurons. */
  @Benchmark
  public void errors() {
    equations.error(constants, state, above);
  }

  /** Membranes. */
  @Benchmark
  public void membranes() {
    equations.membrane(constants, state);
  }

  /** Rates and derivatives of tanh. */
  @Benchmark
  public void tanh() {
    RateFunction.TANH.apply(current, f, e);
  }

  /** The product forward, and the bias. */
  @Benchmark
  public void forward() {
    products.forward(below, current, false);
  }

  /** The product back. */
  @Benchmark
  public void feedback() {
    products.feedback(e, f, false);
  }

  /** The gradient of weights and biases. */
  @Benchmark
  public void gradient() {
    products.gradient(below, e, false);
  }
}

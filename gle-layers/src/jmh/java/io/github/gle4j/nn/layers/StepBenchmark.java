// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FusedKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.RateFunction;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The parts of a fused training step of one square layer: kernel, rates and products. */
@State(Scope.Thread)
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

  private final FusedKernel kernel = new FusedKernel();
  private NeuronParameters<float[]> parameters;
  private DenseConnectivity products;
  private FloatPointer below;
  private float[] above;
  private float[] current;
  private float[] d;
  private float[] e;
  private float[] f;
  private float[] p;
  private float[] q;
  private float[] r;
  private float[] u;
  private float[] v;

  /** Fills everything with random numbers. */
  @Setup
  public void fill() {
    Random random = new Random(1);
    int size = neurons * batch;
    float[] tauM = new float[neurons];
    float[] tauR = new float[neurons];
    Arrays.fill(tauM, 1.2f);
    Arrays.fill(tauR, 0.6f);
    parameters = new NeuronParameters<>(tauM, tauR, DT, 0, true);
    above = random(random, size);
    current = random(random, size);
    d = random(random, size);
    u = random(random, size);
    v = random(random, size);
    e = random(random, size);
    f = new float[size];
    p = random(random, size);
    q = new float[size];
    r = new float[size];
    below = new FloatPointer(random(random, size));
    INDArray weights =
        Nd4j.createFromArray(random(random, neurons * neurons)).reshape('f', neurons, neurons);
    products =
        new DenseConnectivity(
            batch,
            weights,
            weights,
            Nd4j.create(DataType.FLOAT, new long[] {neurons, neurons}, 'f'),
            Nd4j.create(DataType.FLOAT, 1, neurons),
            Nd4j.create(DataType.FLOAT, 1, neurons),
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
    kernel.error(parameters, above, d, v, q, null, e);
  }

  /** Membranes. */
  @Benchmark
  public void membranes() {
    kernel.membrane(parameters, current, null, u, null, p);
  }

  /** Rates and derivatives of tanh. */
  @Benchmark
  public void tanh() {
    RateFunction.TANH.apply(p, r, d);
  }

  /** The product forward, and the bias. */
  @Benchmark
  public void forward() {
    products.forward(below, current);
  }

  /** The product back. */
  @Benchmark
  public void feedback() {
    products.feedback(e, f);
  }

  /** The gradient of weights and biases. */
  @Benchmark
  public void gradient() {
    products.gradient(below, -1, false);
  }
}

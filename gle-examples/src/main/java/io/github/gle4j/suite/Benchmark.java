// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import com.sun.management.ThreadMXBean;
import io.github.gle4j.train.StreamingTrainer;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Measures how long the streaming trainer takes for a step of a network, on random sequences and in
 * one process: training, inference, the reference without the fused engine, and the matrix products
 * alone, which no implementation can do without. The measurements take turns, so that a busy
 * machine slows all of them, and medians are reported.
 */
public final class Benchmark {
  private static final int SEED = 1;
  private static final double WARM_UP_SECONDS = 4;
  private static final double MEASURE_SECONDS = 20;
  private static final int REPEATS = 21;
  private static final int FEWEST_REPEATS = 5; // of large networks
  private static final int REFERENCE_REPEATS = 3;
  private static final int REFERENCE_STEPS = 50;

  private final MultiLayerConfiguration configuration;
  private final int batch;
  private final int steps;
  private final int threads;

  /**
   * What was measured. Times are medians of milliseconds per time step of a whole batch.
   *
   * @param train training step, with the number of threads asked for
   * @param trainAlone training step on one thread
   * @param infer step of an evaluation
   * @param reference training step of the reference engine
   * @param products the matrix products of a training step alone, one thread
   * @param allocatedBytes Java memory that a further training step takes, one thread
   */
  public record Result(
      double train,
      double trainAlone,
      double infer,
      double reference,
      double products,
      double allocatedBytes) {}

  /**
   * A measurement to be made.
   *
   * @param configuration a network that the streaming trainer can train
   * @param batch number of samples, at least 1
   * @param steps number of time steps of a sequence, at least 1
   * @param threads of the trainer, at least 1
   * @throws IllegalArgumentException when a number is below 1
   */
  public Benchmark(MultiLayerConfiguration configuration, int batch, int steps, int threads) {
    requirePositive("batch", batch);
    requirePositive("steps", steps);
    requirePositive("threads", threads);
    this.configuration = configuration;
    this.batch = batch;
    this.steps = steps;
    this.threads = threads;
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " = " + value + ": 1 or more allowed");
    }
  }

  /**
   * Warms up and measures.
   *
   * @return the medians
   */
  public Result run() {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    StreamingTrainer trainer = StreamingTrainer.builder(network).threads(threads).build();
    StreamingTrainer alone = StreamingTrainer.builder(network.clone()).build();
    DataSet data = sequences(network, steps);
    MatrixProducts products = new MatrixProducts(network, batch);
    List<Double> train = new ArrayList<>();
    List<Double> trainAlone = new ArrayList<>();
    List<Double> infer = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    long warm = System.nanoTime() + (long) (1e9 * WARM_UP_SECONDS);
    long enough = warm + (long) (1e9 * MEASURE_SECONDS);
    while (train.size() < FEWEST_REPEATS
        || (train.size() < REPEATS && System.nanoTime() < enough)) {
      if (System.nanoTime() < warm) {
        Arrays.asList(train, trainAlone, infer, bare).forEach(List::clear);
      }
      trainAlone.add(time(() -> alone.fit(data)));
      bare.add(time(() -> products.run(steps)));
      train.add(
          threads == 1 ? trainAlone.get(trainAlone.size() - 1) : time(() -> trainer.fit(data)));
      infer.add(time(() -> alone.evaluate(new ExistingDataSetIterator(List.of(data)))));
    }
    return new Result(
        median(train) / steps,
        median(trainAlone) / steps,
        median(infer) / steps,
        reference(network.clone()),
        median(bare) / steps,
        allocation(alone, network));
  }

  private double reference(MultiLayerNetwork network) {
    StreamingTrainer trainer = StreamingTrainer.builder(network).fused(false).build();
    DataSet data = sequences(network, REFERENCE_STEPS);
    trainer.fit(data);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < REFERENCE_REPEATS; i++) {
      times.add(time(() -> trainer.fit(data)));
    }
    return median(times) / REFERENCE_STEPS;
  }

  /** What sequences of twice the length take more. */
  private double allocation(StreamingTrainer trainer, MultiLayerNetwork network) {
    DataSet once = sequences(network, steps);
    DataSet twice = sequences(network, 2 * steps);
    List<Double> differences = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      differences.add(allocated(() -> trainer.fit(twice)) - allocated(() -> trainer.fit(once)));
    }
    return median(differences) / steps;
  }

  private static double allocated(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  static double time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  static double median(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray()[values.size() / 2];
  }

  private DataSet sequences(MultiLayerNetwork network, int length) {
    long inputs = network.layerInputSize(0);
    long outputs = network.layerSize(network.getnLayers() - 2);
    Random random = new Random(SEED);
    INDArray features = Nd4j.create(DataType.FLOAT, batch, inputs, length);
    for (long i = 0; i < features.length(); i++) {
      features.putScalar(i, random.nextGaussian());
    }
    INDArray labels = Nd4j.create(DataType.FLOAT, batch, outputs);
    for (int b = 0; b < batch; b++) {
      labels.putScalar(b, random.nextInt((int) outputs), 1);
    }
    return new DataSet(features, labels);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.TaskModel;
import io.github.gle4j.train.StreamingTrainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Measures how long the streaming trainer takes for a step of a network for images, on random
 * images and in one process, beside the network's bare matrix products and beside one forward and
 * backward pass of a network of DL4J's layers. The measurements take turns, so that a busy machine
 * slows all of them, and medians are reported.
 */
public final class ImageBenchmark {
  private static final int SEED = 1;
  private static final int WARM_UP_ROUNDS = 3;
  private static final int ROUNDS = 11;

  private final TaskModel model;
  private final TaskModel twin;

  /**
   * What was measured: medians of milliseconds for a batch, on one thread.
   *
   * @param train training step, with the update
   * @param products the matrix products of a training step alone
   * @param dl4j forward and backward pass of the network of DL4J's layers, without an update
   */
  public record Result(double train, double products, double dl4j) {}

  /**
   * A measurement to be made.
   *
   * @param model learns online from images; its batch size and steps are those of the measurement
   * @param twin the same network of DL4J's layers
   */
  public ImageBenchmark(TaskModel model, TaskModel twin) {
    this.model = model;
    this.twin = twin;
  }

  /**
   * Warms up and measures.
   *
   * @return the medians
   */
  public Result run() {
    int batch = model.settings().batchSize();
    int steps = model.shape().length();
    MultiLayerNetwork network = (MultiLayerNetwork) model.initialised(SEED);
    MultiLayerNetwork dl4j = (MultiLayerNetwork) twin.initialised(SEED);
    StreamingTrainer trainer =
        StreamingTrainer.builder(network)
            .beta(model.streaming().beta())
            .propagation(model.streaming().propagation())
            .presentationSteps(steps)
            .build();
    MatrixProducts products = new MatrixProducts(network, batch);
    DataSet images = images(batch);
    List<Double> train = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    List<Double> backpropagation = new ArrayList<>();
    for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      if (round == WARM_UP_ROUNDS) {
        Arrays.asList(train, bare, backpropagation).forEach(List::clear);
      }
      train.add(Benchmark.time(() -> trainer.fit(images)));
      bare.add(Benchmark.time(() -> products.run(steps)));
      backpropagation.add(Benchmark.time(() -> forwardAndBackward(dl4j, images)));
    }
    return new Result(
        Benchmark.median(train) / steps,
        Benchmark.median(bare) / steps,
        Benchmark.median(backpropagation));
  }

  private static void forwardAndBackward(MultiLayerNetwork network, DataSet images) {
    network.setInput(images.getFeatures());
    network.setLabels(images.getLabels());
    network.computeGradientAndScore();
  }

  private DataSet images(int batch) {
    Nd4j.getRandom().setSeed(SEED);
    int classes = model.shape().classes();
    INDArray labels = Nd4j.zeros(batch, classes);
    for (int b = 0; b < batch; b++) {
      labels.putScalar(b, b % classes, 1);
    }
    return new DataSet(Nd4j.rand(batch, model.shape().channels()), labels);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
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

/**
 * A training step of LeNet on images of CIFAR-10's size (20 maps of 5x5, pooling, 50 maps of 5x5,
 * pooling, 500 neurons, 10 neurons), beside its bare matrix products and beside a forward and
 * backward pass of the same network of DL4J's layers.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 5)
@Fork(1)
public class ImageStepBenchmark {
  private static final int STEPS = 10;

  /** Number of images. */
  @Param("128")
  public int batch;

  private StreamingTrainer trainer;
  private MultiLayerNetwork dl4j;
  private DataSet images;
  private final List<Product> products = new ArrayList<>();

  /** A matrix product; a and b may be transposed. */
  private record Product(
      int rows,
      int columns,
      int inner,
      boolean aTransposed,
      boolean bTransposed,
      FloatPointer a,
      FloatPointer b,
      FloatPointer c) {
    void run() {
      cblas_sgemm(
          CblasColMajor,
          aTransposed ? CblasTrans : CblasNoTrans,
          bTransposed ? CblasTrans : CblasNoTrans,
          rows,
          columns,
          inner,
          0.1f,
          a,
          aTransposed ? inner : rows,
          b,
          bTransposed ? columns : inner,
          0,
          c,
          rows);
    }
  }

  /** Builds the networks and random images. */
  @Setup
  public void build() {
    trainer =
        StreamingTrainer.builder(
                network(
                    gle(new GleConvolution.Builder(5, 5), 20),
                    pooling(),
                    gle(new GleConvolution.Builder(5, 5), 50),
                    pooling(),
                    gle(new GleDense.Builder(), 500),
                    gle(new GleDense.Builder().activation(Activation.IDENTITY), 10),
                    new RnnLossLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .build()))
            .presentationSteps(STEPS)
            .propagation(Propagation.SWEEP)
            .beta(0.1)
            .build();
    dl4j =
        network(
            new ConvolutionLayer.Builder(5, 5).nOut(20).activation(Activation.RELU).build(),
            pooling(),
            new ConvolutionLayer.Builder(5, 5).nOut(50).activation(Activation.RELU).build(),
            pooling(),
            new DenseLayer.Builder().nOut(500).activation(Activation.RELU).build(),
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(10)
                .activation(Activation.SOFTMAX)
                .build());
    Random random = new Random(1);
    INDArray x = Nd4j.createFromArray(values(random, batch * 3 * 32 * 32));
    INDArray y = Nd4j.create(DataType.FLOAT, batch, 10);
    for (int b = 0; b < batch; b++) {
      y.putScalar(b, random.nextInt(10), 1);
    }
    images = new DataSet(x.reshape('c', batch, 3, 32, 32), y);
    addProducts(random, batch * 28 * 28, 3 * 25, 20);
    addProducts(random, batch * 10 * 10, 20 * 25, 50);
    addProducts(random, batch, 50 * 25, 500);
    addProducts(random, batch, 500, 10);
  }

  private static <T extends BaseGleLayer.Builder<T>> Layer gle(T builder, int size) {
    if (builder.getActivationFn() == null) {
      builder.activation(new ActivationSaturatingLinear());
    }
    return builder.nOut(size).dt(0.1).timeConstants(TimeConstants.constant(10, 10)).build();
  }

  private static Layer pooling() {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2})
        .stride(2, 2)
        .build();
  }

  private static MultiLayerNetwork network(Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(1).updater(new Sgd(0.01)).list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.convolutional(32, 32, 3)).build());
    network.init();
    return network;
  }

  private static float[] values(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  /** Forward, feedback and gradient of a layer. */
  private void addProducts(Random random, int rows, int fanIn, int outputs) {
    FloatPointer below = new FloatPointer(values(random, rows * fanIn));
    FloatPointer above = new FloatPointer(values(random, rows * outputs));
    FloatPointer weights = new FloatPointer(values(random, fanIn * outputs));
    FloatPointer gradients = new FloatPointer(values(random, fanIn * outputs));
    products.add(new Product(rows, outputs, fanIn, false, false, below, weights, above));
    products.add(new Product(rows, fanIn, outputs, false, true, above, weights, below));
    products.add(new Product(fanIn, outputs, rows, true, false, below, above, gradients));
  }

  /** Ten training steps. */
  @Benchmark
  public void tenSteps() {
    trainer.fit(images);
  }

  /** The matrix products of a training step. */
  @Benchmark
  public void products() {
    products.forEach(Product::run);
  }

  /** A forward and a backward pass of DL4J. */
  @Benchmark
  public void forwardAndBackwardOfDl4j() {
    dl4j.setInput(images.getFeatures());
    dl4j.setLabels(images.getLabels());
    dl4j.computeGradientAndScore();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.layers.NonFiniteException;
import io.github.gle4j.nn.layers.StreamingLayer;
import io.github.gle4j.nn.util.InvalidModelException;
import io.github.gle4j.nn.util.ModelFiles;
import io.github.gle4j.train.StreamingTrainer;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.exception.DL4JException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Reads networks with seeded changes, and streams, fits and asks those that are accepted. It is a
 * program, so that one that brings the Java machine down is seen by another.
 */
final class DamagedNetworks {
  /** Larger networks may be accepted, but are not built: they are as large as they say. */
  private static final double LARGEST = 300_000;

  private static final int BATCH = 3;
  private static final int TIME = 4;
  private static final TimeConstants TAU = TimeConstants.constant(1.2, 0.4);

  private final Path folder;

  DamagedNetworks(Path folder) {
    this.folder = folder;
  }

  /** What became of a network. */
  enum Outcome {
    REFUSED,
    REFUSED_WHEN_USED,
    LARGE,
    USED
  }

  /** Prints a line for each seed from the first to the one before the second. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] args) throws IOException {
    DamagedNetworks networks = new DamagedNetworks(Path.of(args[2]));
    for (long seed = Long.parseLong(args[0]); seed < Long.parseLong(args[1]); seed++) {
      String line;
      try {
        line = networks.read(seed).name();
      } catch (Throwable e) { // an Error is a failure, too
        StackTraceElement[] trace = e.getStackTrace();
        line = "FAILED " + e + " at " + List.of(trace).subList(0, Math.min(6, trace.length));
      }
      System.out.println("seed " + seed + ": " + line.replaceAll("\\R", " | "));
      System.out.flush();
    }
  }

  Outcome read(long seed) throws Exception {
    Random random = new Random(seed);
    int base = (int) (seed % 5);
    boolean isGraph = base == 4;
    boolean isZip = seed / 5 % 3 == 2;
    String good = isGraph ? graph().toJson() : layers(base).toJson();
    String json = new NetworkMutations(seed).changed(good);
    try {
      if (isGraph) {
        ComputationGraphConfiguration read =
            isZip
                ? ModelFiles.graph(zip(random, good, json, true), true).getConfiguration()
                : ModelFiles.graphConfiguration("network.json", json);
        return use(read);
      }
      if (isZip) {
        MultiLayerNetwork network = ModelFiles.network(zip(random, good, json, false), true);
        return size(network.getLayerWiseConfigurations()) > LARGEST ? Outcome.LARGE : use(network);
      }
      MultiLayerConfiguration read = ModelFiles.configuration("network.json", json);
      if (size(read) > LARGEST) {
        return Outcome.LARGE;
      }
      MultiLayerNetwork network = new MultiLayerNetwork(read);
      network.init();
      return use(network);
    } catch (InvalidModelException e) {
      requireOneLine(e);
      return Outcome.REFUSED;
    }
  }

  private static void requireOneLine(Exception e) {
    if (e.getMessage() == null || e.getMessage().lines().count() != 1) {
      throw new AssertionError("not one line", e);
    }
  }

  private static Outcome use(MultiLayerNetwork network) {
    FeedForwardLayer lowest = (FeedForwardLayer) network.getLayer(0).conf().getLayer();
    long inputs =
        network.getLayer(0) instanceof StreamingLayer streaming
            ? streaming.inputs()
            : lowest.getNIn();
    Layer top = network.getLayer(network.getnLayers() - 1);
    boolean hasLoss = top.conf().getLayer() instanceof RnnLossLayer;
    Layer last = hasLoss ? network.getLayer(network.getnLayers() - 2) : top;
    long outputs =
        last instanceof StreamingLayer streaming
            ? streaming.outputs()
            : ((FeedForwardLayer) last.conf().getLayer()).getNOut();
    try {
      INDArray features = Nd4j.rand(DataType.FLOAT, BATCH, inputs, TIME);
      INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, outputs, TIME);
      if (hasLoss) {
        StreamingTrainer trainer = StreamingTrainer.builder(network).build();
        trainer.fit(new DataSet(features, labels));
        trainer.predict(features.get(NDArrayIndex.interval(0, 2)).dup());
      }
      network.fit(features, labels);
      network.output(features);
      network.rnnTimeStep(features);
      return Outcome.USED;
    } catch (IllegalArgumentException
        | IllegalStateException
        | NonFiniteException
        | DL4JException e) {
      requireOneLine(e);
      return Outcome.REFUSED_WHEN_USED;
    }
  }

  private static Outcome use(ComputationGraphConfiguration configuration) {
    double size =
        configuration.getVertices().values().stream().mapToDouble(v -> v.numParams(true)).sum();
    if (size > LARGEST) {
      return Outcome.LARGE;
    }
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    long inputs = nIn(configuration, "a");
    long outputs =
        ((FeedForwardLayer)
                ((LayerVertex) configuration.getVertices().get("out")).getLayerConf().getLayer())
            .getNOut();
    try {
      INDArray features = Nd4j.rand(DataType.FLOAT, BATCH, inputs, TIME);
      INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, outputs, TIME);
      graph.fit(new INDArray[] {features}, new INDArray[] {labels});
      graph.outputSingle(features);
      return Outcome.USED;
    } catch (DL4JException | IllegalArgumentException | IllegalStateException e) {
      requireOneLine(e);
      return Outcome.REFUSED_WHEN_USED;
    }
  }

  private static long nIn(ComputationGraphConfiguration configuration, String name) {
    LayerVertex layer = (LayerVertex) configuration.getVertices().get(name);
    return ((FeedForwardLayer) layer.getLayerConf().getLayer()).getNIn();
  }

  /** Number of parameters and of values of a sample. */
  private static double size(MultiLayerConfiguration configuration) {
    double size = 0;
    for (NeuralNetConfiguration each : configuration.getConfs()) {
      size += each.getLayer().initializer().numParams(each);
      if (each.getLayer() instanceof GleConvolution images) {
        var shape = images.shape();
        size += 1.0 * shape.channels() * shape.height() * shape.width();
        size += 1.0 * shape.maps() * shape.outHeight() * shape.outWidth();
      } else if (each.getLayer() instanceof GleLayer around) {
        size += around.getInputType().arrayElementsPerExample();
        size += 1.0 * around.getNOut() * around.getInputType().arrayElementsPerExample();
      }
    }
    return size;
  }

  /** A model file, whose arrays have the length that the changed network asks for, or another. */
  private Path zip(Random random, String good, String json, boolean isGraph) throws IOException {
    long count = count(good, isGraph);
    try {
      long changed = count(json, isGraph);
      count = changed > 0 && changed < LARGEST && random.nextInt(4) > 0 ? changed : count;
    } catch (RuntimeException e) {
      // no network: the good one's parameters are in the file
    }
    long length = Math.max(1, random.nextInt(4) > 0 ? count : count + random.nextInt(9) - 4);
    Path file = folder.resolve("model.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      put(zip, "configuration.json", json.getBytes(StandardCharsets.UTF_8));
      put(zip, "coefficients.bin", row(length));
      long states = 2 * length + (random.nextInt(4) > 0 ? 0 : random.nextInt(9) - 4);
      put(zip, "updaterState.bin", row(Math.max(1, states)));
    }
    return file;
  }

  private static long count(String json, boolean isGraph) {
    if (isGraph) {
      return ComputationGraphConfiguration.fromJson(json).getVertices().values().stream()
          .mapToLong(vertex -> vertex.numParams(true))
          .sum();
    }
    return MultiLayerConfiguration.fromJson(json).getConfs().stream()
        .mapToLong(each -> each.getLayer().initializer().numParams(each))
        .sum();
  }

  private static byte[] row(long length) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Nd4j.write(Nd4j.ones(DataType.FLOAT, 1, length), new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    ((OutputStream) zip).write(content);
  }

  // The networks that are changed.

  private static GleDense.Builder dense(int outputs) {
    return new GleDense.Builder()
        .nOut(outputs)
        .learnTimeConstants(LearnedTimeConstants.BOTH)
        .timeConstants(TAU);
  }

  private static RnnLossLayer loss() {
    return new RnnLossLayer.Builder(LossFunction.L2).activation(Activation.IDENTITY).build();
  }

  private static NeuralNetConfiguration.Builder builder() {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .updater(new Adam(0.01))
        .activation(Activation.TANH);
  }

  private static MultiLayerConfiguration layers(int base) {
    NeuralNetConfiguration.ListBuilder list = builder().list();
    return switch (base) {
      case 0 ->
          list.layer(dense(6).build())
              .layer(dense(4).build())
              .layer(dense(3).build())
              .layer(loss())
              .setInputType(InputType.recurrent(5))
              .build();
      case 1 ->
          list.layer(new GleConvolution.Builder(3, 3).nOut(4).timeConstants(TAU).build())
              .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build())
              .layer(new ZeroPaddingLayer.Builder(1, 2).build())
              .layer(new Cropping2D.Builder(1, 1).build())
              .layer(new Upsampling2D.Builder(2).build())
              .layer(
                  new GleLayer.Builder(new ConvolutionLayer.Builder(2, 2).nOut(5).build())
                      .timeConstants(TAU)
                      .build())
              .layer(dense(3).build())
              .layer(loss())
              .setInputType(InputType.convolutional(8, 8, 2))
              .build();
      case 2 ->
          list.layer(
                  new GleConvolution.Builder(5)
                      .stride(2)
                      .padding(1)
                      .dilation(2)
                      .nOut(3)
                      .timeConstants(TAU)
                      .build())
              .layer(new GleConvolution.Builder(3).nOut(4).timeConstants(TAU).build())
              .layer(dense(3).build())
              .layer(loss())
              .setInputType(InputType.convolutional(24, 1, 2))
              .build();
      default ->
          list.layer(new Gru.Builder().nOut(6).build())
              .layer(dense(4).build())
              .layer(new LSTM.Builder().nOut(5).build())
              .layer(
                  new RnnOutputLayer.Builder(LossFunction.MSE)
                      .activation(Activation.IDENTITY)
                      .nOut(3)
                      .build())
              .setInputType(InputType.recurrent(2))
              .build();
    };
  }

  private static ComputationGraphConfiguration graph() {
    return builder()
        .graphBuilder()
        .addInputs("in")
        .addLayer("a", dense(4).build(), "in")
        .addLayer("b", new Gru.Builder().nOut(5).build(), "in")
        .addVertex("both", new MergeVertex(), "a", "b")
        .addLayer(
            "out",
            new RnnOutputLayer.Builder(LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .nOut(2)
                .build(),
            "both")
        .setOutputs("out")
        .setInputTypes(InputType.recurrent(3))
        .build();
  }
}

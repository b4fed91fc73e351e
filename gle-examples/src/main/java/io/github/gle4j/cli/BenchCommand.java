// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.models.ImageModels;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.SpeechModels;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.report.Environment;
import io.github.gle4j.suite.Benchmark;
import io.github.gle4j.suite.ImageBenchmark;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gle bench}: how long a step takes. */
@Command(
    name = "bench",
    description = {
      "Measures the time of a training step and of an inference step.",
      "Beside it, in the same process, that of the bare matrix products of the same network and that "
          + "of the reference engine; le-lenet on images of CIFAR-10's size beside the same network "
          + "of DL4J's layers."
    },
    sortOptions = false)
final class BenchCommand implements Runnable {
  private static final String LENET = "le-lenet";
  private static final String SPEECH = "gsc";
  private static final long SEED = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--net",
      paramLabel = "NET",
      defaultValue = "15k",
      description =
          "15k, 42k, gsc, le-lenet, or sizes such as 40,100,100,10 (default: ${DEFAULT-VALUE}).")
  private String net;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Samples side by side (default: the model's; 100 for sizes).")
  private Integer batch;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Time steps of a measurement (default: 360; gsc 100; le-lenet the model's).")
  private Integer steps;

  @Option(
      names = "--threads",
      paramLabel = "K",
      defaultValue = "1",
      description = "Threads that share the layers (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Override
  public void run() {
    if (net.equals(LENET)) {
      images();
    } else {
      sequences();
    }
    Environment.speed().forEach(this::print);
  }

  private void images() {
    require(threads == 1, "--threads = " + threads + ": 1 allowed with " + LENET);
    List<TaskModel> models = ImageModels.cifar10(null);
    TaskModel twin = new TaskModels(models).named("bp-lenet");
    TaskModel usual = new TaskModels(models).named(LENET);
    ImageBenchmark benchmark;
    try {
      TaskModel model = batch == null ? usual : usual.withBatchSize(batch);
      if (steps != null) {
        require(steps >= 1, "--steps = " + steps + ": 1 or more allowed");
        model = model.withLength(steps);
      }
      benchmark = new ImageBenchmark(model, twin);
      print("net", net);
      print("batch", model.settings().batchSize());
      print("steps", model.shape().length());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
    ImageBenchmark.Result result = benchmark.run();
    print("train_ms", result.train());
    print("products_ms", result.products());
    print("ratio", result.train() / result.products());
    print("dl4j_forward_backward_ms", result.dl4j());
    print("speedup_over_dl4j", result.dl4j() / result.train());
  }

  private void sequences() {
    TaskModel known = knownModel();
    int samples = batch != null ? batch : known == null ? 100 : known.settings().batchSize();
    int steps = this.steps != null ? this.steps : net.equals(SPEECH) ? 100 : 360;
    Benchmark benchmark;
    try {
      MultiLayerConfiguration network =
          known == null
              ? stack(sizes())
              : ((MultiLayerNetwork) known.network(SEED)).getLayerWiseConfigurations();
      benchmark = new Benchmark(network, samples, steps, threads);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
    Benchmark.Result result = benchmark.run();
    print("net", net);
    print("batch", samples);
    print("steps", steps);
    print("threads", threads);
    print("train_ms", result.train());
    print("train_one_thread_ms", result.trainAlone());
    print("infer_ms", result.infer());
    print("products_ms", result.products());
    print("ratio", result.trainAlone() / result.products());
    print("reference_ms", result.reference());
    print("speedup_over_reference", result.reference() / result.trainAlone());
    print("speedup_by_threads", result.trainAlone() / result.train());
    print("samples_times_steps_per_s", Math.round(samples / result.train() * 1000));
    print("allocated_bytes_per_step", Math.round(result.allocatedBytes()));
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private void print(String key, Object value) {
    PrintWriter out = spec.commandLine().getOut();
    String text =
        value instanceof Double number ? String.format(Locale.ROOT, "%.4f", number) : "" + value;
    out.println(key + "=" + text);
    out.flush();
  }

  /** Null for a network of sizes. */
  private TaskModel knownModel() {
    return switch (net) {
      case "15k" -> TaskModel.of(PublishedModel.GLE_15K);
      case "42k" -> TaskModel.of(PublishedModel.GLE_42K);
      case SPEECH -> SpeechModels.published();
      default -> null;
    };
  }

  private int[] sizes() {
    try {
      int[] sizes = Arrays.stream(net.split(",")).mapToInt(Integer::parseInt).toArray();
      if (sizes.length >= 2 && Arrays.stream(sizes).allMatch(size -> size > 0)) {
        return sizes;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "net = '"
            + net
            + "': 15k, 42k, gsc, le-lenet or at least two sizes such as 40,100,10 allowed");
  }

  private static MultiLayerConfiguration stack(int... sizes) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder().seed(SEED).updater(new Adam(1e-3)).list();
    for (int l = 1; l < sizes.length; l++) {
      layers.layer(
          new GleDense.Builder()
              .nIn(sizes[l - 1])
              .nOut(sizes[l])
              .activation(l + 1 < sizes.length ? Activation.TANH : Activation.IDENTITY)
              .timeConstants(TimeConstants.constant(1.2, 0.2))
              .build());
    }
    return layers
        .layer(new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build())
        .build();
  }
}

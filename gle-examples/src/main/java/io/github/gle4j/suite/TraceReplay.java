// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.models.UserFile;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.conf.Momentum;
import io.github.gle4j.nn.layers.NonFiniteException;
import io.github.gle4j.train.StreamingTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Runs a reference trace through {@link StreamingTrainer} in double precision and measures how far
 * every recorded quantity is from the record.
 *
 * <p>A trace is a JSON file: {@code config} describes the network, {@code init} its parameters,
 * {@code x}, {@code target} and {@code learn} the stream, {@code steps} what must come out.
 */
public final class TraceReplay {
  private static final Map<String, String> PARAMETERS =
      Map.of("W", "W", "b", "b", "tau_m", "tauM", "tau_r", "tauR");

  private static final List<String> ALWAYS_RECORDED = List.of("u", "v", "r", "e");

  /** Twenty times what the traces of this project have. */
  private static final int MAXIMUM_BYTES = 16 << 20;

  private final Path file;
  private final JsonNode trace;
  private final List<JsonNode> layers = new ArrayList<>();
  private final Map<String, Double> deviations = new LinkedHashMap<>();

  private TraceReplay(Path file, JsonNode trace) {
    this.file = file;
    this.trace = trace;
  }

  /**
   * The outcome.
   *
   * @param deviations largest absolute deviation by name of the quantity; infinite where the trace
   *     or the run is not a number
   * @param steps number of steps run
   */
  public record Outcome(Map<String, Double> deviations, int steps) {

    /**
     * The largest deviation.
     *
     * @return not negative
     */
    public double largest() {
      return deviations.values().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
  }

  /**
   * Checks that there is a file that may be a trace.
   *
   * @param file a trace
   * @throws BadInputException when there is none
   * @throws IOException when it cannot be looked at
   */
  public static void check(Path file) throws IOException {
    try {
      UserFile.check(file, MAXIMUM_BYTES);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  /**
   * Replays a trace.
   *
   * @param file a trace
   * @return the deviations
   * @throws BadInputException when the file is not a trace
   * @throws IOException when it cannot be read
   */
  public static Outcome replay(Path file) throws IOException {
    JsonNode trace;
    try {
      trace = UserFile.json(file, MAXIMUM_BYTES);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
    try {
      return new TraceReplay(file, trace).run();
    } catch (IllegalArgumentException | DL4JInvalidConfigException | NonFiniteException e) {
      throw new BadInputException(file + ": " + e.getMessage());
    }
  }

  private Outcome run() {
    JsonNode config = field(trace, "config");
    field(config, "layers").forEach(layers::add);
    require(!layers.isEmpty(), "config.layers", "at least one layer");
    MultiLayerNetwork network = network(config);
    StreamingTrainer trainer = StreamingTrainer.builder(network).beta(beta(config)).build();
    Map<String, INDArray> frozen = new HashMap<>();
    for (String key : frozenKeys(config)) {
      frozen.put(key, network.getParam(key).dup());
    }

    JsonNode inputs = field(trace, "x");
    JsonNode targets = field(trace, "target");
    JsonNode learn = field(trace, "learn");
    require(targets.size() == inputs.size(), "target", "one entry per step of x");
    require(learn.size() == inputs.size(), "learn", "one entry per step of x");
    Map<Integer, JsonNode> recorded = recordedSteps(inputs.size());
    double epsilon = field(config, "optimiser").path("eps").asDouble();
    for (int k = 0; k < inputs.size(); k++) {
      correctEpsilon(network, epsilon, network.getIterationCount() + 1);
      INDArray x = matrix("x", inputs.get(k));
      INDArray target = targets.get(k).isNull() ? null : target(targets.get(k));
      INDArray output = trainer.step(x, target, flag("learn", learn.get(k)));
      frozen.forEach((key, value) -> network.getParam(key).assign(value));
      if (recorded.containsKey(k)) {
        compare(recorded.get(k), trainer, output, target != null);
      }
    }
    if (trace.hasNonNull("final")) {
      compareParameters(field(field(trace, "final"), "params"), network);
    }
    for (String name : fieldNames(field(trace, "init"))) {
      require(
          deviations.containsKey(symbol(name)),
          "steps.params",
          "the parameters of init in at least one step");
    }
    return new Outcome(deviations, inputs.size());
  }

  private Map<Integer, JsonNode> recordedSteps(int steps) {
    Map<Integer, JsonNode> recorded = new HashMap<>();
    for (JsonNode step : field(trace, "steps")) {
      JsonNode k = field(step, "k");
      require(
          k.isInt() && k.asInt() >= 0 && k.asInt() < steps && !recorded.containsKey(k.asInt()),
          "steps.k",
          "different integers from 0 to " + (steps - 1) + ", not " + k);
      recorded.put(k.asInt(), step);
    }
    require(!recorded.isEmpty(), "steps", "at least one recorded step");
    return recorded;
  }

  /**
   * The traces add Adam's epsilon after the bias correction, ND4J adds it before: the two agree
   * when ND4J's follows the correction.
   */
  private static void correctEpsilon(MultiLayerNetwork network, double epsilon, int update) {
    for (Layer layer : network.getLayers()) {
      if (layer.conf().getLayer() instanceof GleDense dense
          && dense.getIUpdater() instanceof Adam adam) {
        adam.setEpsilon(epsilon * Math.sqrt(1 - Math.pow(adam.getBeta2(), update)));
      }
    }
  }

  // The network of the trace.

  private MultiLayerNetwork network(JsonNode config) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .dataType(DataType.DOUBLE)
            .updater(optimiser(field(config, "optimiser")))
            .list();
    double dt = number(config, "dt");
    double lowerBound =
        config.hasNonNull("tau_m_clamp_min") ? number(config, "tau_m_clamp_min") : dt;
    for (int l = 0; l < layers.size(); l++) {
      JsonNode layer = layers.get(l);
      boolean learnsTau = flag(layer, "learn_tau");
      requireInitialValues(l);
      list.layer(
          new GleDense.Builder()
              .nIn(integer(layer, "n_in"))
              .nOut(integer(layer, "n_out"))
              .activation(activation(field(layer, "phi").asText()))
              .timeConstants(
                  TimeConstants.explicit(
                      vector("tau_m", field(layer, "tau_m")),
                      vector("tau_r", field(layer, "tau_r"))))
              .dt(dt)
              .gamma(number(layer, "gamma"))
              .prospectiveErrors(flag(layer, "prospective_errors"))
              .hasBias(flag(layer, "bias"))
              .learnTimeConstants(
                  learnsTau ? LearnedTimeConstants.TAU_M : LearnedTimeConstants.NONE, lowerBound)
              .build());
    }
    boolean crossEntropy = isCrossEntropy(config);
    list.layer(
        new RnnLossLayer.Builder(crossEntropy ? LossFunction.MCXENT : LossFunction.MSE)
            .activation(crossEntropy ? Activation.SOFTMAX : Activation.IDENTITY)
            .build());
    MultiLayerNetwork network = new MultiLayerNetwork(list.build());
    network.init();
    field(trace, "init")
        .properties()
        .forEach(
            entry -> {
              INDArray target = network.getParam(dl4jKey("init", entry.getKey()));
              INDArray value = parameter(entry.getKey(), entry.getValue());
              require(
                  target.equalShapes(value),
                  "init." + entry.getKey(),
                  "the shape that config.layers gives");
              target.assign(value);
            });
    return network;
  }

  /** Before a network of the sizes that the layers claim takes up memory. */
  private void requireInitialValues(int l) {
    JsonNode layer = layers.get(l);
    JsonNode weights = field(field(trace, "init"), "W" + l);
    require(
        weights.size() == integer(layer, "n_out")
            && weights.path(0).size() == integer(layer, "n_in"),
        "init.W" + l,
        integer(layer, "n_out") + " rows of " + integer(layer, "n_in") + " numbers");
    if (flag(layer, "bias")) {
      field(field(trace, "init"), "b" + l);
    }
  }

  private IUpdater optimiser(JsonNode optimiser) {
    double rate = number(optimiser, "lr");
    String name = field(optimiser, "name").asText();
    boolean hasMomentum = optimiser.hasNonNull("mu") || optimiser.hasNonNull("momentum");
    return switch (name) {
      case "sgd" -> hasMomentum ? new Momentum(rate, momentum(optimiser)) : new Sgd(rate);
      case "momentum" -> new Momentum(rate, momentum(optimiser));
      case "adam" ->
          new Adam(
              rate,
              number(optimiser, "beta1"),
              number(optimiser, "beta2"),
              number(optimiser, "eps"));
      default -> throw bad("config.optimiser.name", "sgd, momentum or adam, not " + name);
    };
  }

  private double momentum(JsonNode optimiser) {
    return number(optimiser, optimiser.hasNonNull("mu") ? "mu" : "momentum");
  }

  private Activation activation(String name) {
    return switch (name) {
      case "linear" -> Activation.IDENTITY;
      case "tanh" -> Activation.TANH;
      case "sigmoid" -> Activation.SIGMOID;
      case "softplus" -> Activation.SOFTPLUS;
      case "relu" -> Activation.RELU;
      default ->
          throw bad("config.layers.phi", "linear, tanh, sigmoid, softplus or relu, not " + name);
    };
  }

  private boolean isCrossEntropy(JsonNode config) {
    String loss = field(config, "loss").asText();
    require(loss.equals("ce") || loss.equals("mse"), "config.loss", "ce or mse, not " + loss);
    return loss.equals("ce");
  }

  /** The trace's error is target - output; DL4J's gradient of its MSE is 2/n times that. */
  private double beta(JsonNode config) {
    double beta = number(config, "beta");
    return isCrossEntropy(config) ? beta : beta * outputs() / 2;
  }

  private int outputs() {
    return integer(layers.get(layers.size() - 1), "n_out");
  }

  /** Frozen parameters, named as in {@code init}, or all of a layer, given as its index. */
  private Set<String> frozenKeys(JsonNode config) {
    JsonNode frozen = config.path("frozen");
    require(
        frozen.isMissingNode() || frozen.isNull() || frozen.isArray(), "config.frozen", "a list");
    Set<String> keys = new LinkedHashSet<>();
    for (JsonNode entry : frozen) {
      boolean known = false;
      for (String name : fieldNames(field(trace, "init"))) {
        String key = dl4jKey("init", name);
        if (entry.isInt() ? key.startsWith(entry.asInt() + "_") : name.equals(entry.textValue())) {
          keys.add(key);
          known = true;
        }
      }
      require(
          known, "config.frozen", "names of parameters in init or indices of layers, not " + entry);
    }
    return keys;
  }

  // Comparison.

  private void compare(
      JsonNode step, StreamingTrainer trainer, INDArray output, boolean hasTarget) {
    deviation("output", matrix("steps.output", field(step, "output")), output);
    double loss = trainer.network().score();
    if (hasTarget && step.hasNonNull("loss_sum")) {
      deviation("loss", number(step, "loss_sum"), loss * output.size(0));
    }
    if (hasTarget && step.hasNonNull("loss_mean")) {
      deviation("loss", number(step, "loss_mean"), loss);
    }
    JsonNode states = field(step, "layers");
    require(states.size() == layers.size(), "steps.layers", "one entry per layer");
    for (int l = 0; l < layers.size(); l++) {
      State<INDArray> state = trainer.state(l);
      Map<String, INDArray> quantities = new LinkedHashMap<>();
      quantities.put("u", state.get("u"));
      quantities.put("v", state.get("v"));
      quantities.put("r", state.get("r"));
      quantities.put("r_prime", state.get("d"));
      quantities.put("e_inst", state.get("q"));
      quantities.put("e", state.get("e"));
      quantities.put("fb", state.get("f"));
      for (Map.Entry<String, INDArray> quantity : quantities.entrySet()) {
        JsonNode expected = states.get(l).path(quantity.getKey());
        require(
            !expected.isMissingNode() || !ALWAYS_RECORDED.contains(quantity.getKey()),
            "steps.layers",
            "the quantities " + ALWAYS_RECORDED);
        if (!expected.isMissingNode()) {
          deviation(
              quantity.getKey(),
              matrix("steps.layers." + quantity.getKey(), expected),
              quantity.getValue());
        }
      }
    }
    compareParameters(step.path("params"), trainer.network());
  }

  private void compareParameters(JsonNode expected, MultiLayerNetwork network) {
    expected
        .properties()
        .forEach(
            entry ->
                deviation(
                    symbol(entry.getKey()),
                    parameter(entry.getKey(), entry.getValue()),
                    network.getParam(dl4jKey("params", entry.getKey()))));
  }

  private void deviation(String quantity, INDArray expected, INDArray actual) {
    require(
        expected.equalShapes(actual),
        "steps, quantity " + quantity,
        String.format(Locale.ROOT, "%d rows of %d numbers", actual.size(0), actual.size(1)));
    for (long i = 0; i < actual.size(0); i++) {
      for (long j = 0; j < actual.size(1); j++) {
        deviation(quantity, expected.getDouble(i, j), actual.getDouble(i, j));
      }
    }
  }

  private void deviation(String quantity, double expected, double actual) {
    double deviation = Math.abs(expected - actual);
    deviations.merge(
        quantity, Double.isNaN(deviation) ? Double.POSITIVE_INFINITY : deviation, Math::max);
  }

  // Reading.

  /** {@code tau_m1} is {@code 1_tauM} in DL4J. */
  private String dl4jKey(String where, String name) {
    String key = PARAMETERS.get(symbol(name));
    String index = name.substring(symbol(name).length());
    require(
        key != null
            && index.matches("\\d{1,4}")
            && Integer.parseInt(index) < layers.size()
            && !(key.equals("b") && !flag(layers.get(Integer.parseInt(index)), "bias")),
        where + "." + name,
        "W, b, tau_m or tau_r followed by the index of a layer that has it");
    return index + "_" + key;
  }

  private static String symbol(String name) {
    return name.replaceAll("\\d+$", "");
  }

  /** As DL4J lays it out: weights are [nIn, nOut], everything else a row. */
  private INDArray parameter(String name, JsonNode value) {
    return symbol(name).equals("W")
        ? matrix(name, value).transpose()
        : Nd4j.createFromArray(new double[][] {vector(name, value)});
  }

  private INDArray target(JsonNode target) {
    require(target.isArray(), "target", "null or a list of classes or rows");
    if (target.path(0).isArray()) {
      return matrix("target", target);
    }
    double[][] oneHot = new double[target.size()][outputs()];
    for (int b = 0; b < oneHot.length; b++) {
      int label = target.get(b).asInt(-1);
      require(label >= 0 && label < outputs(), "target", "classes 0 to " + (outputs() - 1));
      oneHot[b][label] = 1;
    }
    return Nd4j.createFromArray(oneHot);
  }

  private INDArray matrix(String name, JsonNode rows) {
    require(rows.isArray() && !rows.isEmpty(), name, "a list of rows of numbers");
    double[][] values = new double[rows.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = vector(name, rows.get(i));
      require(values[i].length == values[0].length, name, "rows of equal length");
    }
    return Nd4j.createFromArray(values);
  }

  private double[] vector(String name, JsonNode list) {
    require(list.isArray() && !list.isEmpty(), name, "a list of numbers");
    double[] values = new double[list.size()];
    for (int i = 0; i < values.length; i++) {
      require(list.get(i).isNumber(), name, "numbers");
      values[i] = list.get(i).asDouble();
    }
    return values;
  }

  private double number(JsonNode node, String name) {
    JsonNode value = field(node, name);
    require(value.isNumber(), name, "a number, not " + value);
    return value.asDouble();
  }

  private int integer(JsonNode node, String name) {
    JsonNode value = field(node, name);
    require(value.isInt() && value.asInt() > 0, name, "a positive integer, not " + value);
    return value.asInt();
  }

  private boolean flag(JsonNode node, String name) {
    return flag(name, field(node, name));
  }

  private boolean flag(String name, JsonNode value) {
    require(value.isBoolean(), name, "true or false, not " + value);
    return value.asBoolean();
  }

  private static List<String> fieldNames(JsonNode node) {
    return node.properties().stream().map(Map.Entry::getKey).toList();
  }

  private JsonNode field(JsonNode node, String name) {
    JsonNode value = node.path(name);
    require(!value.isMissingNode() && !value.isNull(), name, "the field to be there");
    return value;
  }

  private void require(boolean condition, String field, String expected) {
    if (!condition) {
      throw bad(field, expected);
    }
  }

  private BadInputException bad(String field, String expected) {
    return new BadInputException(file + ": field " + field + ": expected " + expected);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.dynamics.Population.of;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.train.StreamingTrainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

class GleDenseTest {

  private static GleDense.Builder unusual() {
    return hidden(2)
        .name("unusual")
        .dt(0.1)
        .gamma(0.25)
        .prospectiveErrors(false)
        .learnTimeConstants(LearnedTimeConstants.BOTH, 0.15)
        .hasBias(false)
        .biasInit(WeightInit.UNIFORM)
        .timeConstants(TimeConstants.logUniform(0.2, 5, 0.2, 0.4, 9));
  }

  @Test
  void bfloat16IsRefusedByName() {
    MultiLayerConfiguration conf =
        configuration(
            new Sgd(0.1), hidden(2).name("low").build(), readout(4, 3).build(), classes());
    new MultiLayerNetwork(conf.clone()).init();
    MultiLayerNetwork network = new MultiLayerNetwork(conf);
    conf.setDataType(DataType.BFLOAT16);
    DL4JInvalidConfigException refusal =
        assertThrows(DL4JInvalidConfigException.class, network::init);
    assertEquals(
        "GleDense \"low\": the network's data type is BFLOAT16, in which ND4J cannot differentiate"
            + " activation functions: FLOAT and DOUBLE are allowed",
        refusal.getMessage());
  }

  @Test
  void jsonAndYamlKeepEverySetting() {
    MultiLayerConfiguration conf =
        configuration(new Momentum(0.1, 0.9), unusual().build(), readout(4, 3).build(), classes());
    MultiLayerConfiguration fromJson = MultiLayerConfiguration.fromJson(conf.toJson());
    assertEquals(conf, fromJson);
    assertEquals(conf, MultiLayerConfiguration.fromYaml(conf.toYaml()));
    GleDense layer = (GleDense) fromJson.getConf(0).getLayer();
    assertEquals(0.1, layer.getDt());
    assertEquals(0.25, layer.getGamma());
    assertFalse(layer.isProspectiveErrors());
    assertEquals(LearnedTimeConstants.BOTH, layer.getLearnedTimeConstants());
    assertEquals(0.15, layer.getTimeConstantLowerBound());
    assertFalse(layer.isHasBias());
    assertEquals(WeightInit.UNIFORM.getWeightInitFunction(), layer.getBiasWeightInit());
    assertEquals(unusual().build().getTimeConstants(), layer.getTimeConstants());
    assertEquals(new Momentum(0.1, 0.9), layer.getIUpdater());
    TimeConstantBound bound = (TimeConstantBound) layer.getConstraints().get(0);
    assertEquals(0.15, bound.getLowerBound());
    assertEquals(Set.of("tauM", "tauR"), bound.getParams());
  }

  @Test
  void everySettingCountsForEquality() {
    List<UnaryOperator<GleDense.Builder>> changes =
        List.of(
            builder -> builder.dt(0.05),
            builder -> builder.gamma(1),
            builder -> builder.prospectiveErrors(true),
            builder -> builder.learnTimeConstants(LearnedTimeConstants.TAU_M),
            builder -> builder.learnTimeConstants(LearnedTimeConstants.BOTH, 0.2),
            builder -> builder.hasBias(true),
            builder -> builder.biasInit(WeightInit.XAVIER),
            builder -> builder.timeConstants(TimeConstants.constant(1, 1)),
            builder -> builder.nIn(3));
    assertEquals(unusual().build(), unusual().build());
    assertEquals(unusual().build().hashCode(), unusual().build().hashCode());
    for (UnaryOperator<GleDense.Builder> change : changes) {
      assertNotEquals(unusual().build(), change.apply(unusual()).build());
    }
  }

  @Test
  void aSavedModelGoesOnWithTheSameNumbers(@TempDir Path folder) throws Exception {
    MultiLayerNetwork network =
        network(
            new Adam(0.01),
            hidden(2).learnTimeConstants(LearnedTimeConstants.BOTH).build(),
            readout(4, 3).build(),
            classes());
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    for (int k = 0; k < 20; k++) {
      trainer.step(gaussian(k, 5, 2), oneHot(k, 5, 3));
    }
    Path file = folder.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    MultiLayerNetwork loaded = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);

    assertEquals(network.getLayerWiseConfigurations(), loaded.getLayerWiseConfigurations());
    for (String key : List.of("0_W", "0_b", "0_tauM", "0_tauR", "1_W", "1_b", "1_tauM")) {
      assertEquals(0, difference(network.getParam(key), loaded.getParam(key)), key);
    }
    StreamingTrainer goesOn = StreamingTrainer.builder(loaded).build();
    goesOn.restoreState(trainer.saveState());
    for (int k = 20; k < 25; k++) {
      INDArray expected = trainer.step(gaussian(k, 5, 2), oneHot(k, 5, 3));
      assertEquals(0, difference(expected, goesOn.step(gaussian(k, 5, 2), oneHot(k, 5, 3))));
    }
    assertEquals(0, difference(network.params(), loaded.params()));
  }

  @Test
  void aCloneIsEqualAndIndependent() {
    MultiLayerNetwork network =
        network(new Sgd(0.1), hidden(2).build(), readout(4, 3).build(), classes());
    MultiLayerNetwork clone = network.clone();
    assertEquals(0, difference(network.params(), clone.params()));
    StreamingTrainer.builder(clone).build().step(gaussian(1, 2, 2), oneHot(1, 2, 3));
    StreamingTrainer trainer = StreamingTrainer.builder(clone).build();
    for (int k = 0; k < 4; k++) {
      trainer.step(gaussian(k, 2, 2), oneHot(k, 2, 3));
    }
    assertNotEquals(0, difference(network.params(), clone.params()));
  }

  @Test
  void theNumberOfInputsFollowsFromTheInputType() {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(hidden(0).build())
            .layer(readout(0, 3).build())
            .layer(classes())
            .setInputType(InputType.recurrent(7))
            .build();
    assertEquals(7, ((GleDense) conf.getConf(0).getLayer()).getNIn());
    assertEquals(4, ((GleDense) conf.getConf(1).getLayer()).getNIn());
    assertTrue(conf.getInputPreProcessors().isEmpty());
    assertEquals(
        InputType.recurrent(4, 5),
        conf.getConf(0).getLayer().getOutputType(0, InputType.recurrent(7, 5)));
  }

  @Test
  void parametersAreLaidOutAndInitialisedAsConfigured() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1),
            readout(9, 200).weightInit(WeightInit.UNIFORM).biasInit(WeightInit.UNIFORM).build(),
            readout(200, 2).biasInit(0.5).build(),
            readout(2, 2).hasBias(false).build(),
            classes());
    assertEquals(9 * 200 + 3 * 200 + 200 * 2 + 3 * 2 + 2 * 2 + 2 * 2, network.numParams());
    for (String key : List.of("0_W", "0_b")) {
      double largest = network.getParam(key).amaxNumber().doubleValue();
      assertTrue(largest <= 1.0 / 3 && largest > 0.32, key + " " + largest);
      assertEquals(0, network.getParam(key).meanNumber().doubleValue(), 0.05);
    }
    assertEquals(0.5, network.getParam("1_b").minNumber().doubleValue());
    assertNull(network.getParam("2_b"));
    assertEquals(1.2, network.getParam("0_tauM").minNumber().doubleValue());
    INDArray flat = network.params();
    assertEquals(flat.getDouble(1), network.getParam("0_W").getDouble(1, 0), "W is in 'f' order");
    assertTrue(network.summary().contains("GleDense"));
  }

  @Test
  void timeConstantsStayUnlessTheyAreLearned() {
    for (LearnedTimeConstants learned : LearnedTimeConstants.values()) {
      MultiLayerNetwork network =
          network(
              new Adam(0.3),
              hidden(2)
                  .learnTimeConstants(learned, 0.25)
                  .l2(0.1)
                  .timeConstants(TimeConstants.constant(0.5, 0.4))
                  .build(),
              readout(4, 3).build(),
              classes());
      INDArray tauM = network.getParam("0_tauM").dup();
      INDArray tauR = network.getParam("0_tauR").dup();
      StreamingTrainer trainer = StreamingTrainer.builder(network).build();
      for (int k = 0; k < 30; k++) {
        trainer.step(gaussian(k, 4, 2), oneHot(k, 4, 3));
      }
      assertEquals(learned.tauM(), difference(tauM, network.getParam("0_tauM")) > 1e-3);
      assertEquals(learned.tauR(), difference(tauR, network.getParam("0_tauR")) > 1e-3);
      assertTrue(network.getParam("0_tauM").minNumber().doubleValue() >= 0.25);
      assertTrue(network.getParam("0_tauR").minNumber().doubleValue() >= 0.25);
    }
  }

  @Test
  void constraintsOfTheUserLeaveTimeConstantsAlone() {
    GleDense all = hidden(2).constrainAllParameters(new NonNegativeConstraint()).build();
    assertEquals(Set.of("W", "b"), all.getConstraints().get(0).getParams());
    GleDense weights = hidden(2).constrainInputWeights(new MaxNormConstraint(1, 0)).build();
    assertEquals(Set.of("W"), weights.getConstraints().get(0).getParams());
    assertNull(hidden(2).build().getConstraints());
  }

  @Test
  void memoryIsReported() {
    GleDense layer = hidden(2).updater(new Adam(0.1)).build();
    LayerMemoryReport report = layer.getMemoryReport(InputType.recurrent(2, 10));
    assertEquals(2 * 4 + 3 * 4, report.getParameterSize());
    assertEquals(2 * (2 * 4 + 4), report.getUpdaterStateSize());
  }

  @Test
  void badSettingsAreRefusedWhenTheLayerIsBuilt() {
    refused("dt = 0.0: a positive, finite step is allowed", b -> b.dt(0));
    taken(b -> b.dt(1e-3));
    refused("gamma = -0.1: a finite coupling >= 0 is allowed", b -> b.gamma(-0.1));
    taken(b -> b.gamma(0));
    refused("tauR = 0.2 is below dt = 0.3: at least dt is allowed", b -> b.dt(0.3));
    taken(b -> b.dt(0.2));
    refused(
        "tauM = 0.1 is below dt = 0.2: at least dt is allowed",
        b -> b.timeConstants(TimeConstants.constant(0.1, 1)));
    taken(b -> b.timeConstants(TimeConstants.constant(0.2, 1)));
    refused(
        "the populations [Population[count=2, tauM=1.0, tauR=1.0]] have 2 neurons, but nOut = 4",
        b -> b.timeConstants(TimeConstants.populations(of(2, 1, 1))));
    taken(b -> b.timeConstants(TimeConstants.populations(of(2, 1, 1), of(2, 2, 1))));
    refused(
        "timeConstants are not set: for example TimeConstants.constant(1.2, 0.2)",
        b -> b.timeConstants(null));
    refused(
        "lower bound 0.1 of the time constants: at least dt = 0.2",
        b -> b.learnTimeConstants(LearnedTimeConstants.TAU_M, 0.1));
    taken(b -> b.learnTimeConstants(LearnedTimeConstants.TAU_M, 0.2));
    assertEquals(
        "GleDense has no recurrent weights: weightInitRecurrent and constrainRecurrent do not"
            + " apply",
        assertThrows(
                DL4JInvalidConfigException.class,
                () -> hidden(2).weightInitRecurrent(WeightInit.XAVIER).build())
            .getMessage());
    for (Activation unusable : List.of(Activation.SOFTMAX, Activation.RRELU)) {
      String message =
          assertThrows(
                  DL4JInvalidConfigException.class, () -> hidden(2).activation(unusable).build())
              .getMessage();
      assertTrue(
          message.contains("has no derivative that depends on one neuron's voltage alone"),
          message);
    }
    taken(b -> b.activation(Activation.SOFTPLUS));
    refused(
        "gamma = 0.5 with dropout or weight noise: errors that act on the membranes are learned"
            + " from step by step, without either",
        b -> b.gamma(0.5).dropOut(0.8));
    taken(b -> b.gamma(0).dropOut(0.8));
    taken(b -> b.gamma(0.5));
  }

  private static void refused(String message, UnaryOperator<GleDense.Builder> change) {
    GleDense.Builder builder = change.apply(hidden(2).name("hidden"));
    assertEquals(
        "GleDense \"hidden\": " + message,
        assertThrows(DL4JInvalidConfigException.class, builder::build).getMessage());
  }

  private static void taken(UnaryOperator<GleDense.Builder> change) {
    change.apply(hidden(2)).build();
  }

  @Test
  void badDefaultsOfTheNetworkAreRefusedWhenItIsInitialised() {
    for (Activation activation : List.of(Activation.SOFTMAX, Activation.TANH)) {
      MultiLayerNetwork network =
          new MultiLayerNetwork(
              new NeuralNetConfiguration.Builder()
                  .activation(activation)
                  .list()
                  .layer(
                      new GleDense.Builder()
                          .nIn(2)
                          .nOut(3)
                          .timeConstants(TimeConstants.constant(1, 1))
                          .build())
                  .layer(classes())
                  .build());
      if (activation == Activation.TANH) {
        network.init();
      } else {
        assertThrows(DL4JInvalidConfigException.class, network::init);
      }
    }
  }
}

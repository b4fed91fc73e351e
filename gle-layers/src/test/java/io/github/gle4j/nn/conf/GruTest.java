// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.distribution.OrthogonalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class GruTest {
  private static final DataSet DATA =
      new DataSet(gaussian(1, 4, 2, 5), everyStep(oneHot(2, 4, 3), 5));

  private static Gru.Builder gru() {
    return new Gru.Builder().nIn(2).nOut(4);
  }

  private static Gru.Builder unusual() {
    return gru()
        .name("unusual")
        .activation(Activation.SOFTSIGN)
        .gateActivationFunction(Activation.HARDSIGMOID)
        .biasInit(WeightInit.UNIFORM)
        .weightInitRecurrent(WeightInit.IDENTITY)
        .dataFormat(RNNFormat.NWC)
        .constrainRecurrent(new MaxNormConstraint(1, 0));
  }

  @Test
  void bfloat16IsRefusedByName() {
    MultiLayerConfiguration conf =
        configuration(new Sgd(0.1), gru().name("low").build(), readout());
    new MultiLayerNetwork(conf.clone()).init();
    MultiLayerNetwork network = new MultiLayerNetwork(conf);
    conf.setDataType(DataType.BFLOAT16);
    DL4JInvalidConfigException refusal =
        assertThrows(DL4JInvalidConfigException.class, network::init);
    String message = "Gru \"low\": the network's data type is BFLOAT16, in which ND4J cannot";
    assertTrue(refusal.getMessage().startsWith(message), refusal::getMessage);
  }

  private static RnnOutputLayer readout() {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .nIn(4)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .dataFormat(RNNFormat.NCW)
        .build();
  }

  @Test
  void jsonAndYamlKeepEverySetting() {
    MultiLayerConfiguration conf =
        configuration(
            new Adam(0.1), unusual().build(), new Bidirectional(gru().nIn(4).build()), readout());
    MultiLayerConfiguration fromJson = MultiLayerConfiguration.fromJson(conf.toJson());
    assertEquals(conf, fromJson);
    assertEquals(conf, MultiLayerConfiguration.fromYaml(conf.toYaml()));
    Gru layer = (Gru) fromJson.getConf(0).getLayer();
    assertEquals(new ActivationHardSigmoid(), layer.getGateActivationFn());
    assertEquals(WeightInit.UNIFORM.getWeightInitFunction(), layer.getBiasWeightInit());
    assertEquals(WeightInit.IDENTITY.getWeightInitFunction(), layer.getWeightInitFnRecurrent());
    assertEquals(RNNFormat.NWC, layer.getRnnDataFormat());
    assertEquals(Set.of("RW"), layer.getConstraints().get(0).getParams());
  }

  @Test
  void everySettingCountsForEquality() {
    List<UnaryOperator<Gru.Builder>> changes =
        List.of(
            builder -> builder.activation(Activation.TANH),
            builder -> builder.gateActivationFunction(Activation.SIGMOID),
            builder -> builder.biasInit(WeightInit.XAVIER),
            builder -> builder.weightInitRecurrent(WeightInit.XAVIER),
            builder -> builder.dataFormat(RNNFormat.NCW),
            builder -> builder.nIn(3));
    assertEquals(unusual().build(), unusual().build());
    assertEquals(unusual().build().hashCode(), unusual().build().hashCode());
    for (UnaryOperator<Gru.Builder> change : changes) {
      assertNotEquals(unusual().build(), change.apply(unusual()).build());
    }
  }

  @Test
  void aSavedModelGoesOnWithTheSameNumbers(@TempDir Path folder) throws Exception {
    MultiLayerNetwork network =
        network(new Adam(0.01), new Bidirectional(gru().nOut(2).build()), readout());
    network.fit(DATA);
    Path file = folder.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    MultiLayerNetwork loaded = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    MultiLayerNetwork clone = network.clone();
    network.fit(DATA);
    assertNotEquals(0, difference(network.params(), clone.params()), "a clone is independent");
    loaded.fit(DATA);
    clone.fit(DATA);
    assertEquals(0, difference(network.params(), loaded.params()));
    assertEquals(0, difference(network.params(), clone.params()));
  }

  @Test
  void parametersAreLaidOutAndInitialisedAsConfigured() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1),
            gru().nOut(50).weightInit(WeightInit.UNIFORM).biasInit(WeightInit.UNIFORM).build(),
            gru().nIn(50).weightInitRecurrent(new OrthogonalDistribution(1)).biasInit(0.5).build(),
            readout());
    assertEquals(3 * 50 * (2 + 50 + 2), network.getLayer(0).numParams());
    for (String key : List.of("0_W", "0_b")) {
      assertBound(1 / Math.sqrt(2), network.getParam(key));
    }
    for (String key : List.of("0_RW", "0_Rb")) {
      assertBound(1 / Math.sqrt(50), network.getParam(key));
    }
    assertEquals(0.5, network.getParam("1_b").minNumber().doubleValue());
    assertEquals(0.5, network.getParam("1_Rb").maxNumber().doubleValue());
    for (int gate = 0; gate < 3; gate++) {
      INDArray block =
          network
              .getParam("1_RW")
              .get(
                  org.nd4j.linalg.indexing.NDArrayIndex.all(),
                  org.nd4j.linalg.indexing.NDArrayIndex.interval(4 * gate, 4 * gate + 4))
              .dup();
      INDArray identity = Nd4j.eye(4).castTo(block.dataType());
      assertEquals(0, difference(block.mmul(block.transpose()), identity), 1e-6, "gate " + gate);
    }
    INDArray flat = network.params();
    assertEquals(flat.getDouble(1), network.getParam("0_W").getDouble(1, 0), "W is in 'f' order");
    assertTrue(network.summary().contains("Gru"));
  }

  private static void assertBound(double bound, INDArray values) {
    double largest = values.amaxNumber().doubleValue();
    assertTrue(largest <= bound && largest > 0.9 * bound, bound + " " + largest);
    assertEquals(0, values.meanNumber().doubleValue(), 0.2 * bound);
  }

  @Test
  void theCandidateIsTanhUnlessTheLayerSaysOtherwise() {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .activation(Activation.RELU)
            .list()
            .layer(new Gru.Builder().nOut(4).build())
            .layer(readout())
            .setInputType(InputType.recurrent(7))
            .build();
    Gru layer = (Gru) conf.getConf(0).getLayer();
    assertEquals(new ActivationTanH(), layer.getActivationFn());
    assertEquals(7, layer.getNIn());
    assertEquals(InputType.recurrent(4, 5), layer.getOutputType(0, InputType.recurrent(7, 5)));
  }

  @Test
  void constraintsReachTheirParameters() {
    assertEquals(
        Set.of("W", "RW", "b", "Rb"),
        gru()
            .constrainAllParameters(new NonNegativeConstraint())
            .build()
            .getConstraints()
            .get(0)
            .getParams());
    MultiLayerNetwork network =
        network(
            new Sgd(1),
            gru()
                .constrainInputWeights(new NonNegativeConstraint())
                .constrainRecurrent(new MaxNormConstraint(0.1, 0))
                .build(),
            readout());
    network.fit(DATA);
    assertTrue(network.getParam("0_W").minNumber().doubleValue() >= 0);
    assertTrue(network.getParam("0_RW").norm2(0).maxNumber().doubleValue() <= 0.1 + 1e-6);
    assertTrue(network.getParam("0_b").minNumber().doubleValue() < 0);
    assertNull(gru().build().getConstraints());
  }

  @Test
  void biasesHaveTheirOwnUpdater() {
    Gru layer = gru().updater(new Adam(0.1)).biasUpdater(new Sgd(0.2)).build();
    assertEquals(new Adam(0.1), layer.getUpdaterByParam("RW"));
    assertEquals(new Sgd(0.2), layer.getUpdaterByParam("Rb"));
  }

  @Test
  void memoryIsReported() {
    Gru layer = gru().updater(new Adam(0.1)).build();
    LayerMemoryReport report = layer.getMemoryReport(InputType.recurrent(2, 10));
    assertEquals(3 * 4 * (2 + 4 + 2), report.getParameterSize());
    assertEquals(2 * 3 * 4 * (2 + 4 + 2), report.getUpdaterStateSize());
  }

  @Test
  void transferLearningReplacesWhatIsAboveAndBelow() {
    MultiLayerNetwork network =
        network(new Sgd(0.1), gru().build(), gru().nIn(4).build(), readout());
    MultiLayerNetwork changed =
        new TransferLearning.Builder(network)
            .setFeatureExtractor(0)
            .nOutReplace(1, 6, WeightInit.XAVIER)
            .build();
    assertEquals(6, ((Gru) changed.getLayer(1).conf().getLayer()).getNOut());
    INDArray frozen = changed.getParam("0_RW").dup();
    INDArray learning = changed.getParam("1_RW").dup();
    changed.fit(DATA);
    assertEquals(0, difference(frozen, changed.getParam("0_RW")));
    assertNotEquals(0, difference(learning, changed.getParam("1_RW")));
  }

  @Test
  void badSettingsAreRefusedWhenTheLayerIsBuilt() {
    for (Activation unusable : List.of(Activation.SOFTMAX, Activation.RRELU)) {
      String message =
          assertThrows(
                  DL4JInvalidConfigException.class,
                  () -> gru().name("memory").activation(unusable).build())
              .getMessage();
      assertTrue(
          message.startsWith("Gru \"memory\": activation " + unusable.getActivationFunction()),
          message);
      message =
          assertThrows(
                  DL4JInvalidConfigException.class,
                  () -> gru().gateActivationFunction(unusable).build())
              .getMessage();
      assertTrue(message.startsWith("Gru: gate activation"), message);
    }
    gru().activation(Activation.RELU).gateActivationFunction(Activation.HARDSIGMOID).build();
    assertThrows(DL4JInvalidConfigException.class, () -> new Gru.Builder().nIn(2).build());
  }
}

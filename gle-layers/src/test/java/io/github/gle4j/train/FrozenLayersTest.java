// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.util.ModelFiles;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;

/** Layers that hold still while others of the stream learn: as with a learning rate of 0. */
class FrozenLayersTest {
  private static final int TIME = 8;

  @TempDir private Path folder;

  private static DataSet data(int number) {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 3, TIME);
    mask.putScalar(1, 6, 0);
    mask.putScalar(1, 7, 0);
    mask.putScalar(2, 0, 0);
    return new DataSet(gaussian(number, 3, 2, TIME), oneHot(number, 3, 3), mask, null);
  }

  private static GleDense layer(int inputs, IUpdater updater, double gamma) {
    GleDense.Builder builder =
        hidden(inputs).learnTimeConstants(LearnedTimeConstants.BOTH).gamma(gamma);
    return updater == null ? builder.build() : builder.updater(updater).build();
  }

  private static MultiLayerNetwork three(Layer first, Layer second) {
    return network(new Adam(0.01), first, second, readout(4, 3).build(), classes());
  }

  private static StreamingTrainer trainer(MultiLayerNetwork network, boolean fused) {
    return StreamingTrainer.builder(network).fused(fused).updateInterval(3).build();
  }

  /** As the original, parameters included, in another type. */
  private static MultiLayerNetwork like(MultiLayerNetwork original, MultiLayerNetwork network) {
    network.setParams(original.params().dup());
    return network.convertDataType(DataType.FLOAT);
  }

  private static void assertLearnAlike(
      MultiLayerNetwork expected, MultiLayerNetwork actual, boolean fused, DataSet... batches) {
    INDArray before = expected.params().dup();
    assertEquals(0, difference(before, actual.params()));
    StreamingTrainer one = trainer(expected, fused);
    StreamingTrainer other = trainer(actual, fused);
    for (DataSet batch : batches) {
      assertEquals(one.fit(batch).loss(), other.fit(batch).loss());
      assertEquals(
          0,
          difference(
              one.summedOutput(batch.getFeatures(), null),
              other.summedOutput(batch.getFeatures(), null)));
    }
    assertEquals(0, difference(expected.params(), actual.params()));
    assertNotEquals(0, difference(before, actual.params()));
  }

  private static void assertHeld(MultiLayerNetwork network, MultiLayerNetwork before, int layer) {
    for (Map.Entry<String, INDArray> entry : network.paramTable().entrySet()) {
      boolean isHeld = entry.getKey().startsWith(layer + "_");
      boolean isLearned = !isHeld && !entry.getKey().contains("tau");
      double moved = difference(before.getParam(entry.getKey()), entry.getValue());
      assertTrue(isHeld ? moved == 0 : !isLearned || moved > 0, entry.getKey());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true, false, 0",
    "false, false, 0",
    "true, true, 0",
    "false, true, 0",
    "true, false, 0.2"
  })
  void aFrozenLayerIsOneWithALearningRateOfZero(boolean fused, boolean backprop, double gamma) {
    for (int held = 0; held < 2; held++) {
      Layer inside = layer(held == 0 ? 2 : 4, null, gamma);
      Layer frozen = backprop ? new FrozenLayerWithBackprop(inside) : new FrozenLayer(inside);
      Layer still = layer(held == 0 ? 2 : 4, new Sgd(0), gamma);
      Layer other = layer(held == 0 ? 4 : 2, null, gamma);
      MultiLayerNetwork expected = three(held == 0 ? still : other, held == 0 ? other : still);
      MultiLayerNetwork actual =
          like(expected, three(held == 0 ? frozen : other, held == 0 ? other : frozen));
      expected = expected.convertDataType(DataType.FLOAT);
      MultiLayerNetwork before = expected.clone();
      assertLearnAlike(expected, actual, fused, data(1), data(2), data(3));
      assertHeld(actual, before, held);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLayerWhoseUpdaterIsNoOpIsOneWithALearningRateOfZero(boolean fused) {
    MultiLayerNetwork expected = three(layer(2, new Sgd(0), 0), layer(4, null, 0));
    MultiLayerNetwork actual = like(expected, three(layer(2, new NoOp(), 0), layer(4, null, 0)));
    expected = expected.convertDataType(DataType.FLOAT);
    MultiLayerNetwork before = expected.clone();
    List<Double> seen = new ArrayList<>();
    actual.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            seen.add(model.gradient().getGradientFor("0_W").amaxNumber().doubleValue());
          }
        });
    assertLearnAlike(expected, actual, fused, data(1), data(2));
    assertHeld(actual, before, 0);
    assertTrue(seen.size() > 3 && seen.stream().allMatch(size -> size == 0), seen.toString());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void neitherRegularisationNorNormalisationMovesIt(boolean fused) {
    Layer still =
        hidden(2)
            .updater(new NoOp())
            .l2(0.1)
            .weightDecay(0.1)
            .gradientNormalization(GradientNormalization.RenormalizeL2PerLayer)
            .build();
    MultiLayerNetwork network = three(still, layer(4, null, 0)).convertDataType(DataType.FLOAT);
    MultiLayerNetwork before = network.clone();
    trainer(network, fused).fit(data(1));
    assertHeld(network, before, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRunWithALayerFrozenByTransferGoesOnWithTheSameNumbers(boolean fused) throws IOException {
    MultiLayerNetwork original = three(layer(2, null, 0), layer(4, null, 0));
    trainer(original, false).fit(data(7));
    MultiLayerNetwork whole =
        new TransferLearning.Builder(original)
            .setFeatureExtractor(0)
            .build()
            .convertDataType(DataType.FLOAT);
    MultiLayerNetwork resumed = whole.clone();
    StreamingTrainer one = trainer(whole, fused);
    one.fit(data(1));
    File file = folder.resolve("frozen.zip").toFile();
    whole.save(file);
    assertEquals(0, difference(whole.params(), ModelFiles.network(file.toPath(), true).params()));
    Checkpoint.Builder saved = Checkpoint.builder();
    one.save(saved);
    one.fit(data(2));
    StreamingTrainer other = trainer(resumed, fused);
    other.restore(saved.build());
    other.fit(data(2));
    assertEquals(0, difference(whole.params(), resumed.params()));
    assertHeld(whole, original.convertDataType(DataType.FLOAT), 0);
  }

  private static MultiLayerNetwork images(boolean frozen) {
    GleConvolution.Builder convolution =
        new GleConvolution.Builder(2, 2)
            .nOut(3)
            .activation(Activation.TANH)
            .timeConstants(TimeConstants.constant(1.2, 0.2));
    GleLayer.Builder other =
        new GleLayer.Builder(
                new org.deeplearning4j.nn.conf.layers.SeparableConvolution2D.Builder(2, 2)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build())
            .activation(Activation.TANH)
            .timeConstants(TimeConstants.constant(1.2, 0.2));
    if (!frozen) {
      convolution.updater(new Sgd(0));
      other.updater(new Sgd(0));
    }
    List<Layer> layers = new ArrayList<>();
    layers.add(convolution.build());
    layers.add(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(1, 1).build());
    if (frozen) { // which is then the same as none
      layers.add(new DropoutLayer(0.5));
    }
    layers.add(other.build());
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(1).updater(new Adam(0.01)).list();
    layers.forEach(layer -> list.layer(frozen ? new FrozenLayer(layer) : layer));
    list.layer(readout(0, 3).build()).layer(classes());
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.convolutional(5, 5, 2)).build());
    network.init();
    return network;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatLiesBetweenMayBeFrozenToo(boolean fused) {
    MultiLayerNetwork expected = images(false);
    MultiLayerNetwork actual = images(true);
    actual.setParams(expected.params().dup());
    DataSet data = new DataSet(gaussian(4, 3, 50, 4), oneHot(4, 3, 3));
    assertLearnAlike(expected, actual, fused, data, data);
  }

  @Test
  void otherLayersCannotBeStreamedFrozenEither() {
    MultiLayerNetwork network =
        network(
            new Sgd(0.1),
            new FrozenLayer(new DenseLayer.Builder().nIn(2).nOut(4).build()),
            readout(4, 3).build(),
            classes());
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> StreamingTrainer.builder(network).build())
            .getMessage();
    assertTrue(message.startsWith("layer 0 is a DenseLayer: GLE layers below"), message);
  }
}

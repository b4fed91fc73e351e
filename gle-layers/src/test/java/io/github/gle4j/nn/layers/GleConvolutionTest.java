// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.connectivity.ConvolutionConnectivity;
import io.github.gle4j.nn.connectivity.WeightArrays;
import io.github.gle4j.train.StreamingTrainer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.memory.MemoryUseMode;
import org.deeplearning4j.nn.conf.preprocessor.CnnToRnnPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;

/** The convolution's products, its place in DL4J's networks, and its two ways of training. */
class GleConvolutionTest {
  private static final int BATCH = 3;
  private static final int TIME = 5;

  private static GleConvolution.Builder convolution(int maps, int... kernel) {
    return new GleConvolution.Builder(kernel)
        .nOut(maps)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.linear(0.4, 1.2, 1.2, 0.4));
  }

  private static MultiLayerNetwork network(DataType dataType, GleConvolution layer) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(dataType)
                .weightInit(WeightInit.XAVIER)
                .biasInit(0.3)
                .updater(new Sgd(0.1))
                .list()
                .layer(layer)
                .layer(squares())
                .setInputType(
                    InputType.convolutional(layer.getHeight(), layer.getWidth(), layer.getNIn()))
                .build());
    network.init();
    network.initGradientsView();
    return network;
  }

  @ParameterizedTest
  @MethodSource("io.github.gle4j.TestConvolutions#shapes")
  void forwardIsDl4jsConvolution(GleConvolution conf) {
    MultiLayerNetwork network = network(DataType.DOUBLE, conf);
    GleConvolutionImpl layer = (GleConvolutionImpl) network.getLayer(0);
    ConvolutionLayer theirs =
        new ConvolutionLayer.Builder(conf.getKernelSize())
            .stride(conf.getStride())
            .padding(conf.getPadding())
            .dilation(conf.getDilation())
            .convolutionMode(conf.getConvolutionMode())
            .nIn(conf.getNIn())
            .nOut(conf.getNOut())
            .activation(Activation.IDENTITY)
            .build();
    MultiLayerNetwork plain = new MultiLayerNetwork(configuration(new Sgd(0.1), theirs));
    plain.init();
    long shared = plain.numParams();
    INDArray params = network.params();
    plain.setParams(params.get(NDArrayIndex.interval(0, shared)).dup());
    assertEquals(0, difference(plain.getParam("0_W"), network.getParam("0_W")));
    INDArray images = gaussian(5, BATCH, conf.getNIn(), conf.getHeight(), conf.getWidth());
    INDArray expected = plain.output(images);
    INDArray current = Nd4j.create(DataType.DOUBLE, new long[] {BATCH, layer.outputs()}, 'f');
    INDArray below = images.dup('c').reshape('c', BATCH, layer.inputs()).dup('f');
    WeightArrays arrays =
        new WeightArrays(layer.weights(), layer.weights(), null, layer.bias(), null);
    ConvolutionConnectivity.reference(conf.shape(), arrays).forward(below, current, false);
    assertEquals(0, difference(expected.dup('c').reshape('c', current.shape()), current), 1e-12);
  }

  private static Layer[] imageLayers() {
    return new Layer[] {
      convolution(3, 3, 3).learnTimeConstants(LearnedTimeConstants.BOTH).build(),
      new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2})
          .stride(2, 2)
          .build(),
      convolution(2, 2, 2).build(),
      readout(0, 3).build(),
      squares()
    };
  }

  private static MultiLayerConfiguration images(WorkspaceMode mode) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(0.01))
            .weightInit(WeightInit.XAVIER)
            .trainingWorkspaceMode(mode)
            .inferenceWorkspaceMode(mode)
            .list();
    for (Layer layer : imageLayers()) {
      list.layer(layer);
    }
    return list.setInputType(InputType.convolutional(8, 6, 2)).build();
  }

  private static MultiLayerNetwork images() {
    MultiLayerNetwork network = new MultiLayerNetwork(images(WorkspaceMode.ENABLED));
    network.init();
    return network;
  }

  /** Sequences of flattened images. */
  private static DataSet sequences() {
    return new DataSet(gaussian(1, BATCH, 96, TIME), everyStep(oneHot(2, BATCH, 3), TIME));
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void fitLearnsInEveryWorkspaceMode(WorkspaceMode mode) {
    MultiLayerNetwork network = new MultiLayerNetwork(images(mode));
    network.init();
    MultiLayerNetwork other = images();
    DataSet data = sequences();
    double before = network.score(data);
    for (int i = 0; i < 3; i++) {
      network.fit(data);
      other.fit(data);
    }
    assertTrue(network.score(data) < before);
    assertEquals(0, difference(network.params(), other.params()));
  }

  @Test
  void theNetworkIsSavedClonedAndSummed() throws IOException {
    MultiLayerNetwork network = images();
    network.fit(sequences());
    MultiLayerConfiguration conf = network.getLayerWiseConfigurations();
    assertEquals(conf, MultiLayerConfiguration.fromJson(conf.toJson()));
    assertEquals(conf, MultiLayerConfiguration.fromYaml(conf.toYaml()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, out, true);
    MultiLayerNetwork restored =
        ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(out.toByteArray()), true);
    INDArray x = sequences().getFeatures();
    assertEquals(0, difference(network.output(x), restored.output(x)));
    assertEquals(0, difference(network.output(x), network.clone().output(x)));
    assertTrue(network.summary().contains("GleConvolutionImpl"), network.summary());
    assertTrue(
        conf.getConf(0)
                .getLayer()
                .getMemoryReport(InputType.convolutional(8, 6, 2))
                .getTotalMemoryBytes(BATCH, MemoryUseMode.TRAINING, CacheMode.NONE)
            > 0);
  }

  @Test
  void imagesOfRank4AndSequencesAreTheSame() {
    MultiLayerNetwork network = images();
    INDArray x = gaussian(4, BATCH, 96, 1);
    INDArray image = x.dup('c').reshape('c', BATCH, 2, 8, 6);
    network.rnnTimeStep(x);
    INDArray second = network.rnnTimeStep(x);
    network.rnnClearPreviousState();
    network.rnnTimeStep(image);
    assertEquals(0, difference(second, network.rnnTimeStep(image)), 1e-14);
  }

  @Test
  void timeStepsCarryTheState() {
    MultiLayerNetwork network = images();
    INDArray x = sequences().getFeatures();
    INDArray whole = network.output(x);
    for (int t = 0; t < TIME; t++) {
      INDArray now = network.rnnTimeStep(x.slice(t, 2).dup().reshape(BATCH, 96, 1));
      assertEquals(0, difference(whole.slice(t, 2), now.slice(0, 2)), 1e-13, "step " + t);
    }
  }

  @Test
  void segmentsOfOneStepLearnAsTheWholeWithoutUpdates() {
    MultiLayerConfiguration conf = images(WorkspaceMode.ENABLED);
    conf.setBackpropType(BackpropType.TruncatedBPTT);
    conf.setTbpttFwdLength(1);
    conf.setTbpttBackLength(1);
    MultiLayerNetwork segments = new MultiLayerNetwork(conf);
    segments.init();
    segments.setLearningRate(1e-6);
    MultiLayerNetwork whole = images();
    whole.setLearningRate(1e-6);
    segments.fit(sequences());
    whole.fit(sequences());
    INDArray first = images().params();
    INDArray expected = whole.params().sub(first);
    assertEquals(
        0,
        difference(expected, segments.params().sub(first)) / expected.amaxNumber().doubleValue(),
        1e-4);
  }

  @Test
  void aMaskedSampleStandsStill() {
    MultiLayerNetwork network = images();
    INDArray x = sequences().getFeatures();
    INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
    mask.putScalar(1, 2, 0);
    INDArray shorter = Nd4j.create(DataType.DOUBLE, 1, 96, TIME - 1);
    for (int t = 0, to = 0; t < TIME; t++) {
      if (t != 2) {
        shorter
            .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(to++))
            .assign(x.slice(t, 2).getRow(1, true));
      }
    }
    INDArray expected = network.output(shorter);
    INDArray masked = network.output(x, false, mask, null);
    assertEquals(
        0, difference(expected.slice(3, 2).getRow(0), masked.slice(4, 2).getRow(1)), 1e-13);
    DataSet data = sequences();
    data.setFeaturesMaskArray(mask);
    data.setLabelsMaskArray(mask);
    network.fit(data);
  }

  @Test
  void aGraphTakesSequences() {
    ComputationGraphConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(0.01))
            .graphBuilder()
            .addInputs("in")
            .addLayer("first", convolution(3, 3, 3).inputShape(2, 8, 6).build(), "in")
            .addLayer(
                "second",
                convolution(2, 2, 2).inputShape(3, 6, 4).build(),
                new CnnToRnnPreProcessor(6, 4, 3),
                "first")
            .addLayer(
                "readout", readout(30, 3).build(), new CnnToRnnPreProcessor(5, 3, 2), "second")
            .addLayer("out", squares(), "readout")
            .setOutputs("out")
            .build();
    ComputationGraph graph = new ComputationGraph(conf);
    graph.init();
    DataSet data = sequences();
    double before = graph.score(data);
    for (int i = 0; i < 5; i++) {
      graph.fit(data);
    }
    assertTrue(graph.score(data) < before);
    INDArray image = gaussian(1, BATCH, 2, 8, 6);
    String message =
        assertThrows(DL4JInvalidInputException.class, () -> graph.output(image)).getMessage();
    assertTrue(
        message.startsWith(
            "GleConvolution cannot tell samples from time steps in input of shape [3, 2, 8, 6]"),
        message);
  }

  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void dropoutOnTheInputsActsInFitAlone(WorkspaceMode mode) {
    List<INDArray> learned = new ArrayList<>();
    for (double retained : new double[] {1, 0.5}) {
      MultiLayerConfiguration conf = images(mode);
      for (int l : new int[] {0, 2}) {
        conf.getConf(l).getLayer().setIDropout(retained == 1 ? null : new Dropout(retained));
      }
      MultiLayerNetwork network = new MultiLayerNetwork(conf);
      network.init();
      INDArray x = sequences().getFeatures();
      assertEquals(0, difference(images().output(x), network.output(x)));
      Nd4j.getRandom().setSeed(1);
      network.fit(sequences());
      learned.add(network.params());
    }
    assertTrue(difference(learned.get(0), learned.get(1)) > 1e-4);
  }

  @Test
  void aFrozenConvolutionStaysAndStillWorksOnImages() {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(0.1))
            .weightInit(WeightInit.XAVIER)
            .list();
    list.layer(convolution(3, 3, 3).build());
    list.layer(new FrozenLayer(convolution(2, 2, 2).build()));
    list.layer(readout(0, 3).build()).layer(squares());
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.convolutional(8, 6, 2)).build());
    network.init();
    INDArray frozen = network.getLayer(1).params().dup();
    INDArray readout = network.getLayer(2).params().dup();
    network.fit(sequences());
    assertEquals(0, difference(frozen, network.getLayer(1).params()));
    assertTrue(difference(readout, network.getLayer(2).params()) > 1e-6);
  }

  @Test
  void badInputIsRefused() {
    MultiLayerNetwork network = images();
    String message =
        assertThrows(
                DL4JInvalidInputException.class, () -> network.output(gaussian(1, BATCH, 95, TIME)))
            .getMessage();
    assertTrue(
        message.startsWith(
            "GleConvolution got input of shape [3, 95, 5]: images [2, 8, 6] as [batch * time, ...] or"
                + " sequences [batch, 96, time] are allowed"),
        message);
    network.output(gaussian(1, BATCH, 96, TIME));
  }

  @Test
  void badConfigurationsAreRefused() {
    refused("kernelSize [3, 3, 3]: one number (signals) or two", () -> convolution(2, 3, 3, 3));
    refused("stride [0, 1]: at least 1", () -> convolution(2, 3, 3).stride(0, 1).build());
    refused("padding [0, -1]: at least 0", () -> convolution(2, 3, 3).padding(0, -1).build());
    refused(
        "convolutionMode Causal",
        () -> convolution(2, 3).convolutionMode(ConvolutionMode.Causal).build());
    refused("dataFormat NWC: NCW", () -> convolution(2, 3, 3).dataFormat(RNNFormat.NWC).build());
    refused(
        "inputShape on the builder must tell the images' shape",
        () ->
            new MultiLayerNetwork(
                    configuration(new Sgd(1), convolution(2, 3, 3).nIn(2).build(), squares()))
                .init());
    refused(
        "the kernel's height 9 is above that of the input, 8",
        () -> list(convolution(2, 9, 3)).setInputType(InputType.convolutional(8, 6, 2)).build());
    refused(
        "inputShape on the builder must tell",
        () -> list(convolution(2, 3, 3)).setInputType(InputType.recurrent(96)).build());
    refused(
        "the input has 95 values per time step: images of shape [2, 8, 6] have 96",
        () ->
            list(convolution(2, 3, 3).inputShape(2, 8, 6))
                .setInputType(InputType.recurrent(95))
                .build());
    refused(
        "neurons, but nOut = 2",
        () ->
            convolution(2, 3, 3)
                .timeConstants(TimeConstants.populations(Population.of(3, 1, 1)))
                .build());
    assertEquals(
        9,
        list(convolution(2, 9, 3))
                    .setInputType(InputType.convolutional(9, 6, 2))
                    .build()
                    .getConf(0)
                    .getLayer()
                instanceof GleConvolution layer
            ? layer.getHeight()
            : 0);
  }

  private static NeuralNetConfiguration.ListBuilder list(GleConvolution.Builder layer) {
    return new NeuralNetConfiguration.Builder().list().layer(layer.build()).layer(squares());
  }

  private static void refused(String part, Runnable work) {
    String message = assertThrows(DL4JInvalidConfigException.class, work::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void signalsAreImagesOfWidthOne() {
    GleConvolution layer = convolution(5, 3).inputShape(2, 11, 1).stride(2).padding(1).build();
    assertArrayEquals(new int[] {3, 1}, layer.getKernelSize());
    assertEquals(6, layer.shape().outHeight());
    assertEquals(1, layer.shape().outWidth());
  }

  /** Weights stay, so the stream's gradients add up to that of the sequence. */
  @Test
  void aStreamAndASequenceGiveTheSameGradients() {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(1e-7))
            .weightInit(WeightInit.XAVIER)
            .list()
            .layer(convolution(3, 3, 3).learnTimeConstants(LearnedTimeConstants.BOTH).build())
            .layer(convolution(2, 2, 2).stride(2, 2).build())
            .layer(readout(0, 3).build())
            .layer(squares())
            .setInputType(InputType.convolutional(8, 6, 2))
            .build();
    MultiLayerNetwork stream = new MultiLayerNetwork(conf.clone());
    stream.init();
    INDArray before = stream.params().dup();
    MultiLayerNetwork sequence = new MultiLayerNetwork(conf.clone());
    sequence.init();
    StreamingTrainer.builder(stream).build().fit(sequences());
    sequence.fit(sequences());
    INDArray expected = sequence.params().sub(before);
    assertEquals(
        0,
        difference(expected, stream.params().sub(before)) / expected.amaxNumber().doubleValue(),
        1e-5);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer.PoolingType;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Convolutional networks in the streaming trainer, and images that are presented to them. */
class ImageNetworksTest {
  private static final int BATCH = 4;
  private static final int STEPS = 6;

  private static GleConvolution.Builder convolution(int maps, int... kernel) {
    return new GleConvolution.Builder(kernel)
        .nOut(maps)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.linear(0.4, 1.2, 1.2, 0.4));
  }

  private static SubsamplingLayer.Builder pooling(PoolingType type, int kernel, int stride) {
    return new SubsamplingLayer.Builder(type, new int[] {kernel, kernel}).stride(stride, stride);
  }

  private static MultiLayerConfiguration network(IUpdater updater, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .weightInit(WeightInit.XAVIER)
            .updater(updater)
            .list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    return list.setInputType(InputType.convolutional(9, 8, 2)).build();
  }

  private static MultiLayerConfiguration poolings(Layer... between) {
    List<Layer> layers = new ArrayList<>();
    layers.add(convolution(3, 2, 3).activation(new ActivationSaturatingLinear()).build());
    layers.addAll(List.of(between));
    layers.add(convolution(2, 2, 2).build());
    layers.add(readout(0, 3).build());
    layers.add(classes());
    return network(new Adam(0.01), layers.toArray(new Layer[0]));
  }

  private static Stream<MultiLayerConfiguration> networks() {
    return Stream.of(
        poolings(),
        poolings(pooling(PoolingType.MAX, 2, 2).build()),
        poolings(pooling(PoolingType.MAX, 3, 2).build()),
        poolings(pooling(PoolingType.AVG, 3, 2).build()),
        poolings(pooling(PoolingType.MAX, 3, 1).convolutionMode(ConvolutionMode.Same).build()),
        poolings(new Upsampling2D.Builder(2).build()),
        poolings(
            new ZeroPaddingLayer.Builder(1, 2).build(),
            pooling(PoolingType.MAX, 2, 2).build(),
            pooling(PoolingType.AVG, 2, 1).build()),
        poolings(new ActivationLayer.Builder().activation(Activation.IDENTITY).build()),
        network(
            new Sgd(0.1),
            convolution(3, 3, 3).learnTimeConstants(LearnedTimeConstants.BOTH).build(),
            pooling(PoolingType.MAX, 2, 2).build(),
            hidden(0).hasBias(false).build(),
            readout(0, 3).build(),
            classes()));
  }

  /** The same network twice, trained by both engines. */
  private static void assertBothEnginesLearnTheSame(
      MultiLayerConfiguration conf, DataSet data, Consumer<StreamingTrainer.Builder> options) {
    MultiLayerNetwork original = new MultiLayerNetwork(conf.clone());
    original.init();
    List<MultiLayerNetwork> networks =
        List.of(original.convertDataType(DataType.FLOAT), original.convertDataType(DataType.FLOAT));
    List<StreamingTrainer> trainers = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      StreamingTrainer.Builder builder = StreamingTrainer.builder(networks.get(i)).fused(i == 0);
      options.accept(builder);
      StreamingTrainer trainer = builder.build();
      trainers.add(trainer);
      trainer.fit(data);
      losses.add(trainer.fit(data).loss());
      losses.add(trainer.evaluate(new ExistingDataSetIterator(List.of(data))).loss());
    }
    assertEquals(losses.get(2), losses.get(0), 1e-4);
    assertEquals(losses.get(3), losses.get(1), 1e-4);
    close("parameters", networks.get(1).params(), networks.get(0).params());
    assertTrue(
        difference(networks.get(0).params(), original.params().castTo(DataType.FLOAT)) > 1e-3);
    for (int l = 0; l < trainers.get(0).saveState().size(); l++) {
      Map<String, INDArray> expected = trainers.get(1).saveState().get(l);
      Map<String, INDArray> state = trainers.get(0).saveState().get(l);
      int layer = l;
      expected.forEach((name, array) -> close(name + " " + layer, array, state.get(name)));
    }
  }

  private static void close(String name, INDArray expected, INDArray actual) {
    double size = 1 + expected.amaxNumber().doubleValue();
    assertEquals(0, difference(expected, actual) / size, 3e-4, name);
  }

  private static DataSet images() {
    return new DataSet(gaussian(1, BATCH, 2, 9, 8), oneHot(2, BATCH, 3));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void bothEnginesLearnTheSameFromImages(MultiLayerConfiguration conf) {
    for (Propagation propagation : Propagation.values()) {
      assertBothEnginesLearnTheSame(
          conf, images(), builder -> builder.presentationSteps(STEPS).propagation(propagation));
    }
  }

  @ParameterizedTest
  @EnumSource(Propagation.class)
  void bothEnginesLearnTheSameFromMaskedSequences(Propagation propagation) {
    INDArray mask = Nd4j.ones(DataType.DOUBLE, BATCH, STEPS);
    mask.putScalar(1, 2, 0).putScalar(3, 5, 0);
    DataSet data = new DataSet(gaussian(1, BATCH, 144, STEPS), oneHot(2, BATCH, 3), mask, null);
    assertBothEnginesLearnTheSame(
        poolings(pooling(PoolingType.MAX, 2, 2).build()),
        data,
        builder -> builder.propagation(propagation).updateInterval(4));
  }

  @Test
  void signalsAreConvolvedAlongTheirLength() {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(0.1))
            .list()
            .layer(convolution(3, 5).stride(2).build())
            .layer(readout(0, 3).build())
            .layer(classes())
            .setInputType(InputType.convolutional(17, 1, 2))
            .build();
    DataSet data = new DataSet(gaussian(1, BATCH, 34, STEPS), oneHot(2, BATCH, 3));
    assertBothEnginesLearnTheSame(conf, data, builder -> {});
  }

  @ParameterizedTest
  @EnumSource(Propagation.class)
  void threadsChangeNothing(Propagation propagation) {
    List<INDArray> results = new ArrayList<>();
    for (int threads : new int[] {1, 3}) {
      MultiLayerNetwork network =
          new MultiLayerNetwork(poolings(pooling(PoolingType.MAX, 2, 2).build()));
      network.init();
      MultiLayerNetwork single = network.convertDataType(DataType.FLOAT);
      StreamingTrainer.builder(single)
          .threads(threads)
          .presentationSteps(STEPS)
          .propagation(propagation)
          .build()
          .fit(images());
      results.add(single.params());
    }
    assertEquals(0, difference(results.get(0), results.get(1)));
  }

  @ParameterizedTest
  @EnumSource(Propagation.class)
  void aPresentedImageIsASequenceOfItself(Propagation propagation) {
    MultiLayerConfiguration conf = poolings(pooling(PoolingType.MAX, 2, 2).build());
    DataSet still = images();
    INDArray moving = Nd4j.create(DataType.DOUBLE, BATCH, 144, STEPS);
    for (int t = 0; t < STEPS; t++) {
      moving.slice(t, 2).assign(still.getFeatures().dup('c').reshape('c', BATCH, 144));
    }
    List<INDArray> results = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    INDArray flat = still.getFeatures().dup('c').reshape('c', BATCH, 144);
    for (INDArray features : List.of(still.getFeatures(), moving, flat)) {
      MultiLayerNetwork network = new MultiLayerNetwork(conf.clone());
      network.init();
      StreamingTrainer trainer =
          StreamingTrainer.builder(network)
              .propagation(propagation)
              .presentationSteps(STEPS)
              .build();
      DataSet data = new DataSet(features, still.getLabels());
      trainer.fit(new ExistingDataSetIterator(List.of(data, data)), 1);
      results.add(network.params());
      losses.add(trainer.evaluate(new ExistingDataSetIterator(List.of(data))).loss());
      assertEquals(BATCH, trainer.predict(features).length);
    }
    assertEquals(0, difference(results.get(0), results.get(1)));
    assertEquals(0, difference(results.get(0), results.get(2)));
    assertEquals(losses.get(0), losses.get(1));
  }

  @Test
  void aSweepAnswersANewInputAtOnceWhereTimeConstantsAreEqual() {
    Layer[] layers = {
      hidden(2).timeConstants(TimeConstants.constant(1.2, 1.2)).build(),
      hidden(4).timeConstants(TimeConstants.constant(0.7, 0.7)).build(),
      readout(4, 3).build(),
      classes()
    };
    MultiLayerNetwork network = new MultiLayerNetwork(configuration(new Sgd(0), layers));
    network.init();
    StreamingTrainer sweep =
        StreamingTrainer.builder(network).propagation(Propagation.SWEEP).build();
    StreamingTrainer delayed = StreamingTrainer.builder(network.clone()).build();
    INDArray y = oneHot(1, BATCH, 3);
    INDArray settled = null;
    for (int image = 0; image < 2; image++) {
      INDArray x = gaussian(image, BATCH, 2);
      for (int t = 0; t < 4; t++) {
        INDArray output = sweep.step(x, y);
        INDArray late = delayed.step(x, y);
        if (t == 0) {
          settled = output;
        }
        assertEquals(0, difference(settled, output), 1e-14, "step " + t);
        assertEquals(t == 3, difference(settled, late) < 1e-14, "delayed, step " + t);
      }
    }
  }

  /** With all tau_m = tau_r the errors of a stationary input become those of backpropagation. */
  @ParameterizedTest
  @EnumSource(Propagation.class)
  void gradientsOfEqualTimeConstantsAreThoseOfBackpropagation(Propagation propagation) {
    for (LossFunction lossFunction : new LossFunction[] {LossFunction.MCXENT, LossFunction.L2}) {
      boolean isSoftmax = lossFunction == LossFunction.MCXENT;
      TimeConstants equal = TimeConstants.linear(0.5, 2, 0.5, 2);
      MultiLayerNetwork gle =
          new MultiLayerNetwork(
              network(
                  new Sgd(0),
                  convolution(4, 2, 3).timeConstants(equal).build(),
                  pooling(PoolingType.MAX, 2, 2).build(),
                  convolution(3, 2, 2).timeConstants(equal).padding(1, 1).build(),
                  pooling(PoolingType.AVG, 2, 1).build(),
                  new GleDense.Builder()
                      .nOut(5)
                      .activation(Activation.TANH)
                      .timeConstants(equal)
                      .build(),
                  new GleDense.Builder()
                      .nOut(3)
                      .activation(Activation.IDENTITY)
                      .timeConstants(equal)
                      .build(),
                  isSoftmax ? classes() : squares()));
      gle.init();
      MultiLayerNetwork backpropagation =
          new MultiLayerNetwork(
              network(
                  new Sgd(0),
                  new ConvolutionLayer.Builder(2, 3).nOut(4).activation(Activation.TANH).build(),
                  pooling(PoolingType.MAX, 2, 2).build(),
                  new ConvolutionLayer.Builder(2, 2)
                      .padding(1, 1)
                      .nOut(3)
                      .activation(Activation.TANH)
                      .build(),
                  pooling(PoolingType.AVG, 2, 1).build(),
                  new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build(),
                  new DenseLayer.Builder().nOut(3).activation(Activation.IDENTITY).build(),
                  new LossLayer.Builder(lossFunction)
                      .activation(isSoftmax ? Activation.SOFTMAX : Activation.IDENTITY)
                      .build()));
      backpropagation.init();
      String[] keys = {"0_W", "0_b", "2_W", "2_b", "4_W", "4_b", "5_W", "5_b"};
      for (String key : keys) {
        INDArray ours = gle.getParam(key);
        backpropagation.setParam(key, ours.reshape(backpropagation.getParam(key).shape()));
      }
      DataSet data = images();
      Map<String, INDArray> learned = new java.util.HashMap<>();
      gle.setListeners(
          new BaseTrainingListener() {
            @Override
            public void onGradientCalculation(Model model) {
              model
                  .gradient()
                  .gradientForVariable()
                  .forEach((key, value) -> learned.put(key, value.dup()));
            }
          });
      StreamingTrainer.builder(gle)
          .propagation(propagation)
          .presentationSteps(20)
          .build()
          .fit(data);
      backpropagation.setInput(data.getFeatures());
      backpropagation.setLabels(data.getLabels());
      backpropagation.computeGradientAndScore();
      for (String key : keys) {
        INDArray expected = backpropagation.gradient().getGradientFor(key).div(BATCH);
        assertTrue(expected.amaxNumber().doubleValue() > 1e-4, key);
        INDArray ours = learned.get(key);
        assertEquals(0, difference(expected.reshape(ours.shape()), ours), 1e-8, key);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void dropoutActsOnRatesAndErrorsAlikeAndOnlyInTraining(DataType dataType) {
    MultiLayerNetwork original =
        new MultiLayerNetwork(
            configuration(
                new Sgd(0),
                new GleDense.Builder()
                    .nIn(2)
                    .nOut(40)
                    .activation(Activation.TANH)
                    .timeConstants(TimeConstants.constant(1, 1))
                    .build(),
                new DropoutLayer.Builder(0.5).build(),
                readout(40, 3).build(),
                squares()));
    original.init();
    MultiLayerNetwork network = original.convertDataType(dataType);
    INDArray[] gradient = new INDArray[1];
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            gradient[0] = model.gradient().getGradientFor("2_W").dup();
          }
        });
    StreamingTrainer trainer =
        StreamingTrainer.builder(network).propagation(Propagation.SWEEP).build();
    INDArray x = gaussian(1, 1, 2);
    INDArray y = oneHot(1, 1, 3);
    trainer.step(x, y);
    INDArray error = trainer.state(0).get("q");
    int dropped = 0;
    for (int n = 0; n < 40; n++) {
      boolean isDropped = error.getDouble(0, n) == 0;
      assertEquals(isDropped, gradient[0].getDouble(n, 0) == 0, "neuron " + n);
      dropped += isDropped ? 1 : 0;
    }
    assertTrue(dropped > 5 && dropped < 35, dropped + " dropped");
    INDArray first = trainer.summedOutput(x.reshape(1, 2, 1), null);
    assertEquals(0, difference(first, trainer.summedOutput(x.reshape(1, 2, 1), null)));
  }

  @Test
  void aStepTakesAnImage() {
    MultiLayerNetwork network = new MultiLayerNetwork(poolings());
    network.init();
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    INDArray x = gaussian(1, BATCH, 2, 9, 8);
    trainer.step(x, oneHot(1, BATCH, 3));
    State<INDArray> state = trainer.state(0);
    trainer.resetState();
    trainer.step(x.dup('c').reshape('c', BATCH, 144), oneHot(1, BATCH, 3));
    assertEquals(3 * 8 * 6, state.get("u").size(1));
    assertEquals(BATCH, state.batch());
    assertNotEquals(0, state.get("u").sumNumber().doubleValue());
  }

  @Test
  void whatCannotBeStreamedIsRefused() {
    Layer gle = convolution(2, 2, 2).build();
    refused(
        "layer 1 is a BatchNormalization: GLE layers below one RnnLossLayer can be streamed, and"
            + " between them layers without parameters and state",
        gle,
        new BatchNormalization(),
        readout(0, 3).build(),
        classes());
    refused(
        "layer 0 is a SubsamplingLayer: the lowest layer must be a GLE layer",
        pooling(PoolingType.MAX, 2, 2).build(),
        gle,
        readout(0, 3).build(),
        classes());
    refused(
        "layer 1 is a ActivationLayer: the layer below the RnnLossLayer must be a GLE layer",
        gle,
        new ActivationLayer.Builder().activation(Activation.TANH).build(),
        classes());
    refused(
        "layer 1 pools by PNORM, which has no derivative where all rates are 0, as before the first"
            + " step: MAX and AVG are allowed",
        gle,
        pooling(PoolingType.PNORM, 2, 2).pnorm(2).build(),
        readout(0, 3).build(),
        classes());
    MultiLayerNetwork gamma =
        new MultiLayerNetwork(
            configuration(
                new Sgd(1), hidden(2).gamma(0.1).build(), readout(4, 3).build(), classes()));
    StreamingTrainer.Builder builder =
        StreamingTrainer.builder(gamma).propagation(Propagation.SWEEP);
    String message = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
    assertTrue(message.startsWith("propagation SWEEP with gamma > 0: "), message);
    builder.propagation(Propagation.DELAYED).build();
    assertEquals(
        "presentation of 0 steps: at least 1 is allowed",
        assertThrows(IllegalArgumentException.class, () -> builder.presentationSteps(0))
            .getMessage());
  }

  private static void refused(String part, Layer... layers) {
    MultiLayerNetwork network = new MultiLayerNetwork(network(new Sgd(1), layers));
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> StreamingTrainer.builder(network).build())
            .getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void featuresOfAnotherShapeAreRefused() {
    MultiLayerNetwork network = new MultiLayerNetwork(poolings());
    network.init();
    StreamingTrainer sequences = StreamingTrainer.builder(network).build();
    assertEquals(
        "features of shape [4, 2, 9, 8]: shape [batch, 144, time] or plain images with"
            + " presentationSteps is allowed",
        assertThrows(IllegalArgumentException.class, () -> sequences.fit(images())).getMessage());
    StreamingTrainer trainer = StreamingTrainer.builder(network).presentationSteps(2).build();
    DataSet other = new DataSet(gaussian(1, BATCH, 2, 9, 7), oneHot(2, BATCH, 3));
    assertEquals(
        "features of shape [4, 2, 9, 7]: shape [batch, 144, time] or [batch, 144] or such images,"
            + " presented for several steps, is allowed",
        assertThrows(IllegalArgumentException.class, () -> trainer.fit(other)).getMessage());
    DataSet broken = images();
    broken.getFeatures().putScalar(new long[] {1, 0, 0, 3}, Double.NaN);
    assertEquals(
        "features of sample 1, input 3, step 0 = NaN: finite numbers are allowed",
        assertThrows(IllegalArgumentException.class, () -> trainer.fit(broken)).getMessage());
    trainer.fit(images());
  }
}

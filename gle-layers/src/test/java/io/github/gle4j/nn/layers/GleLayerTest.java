// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.neurons;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.FeedbackWeights;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.train.Propagation;
import io.github.gle4j.train.StreamingTrainer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** GLE neurons behind layers of DL4J. */
class GleLayerTest {
  private static final int BATCH = 3;
  private static final int TIME = 6;

  private static MultiLayerNetwork network(DataType dataType, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(dataType)
            .weightInit(WeightInit.XAVIER)
            .updater(new Sgd(0.05))
            .list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    list.layer(readout(0, 3).build()).layer(classes());
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.convolutional(6, 5, 2)).build());
    network.init();
    return network;
  }

  /** The same network of native layers and of wrapped ones. */
  private static MultiLayerNetwork[] twins(DataType dataType) {
    MultiLayerNetwork own =
        network(
            dataType,
            neurons(new GleConvolution.Builder(3, 2).nOut(3)),
            neurons(new GleDense.Builder().nOut(4)));
    MultiLayerNetwork wrapped =
        network(
            dataType,
            neurons(new GleLayer.Builder(new ConvolutionLayer.Builder(3, 2).nOut(3).build())),
            neurons(new GleLayer.Builder(new DenseLayer.Builder().nOut(4).build())));
    assertEquals(own.numParams(), wrapped.numParams());
    wrapped.setParams(own.params().dup());
    return new MultiLayerNetwork[] {own, wrapped};
  }

  private static DataSet data() {
    return new DataSet(gaussian(1, BATCH, 60, TIME), everyStep(oneHot(2, BATCH, 3), TIME));
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void wrappedLayersLearnAsNativeOnes(DataType dataType) {
    double tolerance = dataType == DataType.FLOAT ? 1e-4 : 1e-12;
    for (Propagation propagation : Propagation.values()) {
      MultiLayerNetwork[] twins = twins(dataType);
      INDArray before = twins[0].params().dup();
      for (MultiLayerNetwork network : twins) {
        StreamingTrainer.builder(network)
            .propagation(propagation)
            .updateInterval(2)
            .build()
            .fit(data());
      }
      assertEquals(0, difference(twins[0].params(), twins[1].params()), tolerance);
      assertTrue(difference(before, twins[0].params()) > 1e-3);
    }
    MultiLayerNetwork[] twins = twins(dataType);
    for (MultiLayerNetwork network : twins) {
      network.fit(data());
    }
    assertEquals(0, difference(twins[0].params(), twins[1].params()), tolerance);
    INDArray x = data().getFeatures().castTo(dataType);
    assertEquals(0, difference(twins[0].output(x), twins[1].output(x)), tolerance);
  }

  private static MultiLayerNetwork others() {
    return network(
        DataType.DOUBLE,
        neurons(new GleLayer.Builder(new SeparableConvolution2D.Builder(2, 2).nOut(3).build())),
        neurons(new GleLayer.Builder(new Deconvolution2D.Builder(2, 2).nOut(2).build())));
  }

  @Test
  void otherLayersAreSavedAndCloned() throws IOException {
    MultiLayerNetwork network = others();
    network.fit(data());
    MultiLayerConfiguration conf = network.getLayerWiseConfigurations();
    assertEquals(conf, MultiLayerConfiguration.fromJson(conf.toJson()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, out, true);
    MultiLayerNetwork restored =
        ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(out.toByteArray()), true);
    INDArray x = data().getFeatures();
    INDArray expected = network.output(x);
    assertEquals(0, difference(expected, restored.output(x)));
    assertEquals(0, difference(expected, network.clone().output(x)));
    assertTrue(network.summary().contains("GleLayerImpl"), network.summary());
    for (int t = 0; t < TIME; t++) {
      INDArray now = network.rnnTimeStep(x.slice(t, 2).dup().reshape(BATCH, 60, 1));
      assertEquals(0, difference(expected.slice(t, 2), now.slice(0, 2)), 1e-13, "step " + t);
    }
  }

  @Test
  void gradientsOfOtherLayersAreExactWhereTimeConstantsAreEqual() {
    MultiLayerNetwork network =
        network(
            DataType.DOUBLE,
            equal(new GleLayer.Builder(new SeparableConvolution2D.Builder(2, 2).nOut(3).build())),
            equal(new GleLayer.Builder(new Deconvolution2D.Builder(2, 2).nOut(2).build())));
    network.setLearningRate(0);
    assertGradientIsExact(
        network, gaussian(1, 2, 2, 6, 5), oneHot(2, 2, 3), "0_W", "0_pW", "0_b", "1_W", "1_b");
  }

  private static Layer equal(GleLayer.Builder builder) {
    return builder
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.constant(0.7, 0.7))
        .build();
  }

  /** Of a stationary input, once it has settled; a few values of every parameter. */
  private static void assertGradientIsExact(
      MultiLayerNetwork network, INDArray x, INDArray y, String... keys) {
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    Map<String, INDArray> gradients = new HashMap<>();
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            model
                .gradient()
                .gradientForVariable()
                .forEach((key, gradient) -> gradients.put(key, gradient.dup('c')));
          }
        });
    for (int t = 0; t < 12; t++) {
      trainer.step(x, y);
    }
    double width = 1e-5;
    for (String key : keys) {
      INDArray gradient = gradients.get(key).reshape(-1);
      for (long i = 0; i < gradient.length(); i += 1 + gradient.length() / 5) {
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
          MultiLayerNetwork moved = network.clone();
          INDArray values = moved.getParam(key).dup('c');
          values.reshape(-1).putScalar(i, values.reshape(-1).getDouble(i) + (2 * side - 1) * width);
          moved.getParam(key).assign(values);
          StreamingTrainer other =
              StreamingTrainer.builder(moved).propagation(Propagation.SWEEP).build();
          other.step(x, y);
          losses[side] = moved.score();
        }
        double expected = (losses[1] - losses[0]) / (2 * width);
        assertEquals(expected, gradient.getDouble(i), 1e-6 * (1 + Math.abs(expected)), key);
      }
    }
  }

  @Test
  void layersThatCannotBeWrappedAreRefused() {
    refused(
        "GleLayer around a LSTM: feed-forward layers with nOut, that keep nothing",
        () -> new GleLayer.Builder(new LSTM.Builder().nOut(2).build()));
    refused(
        "GleLayer around a Convolution1DLayer: use GleConvolution.Builder(k), whose kernel of length k"
            + " slides over signals",
        () -> new GleLayer.Builder(new Convolution1DLayer.Builder(3).nOut(2).build()));
    refused(
        "GleLayer around a Convolution3D: three dimensions are not supported: layers of images",
        () -> new GleLayer.Builder(new Convolution3D.Builder(2, 2, 2).nOut(2).build()));
    refused(
        "GleLayer around a Deconvolution3D: three dimensions are not supported",
        () -> new GleLayer.Builder(new Deconvolution3D.Builder().kernelSize(2).nOut(2).build()));
    refused(
        "GleLayer around a BatchNormalization",
        () -> new GleLayer.Builder(new BatchNormalization()));
    refused(
        "GleLayer around a DenseLayer with an activation function",
        () ->
            new GleLayer.Builder(
                new DenseLayer.Builder().nOut(2).activation(Activation.TANH).build()));
    refused(
        "feedback fixedRandom(1): symmetric is allowed",
        () ->
            neurons(
                new GleLayer.Builder(new DenseLayer.Builder().nOut(2).build())
                    .feedback(FeedbackWeights.fixedRandom(1))));
    neurons(new GleLayer.Builder(new DenseLayer.Builder().nOut(2).build()));
  }

  private static void refused(String part, Runnable work) {
    String message = assertThrows(DL4JInvalidConfigException.class, work::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}

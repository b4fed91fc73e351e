// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.oneHot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.dropout.SpatialDropout;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToCnnPreProcessor;
import org.deeplearning4j.nn.conf.weightnoise.WeightNoise;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The gradient of whole networks, DL4J's layers among them, against finite differences, where the
 * two must agree: the input is constant and a label counts only after the output has settled and
 * while its error still reaches the lowest layer.
 */
class TrueGradientTest {
  private static final int BATCH = 3;
  private static final int TIME = 14;
  private static final double STEP = 1e-5;

  /** These neurons have no memory, so a stack of n settles in n steps. */
  private static GleDense.Builder gle(int outputs) {
    return new GleDense.Builder()
        .nOut(outputs)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.constant(0.8, 0.8));
  }

  private static Layer output(LossFunction loss, Activation activation) {
    return new RnnOutputLayer.Builder(loss).nOut(3).activation(activation).build();
  }

  private static Layer output() {
    return output(LossFunction.MCXENT, Activation.SOFTMAX);
  }

  private static Layer dense(int outputs) {
    return new DenseLayer.Builder().nOut(outputs).activation(Activation.SIGMOID).build();
  }

  private static GraphBuilder graph(int inputs) {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .dataType(DataType.DOUBLE)
        .weightInit(WeightInit.XAVIER)
        .updater(new Sgd(0.1))
        .graphBuilder()
        .addInputs("in")
        .setInputTypes(InputType.recurrent(inputs, TIME));
  }

  private static INDArray window() {
    INDArray mask = Nd4j.zeros(DataType.DOUBLE, BATCH, TIME);
    for (int t = 6; t < 9; t++) {
      mask.getColumn(t).assign(1);
    }
    return mask;
  }

  private static void compare(GraphBuilder builder) {
    ComputationGraph network = new ComputationGraph(builder.build());
    network.init();
    int outputs = network.getNumOutputArrays();
    INDArray[] labels = new INDArray[outputs];
    INDArray[] masks = new INDArray[outputs];
    for (int i = 0; i < outputs; i++) {
      labels[i] = everyStep(oneHot(i, BATCH, 3), TIME);
      masks[i] = window();
    }
    int inputs =
        (int) ((InputType.InputTypeRecurrent) builder.getNetworkInputTypes().get(0)).getSize();
    INDArray features = everyStep(gaussian(4, BATCH, inputs), TIME);
    MultiDataSet data = new MultiDataSet(new INDArray[] {features}, labels, null, masks);

    Nd4j.getRandom().setSeed(5);
    network.setInputs(features);
    network.setLabels(labels);
    network.setLayerMaskArrays(null, masks);
    network.computeGradientAndScore();
    INDArray gradient = network.gradient().gradient().dup().divi(BATCH);
    INDArray params = network.params();
    long i = 0;
    for (Map.Entry<String, INDArray> param : network.paramTable().entrySet()) {
      double largest = 0;
      for (long end = i + param.getValue().length(); i < end; i++) {
        if (param.getKey().contains("tau")) {
          continue; // not learned; they matter until the network has come to rest
        }
        double value = params.getDouble(i);
        params.putScalar(i, value + STEP);
        double above = score(network, data);
        params.putScalar(i, value - STEP);
        double below = score(network, data);
        params.putScalar(i, value);
        double expected = (above - below) / (2 * STEP);
        assertEquals(expected, gradient.getDouble(i), 1e-8, param.getKey());
        largest = Math.max(largest, Math.abs(expected));
      }
      assertTrue(param.getKey().contains("tau") || largest > 1e-4, param.getKey());
    }
    assertEquals(params.length(), i);
  }

  /** With the random numbers of dropout and weight noise drawn again. */
  private static double score(ComputationGraph network, MultiDataSet data) {
    Nd4j.getRandom().setSeed(5);
    return network.score(data, true);
  }

  @Test
  void ofGleLayersBetweenDenseLayers() {
    compare(
        graph(2)
            .addLayer("below", dense(3), "in")
            .addLayer("gle1", gle(4).build(), "below")
            .addLayer("between", dense(3), "gle1")
            .addLayer("gle2", gle(4).hasBias(false).build(), "between")
            .addLayer("out", output(), "gle2")
            .setOutputs("out"));
  }

  @Test
  void ofConvolutionOverTimeBelow() {
    compare(
        graph(2)
            .addLayer(
                "convolution",
                new Convolution1DLayer.Builder()
                    .kernelSize(3)
                    .convolutionMode(ConvolutionMode.Causal)
                    .nOut(3)
                    .activation(Activation.TANH)
                    .build(),
                "in")
            .addLayer("gle", gle(4).build(), "convolution")
            .addLayer("out", output(), "gle")
            .setOutputs("out"));
  }

  @Test
  void ofConvolutionOfEveryImageOfAVideoBelow() {
    compare(
        graph(36)
            .addLayer(
                "convolution",
                new ConvolutionLayer.Builder(3, 3)
                    .nIn(1)
                    .nOut(2)
                    .activation(Activation.TANH)
                    .build(),
                new RnnToCnnPreProcessor(6, 6, 1),
                "in")
            .addLayer(
                "pooling",
                new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build(),
                "convolution")
            .addLayer("gle", gle(4).nIn(8).build(), new CnnToRnnPreProcessor(2, 2, 2), "pooling")
            .addLayer("out", output(), "gle")
            .setOutputs("out"));
  }

  @Test
  void ofAGraphWithSkipConnectionsAndTwoOutputs() {
    compare(
        graph(2)
            .addLayer("gle1", gle(3).build(), "in")
            .addLayer("gle2", gle(3).build(), "gle1")
            .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "gle1", "gle2")
            .addLayer("gle3", gle(3).build(), "sum")
            .addVertex("merge", new MergeVertex(), "gle3", "in", "gle1")
            .addLayer("classes", output(), "merge")
            .addLayer("values", output(LossFunction.MSE, Activation.IDENTITY), "gle3")
            .setOutputs("classes", "values"));
  }

  @Test
  void withDropoutOfChannelsAndWeightNoise() {
    compare(
        graph(4)
            .addLayer("gle1", gle(4).dropOut(new SpatialDropout(0.7)).build(), "in")
            .addLayer("gle2", gle(3).dropOut(new SpatialDropout(0.7)).build(), "gle1")
            .addLayer(
                "gle3",
                gle(3)
                    .weightNoise(new WeightNoise(new NormalDistribution(0, 0.3), true, true))
                    .build(),
                "gle2")
            .addLayer("out", output(), "gle3")
            .setOutputs("out"));
  }
}

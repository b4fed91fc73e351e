// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.layers.GleDenseParamInitializer;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The exact gradient of a loss summed over samples and time steps, by backpropagation through time:
 * what the local errors of GLE are an approximation of. For stacks of {@link GleDense} with tanh or
 * identity below an {@link RnnLossLayer}, in double precision.
 */
final class ExactGradient {
  private ExactGradient() {}

  /**
   * The gradient by the weights and biases of every layer.
   *
   * @param data features [batch, inputs, time], labels [batch, outputs, time] and their mask
   * @return weights, then biases of each layer as one vector; lowest layer first
   */
  static List<INDArray> of(MultiLayerNetwork network, DataSet data) {
    List<INDArray> rates = network.feedForward(data.getFeatures());
    int layers = network.getnLayers() - 1;
    INDArray byRates = byOutputs(network, data, rates.get(layers));
    List<INDArray> gradients = new ArrayList<>();
    for (int l = layers - 1; l >= 0; l--) {
      Layer layer = network.getLayer(l);
      INDArray byCurrents = rows(throughNeurons(layer, rates.get(l + 1), byRates));
      INDArray byWeights = rows(rates.get(l)).transpose().mmul(byCurrents);
      gradients.add(0, Nd4j.toFlattened('f', byWeights, byCurrents.sum(0)));
      INDArray weights = layer.getParam(GleDenseParamInitializer.WEIGHT_KEY);
      byRates = sequence(byCurrents.mmul(weights.transpose()), data.getFeatures());
    }
    return gradients;
  }

  private static INDArray byOutputs(MultiLayerNetwork network, DataSet data, INDArray outputs) {
    RnnLossLayer top = (RnnLossLayer) network.getOutputLayer().conf().getLayer();
    INDArray mask = data.getLabelsMaskArray().dup('c').reshape('c', -1, 1);
    INDArray gradient =
        top.getLossFn()
            .computeGradient(rows(data.getLabels()), rows(outputs), top.getActivationFn(), mask);
    return sequence(gradient, outputs);
  }

  /**
   * Backwards in time through {@code r(k) = phi(u(k-1) + tauR u.(k)), u(k) = u(k-1) + dt u.(k), u.
   * = (I - u) / tauM}: from the gradient by the delayed rates to that by the currents I.
   */
  private static INDArray throughNeurons(Layer layer, INDArray rates, INDArray byRates) {
    GleDense conf = (GleDense) layer.conf().getLayer();
    double[] tauM = layer.getParam(GleDenseParamInitializer.TAU_M_KEY).toDoubleVector();
    double[] tauR = layer.getParam(GleDenseParamInitializer.TAU_R_KEY).toDoubleVector();
    double[] r = rates.dup('c').data().asDouble();
    double[] byR = byRates.dup('c').data().asDouble();
    int time = (int) rates.size(2);
    double[] byI = new double[r.length];
    for (int row = 0; row < r.length / time; row++) {
      int neuron = row % tauM.length;
      double ahead = tauR[neuron] / tauM[neuron];
      double step = conf.getDt() / tauM[neuron];
      double byU = 0;
      for (int k = (row + 1) * time - 2; k >= row * time; k--) {
        double byP = byR[k + 1] * slope(conf, r[k + 1]); // the rate of step k is seen in k + 1
        byI[k] = ahead * byP + step * byU;
        byU = (1 - ahead) * byP + (1 - step) * byU;
      }
    }
    return Nd4j.createFromArray(byI).reshape('c', rates.shape());
  }

  /** The derivative of the activation function where it has the value {@code rate}. */
  private static double slope(GleDense conf, double rate) {
    if (conf.getActivationFn() instanceof ActivationTanH) {
      return 1 - rate * rate;
    }
    if (conf.getActivationFn() instanceof ActivationIdentity) {
      return 1;
    }
    throw new IllegalArgumentException(
        "activation " + conf.getActivationFn() + ": tanh and identity are allowed");
  }

  /** [batch, size, time] as [batch * time, size]. */
  private static INDArray rows(INDArray sequence) {
    return sequence.permute(0, 2, 1).dup('c').reshape('c', -1, sequence.size(1));
  }

  /** [batch * time, size] as [batch, size, time], batch and time being those of {@code like}. */
  private static INDArray sequence(INDArray rows, INDArray like) {
    return rows.dup('c').reshape('c', like.size(0), like.size(2), rows.size(1)).permute(0, 2, 1);
  }
}

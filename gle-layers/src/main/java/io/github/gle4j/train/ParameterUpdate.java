// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Turns the gradients that the layers have added up into an update of the parameters, in the order
 * of DL4J's own solver: normalisation, updater, listeners, constraints.
 */
final class ParameterUpdate {
  private final MultiLayerNetwork network;
  private final MultiLayerUpdater updater;
  private final INDArray gradients;
  private final Gradient gradientsByName;

  /** Starts with gradients of zero. */
  ParameterUpdate(MultiLayerNetwork network) {
    this.network = network;
    if (network.getFlattenedGradients() == null) {
      network.initGradientsView(); // only once: the updater keeps views of it
    }
    updater = (MultiLayerUpdater) network.getUpdater();
    gradients = network.getFlattenedGradients();
    gradients.assign(0);
    gradientsByName = byName();
  }

  /**
   * Updates the parameters and sets the gradients to zero.
   *
   * @param batch number of samples the gradients are sums over
   * @throws NonFiniteException when a gradient is infinite or not a number; the parameters are then
   *     unchanged and the gradients zero
   */
  void apply(long batch) {
    int iteration = network.getIterationCount();
    int epoch = network.getEpochCount();
    try (MemoryWorkspace memory = StepMemory.open()) {
      requireFinite(iteration);
      if (network.conf().isMiniBatch()) {
        gradients.divi(batch);
      }
    }
    List<TrainingListener> listeners = new ArrayList<>(network.getListeners());
    if (!listeners.isEmpty()) {
      network.setGradient(gradientsByName);
      listeners.forEach(listener -> listener.onGradientCalculation(network));
    }
    try (MemoryWorkspace memory = StepMemory.open()) {
      for (Layer layer : network.getLayers()) {
        if (layer.getConfig().getGradientNormalization() != GradientNormalization.None) {
          updater.preApply(layer, of(layer), iteration);
        }
      }
      for (UpdaterBlock block : updater.getUpdaterBlocks()) {
        block.update(iteration, epoch);
      }
      network.params().subi(gradients.reshape(network.params().shape()));
    }
    listeners.forEach(listener -> listener.onBackwardPass(network));
    listeners.forEach(listener -> listener.iterationDone(network, iteration, epoch));
    network.setIterationCount(iteration + 1);
    network.applyConstraints(iteration, epoch);
    gradients.assign(0);
  }

  private void requireFinite(int iteration) {
    if (isFinite(gradients)) {
      return;
    }
    for (int l = 0; l < network.getnLayers(); l++) {
      for (Map.Entry<String, INDArray> gradient :
          of(network.getLayer(l)).gradientForVariable().entrySet()) {
        if (!isFinite(gradient.getValue())) {
          gradients.assign(0);
          throw new NonFiniteException(
              "the gradient of "
                  + gradient.getKey()
                  + " in layer "
                  + l
                  + " is not finite at update "
                  + iteration
                  + "; the parameters are those before it. Is the learning rate too high?");
        }
      }
    }
  }

  private static boolean isFinite(INDArray array) {
    return Double.isFinite(array.sumNumber().doubleValue());
  }

  /** Views of all gradients under DL4J's names, such as 0_W. */
  private Gradient byName() {
    Gradient all = new DefaultGradient(gradients);
    for (int l = 0; l < network.getnLayers(); l++) {
      String prefix = l + "_";
      of(network.getLayer(l))
          .gradientForVariable()
          .forEach((key, view) -> all.gradientForVariable().put(prefix + key, view));
    }
    return all;
  }

  /** Views of a layer's gradients by parameter key. */
  private static Gradient of(Layer layer) {
    Gradient gradient = new DefaultGradient();
    if (layer.getGradientsViewArray() != null) {
      layer
          .conf()
          .getLayer()
          .initializer()
          .getGradientsFromFlattened(layer.conf(), layer.getGradientsViewArray())
          .forEach((key, view) -> gradient.gradientForVariable().put(key, view));
    }
    return gradient;
  }
}

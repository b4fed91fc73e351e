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
  private Gradient gradientsByName;

  ParameterUpdate(MultiLayerNetwork network) {
    this.network = network;
    if (network.getFlattenedGradients() == null) {
      network.initGradientsView(); // only once: the updater keeps views of it
    }
  }

  /** Sets the gradients, whatever DL4J or another trainer left in them, to zero. */
  void begin() {
    network.getFlattenedGradients().assign(0);
  }

  /**
   * Updates the parameters.
   *
   * @param batch number of samples the gradients are sums over
   * @throws NonFiniteException when a gradient or an update is infinite or not a number; the
   *     parameters are then unchanged
   */
  void apply(long batch) {
    INDArray gradients = network.getFlattenedGradients();
    MultiLayerUpdater updater = (MultiLayerUpdater) network.getUpdater();
    int iteration = network.getIterationCount();
    int epoch = network.getEpochCount();
    try (MemoryWorkspace memory = StepMemory.open()) {
      requireFinite("gradient", gradients, iteration);
      if (network.conf().isMiniBatch()) {
        gradients.divi(batch);
      }
    }
    List<TrainingListener> listeners = new ArrayList<>(network.getListeners());
    if (!listeners.isEmpty()) {
      network.setGradient(byName(gradients));
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
      requireFinite("update", gradients, iteration);
      network.params().subi(gradients.reshape(network.params().shape()));
    }
    listeners.forEach(listener -> listener.onBackwardPass(network));
    listeners.forEach(listener -> listener.iterationDone(network, iteration, epoch));
    network.setIterationCount(iteration + 1);
    network.applyConstraints(iteration, epoch);
  }

  private void requireFinite(String what, INDArray gradients, int iteration) {
    if (Double.isFinite(gradients.sumNumber().doubleValue())) {
      return; // a sum may overflow though its terms are finite, not the other way round
    }
    for (int l = 0; l < network.getnLayers(); l++) {
      for (Map.Entry<String, INDArray> gradient :
          of(network.getLayer(l)).gradientForVariable().entrySet()) {
        if (!isFinite(gradient.getValue())) {
          throw new NonFiniteException(
              "the %s of %s in layer %d is not finite at update %d; the parameters are those before"
                      .formatted(what, gradient.getKey(), l, iteration)
                  + " it. Is the learning rate too high? Before going on, call resetState() or"
                  + " restoreState(): the neurons may have taken damage");
        }
      }
    }
  }

  private static boolean isFinite(INDArray array) {
    for (double value : array.dup().data().asDouble()) {
      if (!Double.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Views of all gradients under DL4J's names, such as 0_W. */
  private Gradient byName(INDArray gradients) {
    if (gradientsByName != null && gradientsByName.gradient() == gradients) {
      return gradientsByName;
    }
    Gradient all = new DefaultGradient(gradients);
    for (int l = 0; l < network.getnLayers(); l++) {
      String prefix = l + "_";
      of(network.getLayer(l))
          .gradientForVariable()
          .forEach((key, view) -> all.gradientForVariable().put(prefix + key, view));
    }
    gradientsByName = all;
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

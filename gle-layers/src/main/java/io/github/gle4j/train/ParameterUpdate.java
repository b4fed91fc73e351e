// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.layers.Finite;
import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the gradients that the layers have added up into an update of the parameters, in the order
 * of DL4J's own solver: normalisation, updater, listeners, constraints.
 */
final class ParameterUpdate {
  private static final Logger LOG = LoggerFactory.getLogger(StreamingTrainer.class);

  private final MultiLayerNetwork network;
  private final boolean hasConstraints;
  private Gradient gradientsByName;
  private String told; // what the log says already

  ParameterUpdate(MultiLayerNetwork network) {
    this.network = network;
    if (network.getFlattenedGradients() == null) {
      network.initGradientsView(); // only once: the updater keeps views of it
    }
    boolean constrained = false;
    for (Layer layer : network.getLayers()) {
      List<?> constraints = layer.conf().getLayer().getConstraints();
      constrained |= constraints != null && !constraints.isEmpty();
    }
    hasConstraints = constrained;
  }

  /** Sets the gradients, whatever DL4J or another trainer left in them, to zero. */
  void begin() {
    network.getFlattenedGradients().assign(0);
  }

  /**
   * Updates the parameters.
   *
   * @param batch number of samples the gradients are sums over
   * @param step of the sequences at hand, for the message
   * @throws NonFiniteException when a gradient or an update is infinite or not a number; the
   *     parameters are then unchanged
   */
  void apply(long batch, long step) {
    INDArray gradients = network.getFlattenedGradients();
    MultiLayerUpdater updater = (MultiLayerUpdater) network.getUpdater();
    int iteration = network.getIterationCount();
    int epoch = network.getEpochCount();
    requireFinite("gradient", step);
    announceGradient(batch);
    try (MemoryWorkspace memory = StepMemory.open()) {
      for (Layer layer : network.getLayers()) {
        if (layer.getConfig().getGradientNormalization() != GradientNormalization.None) {
          updater.preApply(layer, of(layer), iteration);
        }
      }
      for (UpdaterBlock block : updater.getUpdaterBlocks()) {
        if (!isHeld(block)) {
          block.update(iteration, epoch);
        }
      }
      requireFinite("update", step);
      network.params().subi(gradients.reshape(network.params().shape()));
    }
    announceUpdate();
  }

  /** Whether someone looks at every update, or sets limits to its outcome. */
  boolean isAttended() {
    return hasConstraints || !network.getListeners().isEmpty();
  }

  /** Turns the gradients into means over the batch and shows them to the listeners. */
  void announceGradient(long batch) {
    INDArray gradients = network.getFlattenedGradients();
    hold();
    if (network.conf().isMiniBatch()) {
      gradients.divi(batch);
    }
    if (!network.getListeners().isEmpty()) {
      network.setGradient(byName(gradients));
      for (TrainingListener listener : new ArrayList<>(network.getListeners())) {
        listener.onGradientCalculation(network);
      }
    }
  }

  /** Shows the updated parameters to the listeners, counts the update, applies constraints. */
  void announceUpdate() {
    int iteration = network.getIterationCount();
    int epoch = network.getEpochCount();
    List<TrainingListener> listeners = new ArrayList<>(network.getListeners());
    listeners.forEach(listener -> listener.onBackwardPass(network));
    listeners.forEach(listener -> listener.iterationDone(network, iteration, epoch));
    network.setIterationCount(iteration + 1);
    network.applyConstraints(iteration, epoch);
  }

  /**
   * The updates of all parameters in Java.
   *
   * @return those of each layer below the loss layer; null when one of them needs DL4J's own way,
   *     which the log then tells
   */
  FusedUpdater[][] fusedUpdaters() {
    String obstacle = obstacle();
    if (obstacle != null && !obstacle.equals(told)) {
      told = obstacle;
      LOG.warn("Updates go through DL4J's updaters, which is slower: {}", obstacle);
    }
    if (obstacle != null) {
      return null;
    }
    List<List<FusedUpdater>> updaters = new ArrayList<>();
    for (int l = 0; l < network.getnLayers(); l++) {
      updaters.add(new ArrayList<>());
    }
    for (UpdaterBlock block : ((MultiLayerUpdater) network.getUpdater()).getUpdaterBlocks()) {
      for (UpdaterBlock.ParamState state : block.getLayersAndVariablesInBlock()) {
        Layer layer = (Layer) state.getLayer();
        if (!isHeld(block)) {
          updaters.get(layer.getIndex()).add(new FusedUpdater(block, state));
        }
      }
    }
    return updaters.stream()
        .map(ofLayer -> ofLayer.toArray(FusedUpdater[]::new))
        .toArray(FusedUpdater[][]::new);
  }

  /** What only DL4J's own updaters can do, or null. */
  private String obstacle() {
    for (Layer layer : network.getLayers()) {
      String where = " in layer " + layer.getIndex();
      if (layer.getConfig().getGradientNormalization() != GradientNormalization.None) {
        return "gradient normalisation" + where;
      }
      for (String key : layer.paramTable().keySet()) {
        List<Regularization> regularization = layer.getConfig().getRegularizationByParam(key);
        IUpdater updater = layer.getConfig().getUpdaterByParam(key);
        if (regularization != null && !regularization.isEmpty()) {
          return "regularisation of " + key + where;
        }
        if (!(updater instanceof NoOp) && UpdateRule.of(updater).isEmpty()) {
          return updater.getClass().getSimpleName() + " for " + key + where;
        }
      }
    }
    return null;
  }

  /**
   * Whether parameters stay as they are: of frozen layers, time constants that are not learned, and
   * wherever the updater is NoOp. DL4J's own would subtract their bare gradient.
   */
  private static boolean isHeld(UpdaterBlock block) {
    UpdaterBlock.ParamState first = block.getLayersAndVariablesInBlock().get(0);
    return first.getLayer().getConfig().getUpdaterByParam(first.getParamName()) instanceof NoOp;
  }

  /** Forgets the gradients of parameters that stay as they are. */
  private void hold() {
    for (UpdaterBlock block : ((MultiLayerUpdater) network.getUpdater()).getUpdaterBlocks()) {
      if (isHeld(block)) {
        block.getLayersAndVariablesInBlock().forEach(held -> held.getGradView().assign(0));
      }
    }
  }

  /**
   * Refuses parameters and updater states that are not finite, whoever made them so.
   *
   * @throws IllegalStateException naming the parameter
   */
  void requireFiniteNetwork() {
    MultiLayerUpdater updater = (MultiLayerUpdater) network.getUpdater();
    if (!Finite.all(network.params())) {
      requireFiniteParameters();
    }
    if (updater.getStateViewArray() != null && !Finite.all(updater.getStateViewArray())) {
      updater.getUpdaterBlocks().forEach(ParameterUpdate::requireFiniteState);
    }
  }

  private void requireFiniteParameters() {
    for (Layer layer : network.getLayers()) {
      layer
          .paramTable()
          .forEach(
              (key, value) -> {
                if (!Finite.all(value)) {
                  throw notFinite("parameter " + key, layer.getIndex());
                }
              });
    }
  }

  private static void requireFiniteState(UpdaterBlock block) {
    GradientUpdater<?> updater = block.getGradientUpdater();
    if (updater.getConfig().stateSize(1) == 0) {
      return;
    }
    for (Map.Entry<String, INDArray> state : updater.getState().entrySet()) {
      INDArray values = state.getValue().reshape(state.getValue().length());
      for (UpdaterBlock.ParamState of : block.getLayersAndVariablesInBlock()) {
        int from = of.getParamOffsetStart() - block.getParamOffsetStart();
        int to = of.getParamOffsetEnd() - block.getParamOffsetStart();
        if (!Finite.all(values.get(NDArrayIndex.interval(from, to)))) {
          throw notFinite(
              "updater state " + state.getKey() + " of parameter " + of.getParamName(),
              ((Layer) of.getLayer()).getIndex());
        }
      }
    }
  }

  private static IllegalStateException notFinite(String what, int layer) {
    return new IllegalStateException(
        String.format(
            Locale.ROOT, "%s of layer %d is not finite: set it to finite values", what, layer));
  }

  /** A softmax hides what is infinite. */
  void requireFiniteOutput(INDArray output, int layer, long step) {
    if (!Finite.all(output)) {
      throw NonFiniteException.of("output", layer, step, network.getIterationCount());
    }
  }

  /** What the next step reads. */
  void requireFiniteState(State<INDArray> state, int layer, long step) {
    String quantity = Finite.firstNot(state);
    if (quantity != null) {
      throw NonFiniteException.of(quantity, layer, step, network.getIterationCount());
    }
  }

  private void requireFinite(String what, long step) {
    if (Finite.all(network.getFlattenedGradients())) {
      return;
    }
    for (Layer layer : network.getLayers()) {
      gradients(layer)
          .forEach(
              (key, value) -> {
                if (!Finite.all(value)) {
                  throw NonFiniteException.of(
                      what + " of " + key, layer.getIndex(), step, network.getIterationCount());
                }
              });
    }
  }

  /** Views of all gradients under DL4J's names, such as 0_W. */
  private Gradient byName(INDArray gradients) {
    if (gradientsByName != null && gradientsByName.gradient() == gradients) {
      return gradientsByName;
    }
    Gradient all = new DefaultGradient(gradients);
    for (Layer layer : network.getLayers()) {
      String prefix = layer.getIndex() + "_";
      gradients(layer).forEach((key, view) -> all.gradientForVariable().put(prefix + key, view));
    }
    gradientsByName = all;
    return all;
  }

  private static Gradient of(Layer layer) {
    Gradient gradient = new DefaultGradient();
    gradients(layer).forEach((key, view) -> gradient.gradientForVariable().put(key, view));
    return gradient;
  }

  /** Views of a layer's gradients by parameter key; none of a frozen layer. */
  static Map<String, INDArray> gradients(Layer layer) {
    return Frozen.is(layer) || layer.getGradientsViewArray() == null
        ? Map.of()
        : layer
            .conf()
            .getLayer()
            .initializer()
            .getGradientsFromFlattened(layer.conf(), layer.getGradientsViewArray());
  }
}

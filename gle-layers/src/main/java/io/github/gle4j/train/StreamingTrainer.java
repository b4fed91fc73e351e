// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.common.primitives.Pair;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Trains a network of GLE layers from a stream: in every time step each layer reads its neighbours'
 * previous values, updates its neurons, computes its local gradient and applies the updater (GLE
 * Algorithm 1). No past is stored and nothing is propagated back through time.
 *
 * <p>The network's layers are GLE layers below a parameterless {@link RnnLossLayer}, whose loss
 * function and activation define the error; the step's output, which the label is compared with, is
 * the top GLE layer's rate of the step before. DL4J's updaters, schedules, regularisation, gradient
 * normalisation, constraints and {@link TrainingListener}s apply, one iteration being one parameter
 * update; the network's score is the step's loss per sample and the regularisation. Gradients are
 * averaged over the batch, unless the network was configured with {@code miniBatch(false)}.
 *
 * <p>Sequences are [batch, inputs, time] with labels [batch, outputs], which then count in every
 * step, or [batch, outputs, time]. A sample stands still, unchanged, where its features mask is 0;
 * a label counts where its mask is 1 (without one: where the features mask is).
 *
 * <p>Not safe for use by several threads.
 */
public final class StreamingTrainer {
  private final MultiLayerNetwork network;
  private final double beta;
  private final int updateInterval;
  private final boolean carryState;
  private final ReduceOnPlateau plateau;
  private final DataSetIterator plateauData;
  private final BooleanSupplier stopWhen;

  private final RnnLossLayer top;
  private final long inputs;
  private final long outputs;
  private final boolean errorsMoveMembranes;
  private final LayerStack live;
  private final ParameterUpdate update;
  private int pendingSteps;
  private long pendingBatch;

  private StreamingTrainer(Builder builder) {
    network = builder.network;
    beta = builder.beta;
    updateInterval = builder.updateInterval;
    carryState = builder.carryState;
    plateau = builder.plateau;
    plateauData = builder.plateauData;
    stopWhen = builder.stopWhen;
    if (!network.isInitCalled()) {
      network.init();
    }
    List<StreamingLayer> layers = StreamingNetworks.layers(network);
    top = StreamingNetworks.top(network);
    inputs = network.layerInputSize(0);
    outputs = network.layerSize(layers.size() - 1);
    errorsMoveMembranes =
        Arrays.stream(network.getLayers())
            .map(layer -> layer.conf().getLayer())
            .anyMatch(conf -> conf instanceof GleDense dense && dense.getGamma() != 0);
    live = new LayerStack(layers, network.params().dataType(), outputs);
    update = new ParameterUpdate(network);
    if (plateau != null) {
      LearningRates.requireFixed(network);
    }
  }

  /**
   * Starts a trainer's configuration.
   *
   * @param network initialised or not; it is trained in place
   * @return a builder
   */
  public static Builder builder(MultiLayerNetwork network) {
    return new Builder(network);
  }

  /**
   * Trains for some epochs. Calls, as DL4J's fit does, the listeners' {@code onEpochStart}, {@code
   * iterationDone} after every update and {@code onEpochEnd}.
   *
   * @param iterator sequences with labels
   * @param epochs number of passes, at least 1
   * @return the last epoch as it was seen while learning: every prediction was made before its
   *     label was used
   * @throws IllegalArgumentException when arrays do not fit the network or each other
   * @throws NonFiniteException when a gradient or an update is infinite or not a number
   */
  public StreamingResult fit(DataSetIterator iterator, int epochs) {
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs = " + epochs + ": at least 1 is allowed");
    }
    if (epochs > 1 && !iterator.resetSupported()) {
      throw new IllegalArgumentException(
          "epochs = " + epochs + ": 1 is allowed with an iterator that cannot be reset");
    }
    Evaluation evaluation = new Evaluation();
    Tally tally = null;
    for (int epoch = 0; epoch < epochs && !stopWhen.getAsBoolean(); epoch++) {
      evaluation = new Evaluation();
      tally = new Tally(top.getActivationFn(), evaluation);
      if (iterator.resetSupported()) {
        iterator.reset();
      }
      network.getListeners().forEach(listener -> listener.onEpochStart(network));
      boolean complete = true;
      while (complete && iterator.hasNext()) {
        complete = fit(iterator.next(), tally);
      }
      finishUpdate();
      if (complete) {
        network.getListeners().forEach(listener -> listener.onEpochEnd(network));
        network.incrementEpochCount();
        if (plateau != null) {
          multiplyLearningRate(plateau.observe(evaluate(plateauData).loss()));
        }
      }
    }
    return new StreamingResult(tally == null ? Double.NaN : tally.meanLoss(), evaluation);
  }

  /**
   * Trains on one batch of sequences, from its first time step to its last.
   *
   * @param data sequences with labels
   * @return the batch as it was seen while learning
   * @throws IllegalArgumentException when arrays do not fit the network or each other
   * @throws NonFiniteException when a gradient or an update is infinite or not a number
   */
  public StreamingResult fit(DataSet data) {
    Evaluation evaluation = new Evaluation();
    Tally tally = new Tally(top.getActivationFn(), evaluation);
    fit(data, tally);
    finishUpdate();
    return new StreamingResult(tally.meanLoss(), evaluation);
  }

  /** Returns whether the sequences were learned from to their end. */
  private boolean fit(DataSet data, Tally tally) {
    SequenceSteps steps = steps(data);
    if (!steps.hasLabels()) {
      throw new IllegalArgumentException("labels are null: fit needs a label for every sequence");
    }
    if (!carryState) {
      live.reset();
    }
    showListeners(data.getFeatures(), data.getLabels());
    tally.begin(steps, outputs);
    live.setBatch(steps.batch());
    for (long t = 0; t < steps.time(); t++) {
      if (stopWhen.getAsBoolean()) {
        return false;
      }
      beginLearning(steps.batch());
      try (MemoryWorkspace memory = StepMemory.open()) {
        double loss =
            advance(
                steps.features(t),
                steps.labels(t),
                steps.featuresMask(t),
                steps.labelsMask(t),
                true,
                tally,
                t);
        setScore(loss, steps.batch());
      }
      endLearning();
    }
    tally.end();
    return true;
  }

  /**
   * Advances the network by one time step of a live stream and learns from it.
   *
   * @param features this step's input, [batch, inputs]; the batch may differ from that of the step
   *     before: fewer samples keep the first rows of every state, more repeat them cyclically
   * @param labels this step's target, [batch, outputs]; null: there is none, and only the errors
   *     still under way are learned from
   * @return what the target was compared with, the top GLE layer's rates before this step, [batch,
   *     outputs], as a copy; apply the loss layer's activation to turn them into probabilities
   * @throws IllegalArgumentException when an array does not fit the network
   * @throws NonFiniteException when a gradient or an update is infinite or not a number
   */
  public INDArray step(INDArray features, INDArray labels) {
    return step(features, labels, true);
  }

  /**
   * Advances the network by one time step of a live stream.
   *
   * @param features as for {@link #step(INDArray, INDArray)}
   * @param labels as for {@link #step(INDArray, INDArray)}
   * @param learn false: the states advance, errors included, and no parameter changes
   * @return as for {@link #step(INDArray, INDArray)}
   * @throws IllegalArgumentException when an array does not fit the network
   * @throws NonFiniteException when a gradient or an update is infinite or not a number
   */
  public INDArray step(INDArray features, INDArray labels, boolean learn) {
    requireMatrix("features", features, null, inputs);
    long batch = features.size(0);
    if (labels != null) {
      requireMatrix("labels", labels, batch, outputs);
    }
    if (!Double.isFinite(features.sumNumber().doubleValue())) {
      throw new IllegalArgumentException("features " + features + ": finite numbers are allowed");
    }
    if (learn) {
      beginLearning(batch);
    }
    live.setBatch(batch);
    INDArray output = live.output().dup();
    showListeners(features, labels == null ? output : labels);
    try (MemoryWorkspace memory = StepMemory.open()) {
      INDArray x = features.castTo(output.dataType()).dup('f');
      INDArray y = labels == null ? null : labels.castTo(output.dataType());
      double loss = advance(x, y, null, null, learn, null, 0);
      if (labels != null) {
        setScore(loss, batch);
      }
    }
    if (learn) {
      endLearning();
    }
    return output;
  }

  /** Listeners ask the network for the batch size, which DL4J takes from both arrays. */
  private void showListeners(INDArray features, INDArray labels) {
    network.setInput(features);
    network.setLabels(labels);
  }

  /** One step of the live network; returns the loss summed over the samples. */
  private double advance(
      INDArray x,
      INDArray labels,
      INDArray featuresMask,
      INDArray labelsMask,
      boolean learn,
      Tally tally,
      long t) {
    INDArray output = live.output();
    double loss = 0;
    INDArray error = null;
    if (labels != null) {
      Pair<Double, INDArray> scored =
          top.getLossFn()
              .computeGradientAndScore(
                  labels, output.dup(), top.getActivationFn(), labelsMask, false);
      loss = scored.getFirst();
      error = scored.getSecond().castTo(output.dataType()).mul(-beta);
    }
    if (tally != null) {
      tally.add(t, output, loss);
    }
    live.step(x, error, featuresMask, learn);
    return loss;
  }

  /**
   * Loss and classification on data that is not learned from. No parameter and no state of the
   * trainer changes: a copy of the neurons goes on from where training stands, or starts from zero
   * for every batch when state is not carried.
   *
   * @param iterator sequences with labels
   * @return loss and evaluation
   * @throws IllegalArgumentException when arrays do not fit the network or each other
   */
  public StreamingResult evaluate(DataSetIterator iterator) {
    Evaluation evaluation = new Evaluation();
    return new StreamingResult(doEvaluation(iterator, evaluation), evaluation);
  }

  /**
   * As {@link #evaluate}, with any of DL4J's evaluations. They see the loss layer's activations: of
   * every step for labels per step, of the outputs summed over time for labels per sequence.
   *
   * @param iterator sequences with labels
   * @param evaluations filled by this call
   * @return the loss averaged over samples and time steps with a label
   * @throws IllegalArgumentException when arrays do not fit the network or each other
   */
  public double doEvaluation(DataSetIterator iterator, IEvaluation<?>... evaluations) {
    if (iterator.resetSupported()) {
      iterator.reset();
    }
    LayerStack neurons = live.copy();
    Tally tally = new Tally(top.getActivationFn(), evaluations);
    while (iterator.hasNext()) {
      infer(neurons, steps(iterator.next()), tally);
    }
    return tally.meanLoss();
  }

  /**
   * Predicts the class of every sequence: the one whose output, summed over time, is the largest.
   * Changes no parameter and no state of the trainer.
   *
   * @param features [batch, inputs, time]
   * @return one class per sequence
   * @throws IllegalArgumentException when the features do not fit the network
   */
  public int[] predict(INDArray features) {
    return summedOutput(features, null).argMax(1).toIntVector();
  }

  /**
   * The network's outputs, before the loss layer's activation, summed over the time steps of every
   * sequence. Changes no parameter and no state of the trainer.
   *
   * @param features [batch, inputs, time]
   * @param featuresMask [batch, time], or null
   * @return [batch, outputs]
   * @throws IllegalArgumentException when the arrays do not fit the network or each other
   */
  public INDArray summedOutput(INDArray features, INDArray featuresMask) {
    Tally tally = new Tally(top.getActivationFn());
    infer(live.copy(), steps(features, null, featuresMask, null), tally);
    return tally.sum();
  }

  private void infer(LayerStack neurons, SequenceSteps steps, Tally tally) {
    if (!carryState) {
      neurons.reset();
    }
    neurons.setBatch(steps.batch());
    tally.begin(steps, outputs);
    for (long t = 0; t < steps.time(); t++) {
      try (MemoryWorkspace memory = StepMemory.open()) {
        INDArray output = neurons.output();
        double loss =
            steps.hasLabels()
                ? top.getLossFn()
                    .computeScore(
                        steps.labels(t),
                        output.dup(),
                        top.getActivationFn(),
                        steps.labelsMask(t),
                        false)
                : 0;
        tally.add(t, output, loss);
        if (errorsMoveMembranes) {
          neurons.step(steps.features(t), null, steps.featuresMask(t), false);
        } else {
          neurons.infer(steps.features(t), steps.featuresMask(t));
        }
      }
    }
    tally.end();
  }

  /**
   * Multiplies the learning rates of all updaters, keeping their states.
   *
   * @param factor positive
   * @throws IllegalArgumentException when the factor is not positive and finite
   * @throws IllegalStateException when an updater has a learning-rate schedule
   */
  public void multiplyLearningRate(double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "factor = " + factor + " of the learning rate: a positive, finite number is allowed");
    }
    if (factor != 1) {
      LearningRates.multiply(network, factor);
    }
  }

  /**
   * The learning rate of the lowest layer's first parameter, at the next update.
   *
   * @return NaN when its updater has none
   */
  public double learningRate() {
    return LearningRates.first(network, network.getIterationCount(), network.getEpochCount());
  }

  /** Sets the states of all neurons to those before the first step. */
  public void resetState() {
    live.reset();
  }

  /**
   * The state of a layer's neurons.
   *
   * @param layer index, the lowest GLE layer being 0
   * @return the live state, which the next step changes
   * @throws IllegalStateException before the first step
   */
  public NeuronState state(int layer) {
    if (live.states().isEmpty()) {
      throw new IllegalStateException("there is no state before the first step");
    }
    return live.states().get(layer);
  }

  /**
   * Copies of all states, for {@link #restoreState} or, layer by layer, for the network's {@code
   * rnnSetPreviousState}.
   *
   * @return one map per GLE layer, lowest first; empty before the first step
   */
  public List<Map<String, INDArray>> saveState() {
    return live.states().stream().map(NeuronState::save).toList();
  }

  /**
   * Goes on from saved states.
   *
   * @param saved what {@link #saveState} returned
   * @throws IllegalArgumentException when they do not fit the network; nothing changes then
   */
  public void restoreState(List<Map<String, INDArray>> saved) {
    int layers = network.getnLayers() - 1;
    if (!saved.isEmpty() && saved.size() != layers) {
      throw new IllegalArgumentException(
          "saved states of " + saved.size() + " layers: the network has " + layers);
    }
    List<NeuronState> states = saved.stream().map(NeuronState::restore).toList();
    for (int l = 0; l < states.size(); l++) {
      requireMatrix(
          "saved u of layer " + l, states.get(l).u(), states.get(0).batch(), network.layerSize(l));
      requireMatrix(
          "saved f of layer " + l,
          states.get(l).f(),
          states.get(0).batch(),
          network.layerInputSize(l));
    }
    live.set(states);
  }

  /**
   * The network that is trained.
   *
   * @return the one given to the builder
   */
  public MultiLayerNetwork network() {
    return network;
  }

  /**
   * Applies the gradients of an update interval that is not complete. {@code fit} does so at its
   * end; call it at the end of a stream of {@link #step}s. Without such gradients it does nothing.
   *
   * @throws NonFiniteException when a gradient or an update is infinite or not a number
   */
  public void finishUpdate() {
    if (pendingSteps > 0) {
      pendingSteps = 0;
      update.apply(pendingBatch);
    }
  }

  /**
   * Gradients are means over the batch, so an update interval ends where the batch size changes.
   */
  private void beginLearning(long batch) {
    if (batch != pendingBatch) {
      finishUpdate();
    }
    if (pendingSteps == 0) {
      update.begin();
    }
    pendingBatch = batch;
  }

  private void endLearning() {
    if (++pendingSteps >= updateInterval) {
      finishUpdate();
    }
  }

  private void setScore(double loss, long batch) {
    network.setScore(loss / batch + network.calcRegularizationScore(true));
  }

  private SequenceSteps steps(DataSet data) {
    return steps(
        data.getFeatures(),
        data.getLabels(),
        data.getFeaturesMaskArray(),
        data.getLabelsMaskArray());
  }

  private SequenceSteps steps(
      INDArray features, INDArray labels, INDArray featuresMask, INDArray labelsMask) {
    return new SequenceSteps(
        StreamingNetworks.inputFormat(network) == RNNFormat.NWC
            ? channelsFirst(features)
            : features,
        top.getRnnDataFormat() == RNNFormat.NWC ? channelsFirst(labels) : labels,
        featuresMask,
        labelsMask,
        inputs,
        outputs,
        network.params().dataType());
  }

  private static INDArray channelsFirst(INDArray array) {
    return array == null || array.rank() != 3 ? array : array.permute(0, 2, 1);
  }

  /** Any number of rows is right where {@code rows} is null. */
  private static void requireMatrix(String name, INDArray array, Long rows, long columns) {
    SequenceSteps.requireShape(
        array != null
            && array.rank() == 2
            && (rows == null || array.size(0) == rows)
            && array.size(1) == columns,
        name,
        array,
        "[" + (rows == null ? "batch" : rows) + ", " + columns + "]");
  }

  /** Configures a {@link StreamingTrainer}. */
  public static final class Builder {
    private final MultiLayerNetwork network;
    private double beta = 1;
    private int updateInterval = 1;
    private boolean carryState = true;
    private ReduceOnPlateau plateau;
    private DataSetIterator plateauData;
    private BooleanSupplier stopWhen = () -> false;

    private Builder(MultiLayerNetwork network) {
      this.network = Objects.requireNonNull(network, "network");
    }

    /**
     * Nudging strength: the factor between the loss gradient and the error at the output.
     *
     * @param beta positive; default 1
     * @return this builder
     * @throws IllegalArgumentException when it is not positive and finite
     */
    public Builder beta(double beta) {
      if (!(beta > 0) || Double.isInfinite(beta)) {
        throw new IllegalArgumentException(
            "beta = " + beta + ": a positive, finite number is allowed");
      }
      this.beta = beta;
      return this;
    }

    /**
     * Number of time steps whose gradients are summed for one parameter update. An interval also
     * ends where the batch size changes, at the end of {@code fit} and with {@link
     * StreamingTrainer#finishUpdate}. Its gradients are kept in the network: nothing else may train
     * the network within it.
     *
     * @param steps at least 1; default 1, as published
     * @return this builder
     * @throws IllegalArgumentException when below 1
     */
    public Builder updateInterval(int steps) {
      if (steps < 1) {
        throw new IllegalArgumentException(
            "update interval of " + steps + " steps: at least 1 is allowed");
      }
      this.updateInterval = steps;
      return this;
    }

    /**
     * Whether the neurons' states are carried from one batch of sequences to the next.
     *
     * @param carryState true (default), as published; false: every batch starts from zero
     * @return this builder
     */
    public Builder carryState(boolean carryState) {
      this.carryState = carryState;
      return this;
    }

    /**
     * Adapts the learning rate after every epoch of {@link StreamingTrainer#fit(DataSetIterator,
     * int)}.
     *
     * @param plateau the rule
     * @param validation data whose loss the rule observes
     * @return this builder
     */
    public Builder reduceOnPlateau(ReduceOnPlateau plateau, DataSetIterator validation) {
      this.plateau = Objects.requireNonNull(plateau, "plateau");
      this.plateauData = Objects.requireNonNull(validation, "validation");
      return this;
    }

    /**
     * Lets another thread end the training.
     *
     * @param stopWhen asked before every time step of {@code fit}, which returns at once when it
     *     says true
     * @return this builder
     */
    public Builder stopWhen(BooleanSupplier stopWhen) {
      this.stopWhen = Objects.requireNonNull(stopWhen, "stopWhen");
      return this;
    }

    /**
     * Checks the network and builds the trainer.
     *
     * @return a trainer whose neurons are at rest
     * @throws IllegalArgumentException when the network has a part that cannot be streamed
     * @throws IllegalStateException when the learning rate is to fall on a plateau and follows a
     *     schedule
     */
    public StreamingTrainer build() {
      return new StreamingTrainer(this);
    }
  }
}

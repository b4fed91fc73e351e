// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable;
import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.layers.Finite;
import io.github.gle4j.nn.layers.NonFiniteException;
import io.github.gle4j.nn.layers.SequenceArrays;
import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a network of GLE layers from a stream: in every time step each layer reads its neighbours'
 * previous values, updates its neurons, computes its local gradient and applies the updater (GLE
 * Algorithm 1). No past is stored and nothing is propagated back through time.
 *
 * <p>The network's layers are GLE layers below a parameterless {@link RnnLossLayer}, whose loss
 * function and activation define the error; the step's output, which the label is compared with, is
 * the top GLE layer's rate of the step before ({@link Propagation} says when it is that of the same
 * step). Between GLE layers, layers without parameters and state, such as DL4J's SubsamplingLayer,
 * pass rates up and errors down without delay. Layers that DL4J's transfer learning froze hold
 * still and do the same. DL4J's updaters, schedules, regularisation, gradient normalisation,
 * constraints and {@link TrainingListener}s apply, one iteration being one parameter update; the
 * network's score is the step's loss per sample and the regularisation. Gradients are averaged over
 * the batch, unless the network was configured with {@code miniBatch(false)}.
 *
 * <p>Features are sequences [batch, inputs, time], or plain images if {@link
 * Builder#presentationSteps} says for how long to present them, with labels [batch, outputs], which
 * then count in every step, or [batch, outputs, time]. A sample stands still, unchanged, where its
 * features mask is 0; a label counts where its mask is above 0, as its weight (without one: where
 * the features mask is). A mask of labels per sequence may be [batch, 1], [batch, time] or [batch,
 * outputs], as DL4J merges them. What a mask hides does not matter, whatever it is. Sequences hold
 * at least one sample and one step.
 *
 * <p>Not safe for use by several threads.
 */
public final class StreamingTrainer {
  private static final Logger LOG = LoggerFactory.getLogger(StreamingTrainer.class);

  /** Limits the memory of an evaluation. */
  static final long VALUES_AT_ONCE = 1L << 20;

  // Names in a checkpoint.
  private static final String STATES = "trainer/neurons";
  private static final String PENDING = "trainer/pending-steps-batch";
  private static final String GRADIENTS = "trainer/pending-gradients";
  private static final String PLATEAU = "trainer/plateau";

  private final MultiLayerNetwork network;
  private final double beta;
  private final int updateInterval;
  private final boolean carryState;
  private final Propagation propagation;
  private final int presentationSteps;
  private final ReduceOnPlateau plateau;
  private final DataSetIterator plateauData;
  private final BooleanSupplier stopWhen;

  private final RnnLossLayer top;
  private final long inputs;
  private final long outputs;
  private final boolean errorsMoveMembranes;
  private final boolean isRegularised;
  private final Stack stack;
  private final OutputLoss loss;
  private final Engine engine;
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
    initialise(network);
    propagation = builder.propagation;
    presentationSteps = builder.presentationSteps;
    stack = StreamingNetworks.stack(network);
    top = StreamingNetworks.top(network);
    inputs = stack.layers().get(0).inputs();
    outputs = stack.top().outputs();
    errorsMoveMembranes = stack.layers().stream().anyMatch(StreamingLayer::errorsMoveMembranes);
    if (propagation == Propagation.SWEEP && errorsMoveMembranes) {
      throw new IllegalArgumentException(
          "propagation SWEEP with gamma > 0: the errors of a step follow its membranes then and"
              + " cannot act on them; DELAYED, or gamma = 0, is allowed");
    }
    isRegularised = StreamingNetworks.isRegularised(network);
    loss = new OutputLoss(top, beta, outputs);
    ParameterUpdate update = new ParameterUpdate(network);
    Optional<String> obstacle =
        builder.fused
            ? NativeFloats.obstacle(network.params().dataType())
            : Optional.of("as configured");
    if (obstacle.isEmpty()) {
      engine = new FusedEngine(network, stack, propagation, loss, update, builder.threads);
      SlowSettings.tellOnce();
      StreamingNetworks.slowParts(network, stack, loss)
          .forEach(part -> LOG.warn("Streaming is slower by ND4J's {}", part));
    } else {
      LOG.warn("Streaming by ND4J's operations, which is slower: {}", obstacle.get());
      engine = new ReferenceEngine(stack, propagation, loss, update);
    }
    LearningRates.requireSound(network);
    if (plateau != null) {
      LearningRates.requireFixed(network);
    }
  }

  /**
   * Tells whether a network can be streamed, without building a trainer.
   *
   * @param network initialised here if it is not yet
   * @return empty, or what {@link Builder#build} refuses it for
   */
  public static Optional<String> obstacle(MultiLayerNetwork network) {
    initialise(network);
    try {
      StreamingNetworks.stack(network);
      StreamingNetworks.top(network);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static void initialise(MultiLayerNetwork network) {
    if (!network.isInitCalled()) {
      network.init();
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
   *     label was used. Its loss is NaN, and the log says so, when no label counted.
   * @throws IllegalArgumentException when there is no data, or arrays do not fit the network or
   *     each other
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
    if (plateau != null) {
      restart(plateauData, "validation data of the plateau");
      if (plateauData.resetSupported()) {
        labelled(plateauData.next(), "the validation of the plateau"); // before an epoch is spent
      }
    }
    Tally tally = ofClasses();
    for (int epoch = 0; epoch < epochs && !stopWhen.getAsBoolean(); epoch++) {
      tally = ofClasses();
      restart(iterator, "data to fit");
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
          reduceLearningRate(plateau.observe(evaluate(plateauData).loss()));
        }
        warnWithoutLabels(tally);
      }
    }
    return tally.result();
  }

  private Tally ofClasses() {
    return Tally.ofClasses(top.getActivationFn(), new Evaluation());
  }

  private static void restart(DataSetIterator iterator, String what) {
    if (iterator.resetSupported()) {
      iterator.reset();
    }
    if (!iterator.hasNext()) {
      throw new IllegalArgumentException(
          "the iterator has no " + what + ": at least one DataSet is needed");
    }
  }

  private static void warnWithoutLabels(Tally tally) {
    if (!tally.hasLabels()) {
      LOG.warn("No label counted, as masks hide all of them: the loss is NaN");
    }
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
    Tally tally = ofClasses();
    if (fit(data, tally)) {
      warnWithoutLabels(tally);
    }
    finishUpdate();
    return tally.result();
  }

  /** Returns whether the sequences were learned from to their end. */
  private boolean fit(DataSet data, Tally tally) {
    SequenceSteps steps = labelled(data, "fit");
    if (!carryState) {
      resetState();
    }
    showListeners(data.getFeatures(), data.getLabels());
    tally.begin(steps, outputs);
    beginBatch(steps.batch());
    engine.open(steps);
    try {
      for (long t = 0; t < steps.time(); t++) {
        if (stopWhen.getAsBoolean()) {
          return false;
        }
        learn(steps, t, tally);
      }
    } finally {
      engine.close();
    }
    tally.end();
    return true;
  }

  /**
   * Advances the network by one time step of a live stream and learns from it. Unless layers act
   * one after another ({@link Propagation#SWEEP}), each of n GLE layers answers one step late: the
   * target is compared with the answer to the input of n steps ago.
   *
   * <p>An answer arrives late: every GLE layer reads what the one below had in the step before, so
   * what n layers return is about the input n steps ago, and the label is compared with that. A
   * forecast must look n steps further ahead, and an input is answered only after n more steps.
   * With {@link Propagation#SWEEP} the layers read each other within the step, and what is returned
   * is about this step's input.
   *
   * <p>A call costs several times a step within {@link #fit(DataSet)}, as every one takes up the
   * network's parameters and hands them back, to be changed by anyone in between; the numbers are
   * the same. Where several steps are there at once, give them to fit as one sequence.
   *
   * @param features this step's input, [batch, inputs] or an image each; the batch may differ from
   *     that of the step before: fewer samples keep the first rows of every state, more repeat them
   *     cyclically
   * @param labels this step's target, [batch, outputs]; null: there is none, and only the errors
   *     still under way are learned from
   * @return what the target was compared with, the top GLE layer's rates before this step (with
   *     SWEEP: after it), [batch, outputs], as a copy; apply the loss layer's activation to turn
   *     them into probabilities
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
    boolean isImage = features != null && features.rank() == 4;
    return stepOnMatrix(isImage ? flat(features) : features, labels, learn);
  }

  private static INDArray flat(INDArray images) {
    return images.dup('c').reshape('c', images.size(0), images.length() / images.size(0));
  }

  private INDArray stepOnMatrix(INDArray features, INDArray labels, boolean learn) {
    requireMatrix("features", features, null, inputs);
    long batch = features.size(0);
    if (labels != null) {
      requireMatrix("labels", labels, batch, outputs);
    }
    SequenceSteps steps =
        new SequenceSteps(
            oneStep(features), 0, oneStep(labels), null, null, false, inputs, outputs, dataType());
    loss.requireFitting(steps);
    Tally tally = new Tally(top.getActivationFn());
    tally.begin(steps, outputs);
    showListeners(features, labels == null ? tally.sum() : labels);
    if (learn) {
      beginBatch(batch);
    }
    engine.open(steps);
    try {
      if (learn) {
        learn(steps, 0, tally);
      } else {
        setScore(steps, engine.step(0, Engine.Gradients.NONE, tally));
      }
    } finally {
      engine.close();
    }
    tally.end();
    return tally.sum();
  }

  /** Listeners ask the network for the batch size, which DL4J takes from both arrays. */
  private void showListeners(INDArray features, INDArray labels) {
    network.setInput(features);
    network.setLabels(labels);
  }

  private static INDArray oneStep(INDArray array) {
    return array == null ? null : array.dup('f').reshape('f', array.size(0), array.size(1), 1);
  }

  private DataType dataType() {
    return network.params().dataType();
  }

  /**
   * Loss and classification on data that is not learned from. No parameter and no state of the
   * trainer changes: a copy of the neurons goes on from where training stands, or starts from zero
   * for every batch when state is not carried.
   *
   * @param iterator sequences with labels
   * @return loss and evaluation
   * @throws IllegalArgumentException when arrays do not fit the network or each other, or no label
   *     counts
   * @throws NonFiniteException when a state, a rate or the loss is infinite or not a number
   */
  public StreamingResult evaluate(DataSetIterator iterator) {
    Tally tally = ofClasses();
    evaluate(iterator, tally);
    return tally.result();
  }

  /**
   * As {@link #evaluate}, with any of DL4J's evaluations. They see the loss layer's activations: of
   * every step for labels per step, of the outputs summed over time for labels per sequence.
   *
   * @param iterator sequences with labels
   * @param evaluations filled by this call
   * @return the loss averaged over samples and time steps with a label
   * @throws IllegalArgumentException when arrays do not fit the network or each other, or no label
   *     counts
   * @throws NonFiniteException when a state, a rate or the loss is infinite or not a number
   */
  public double doEvaluation(DataSetIterator iterator, IEvaluation<?>... evaluations) {
    Tally tally = new Tally(top.getActivationFn(), evaluations);
    evaluate(iterator, tally);
    return tally.meanLoss();
  }

  private void evaluate(DataSetIterator iterator, Tally tally) {
    restart(iterator, "data to evaluate");
    List<State<INDArray>> states = engine.states();
    while (iterator.hasNext()) {
      states = infer(states, labelled(iterator.next(), "evaluation"), tally);
    }
    if (!tally.hasLabels()) {
      throw new IllegalArgumentException(
          "no label counts, as masks hide all of them: evaluation needs at least one");
    }
  }

  /**
   * Predicts the class of every sequence: the one whose output, summed over time, is the largest.
   * Changes no parameter and no state of the trainer.
   *
   * @param features [batch, inputs, time]
   * @return one class per sequence
   * @throws IllegalArgumentException when the features do not fit the network
   * @throws NonFiniteException when a state or a rate is infinite or not a number
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
   * @throws NonFiniteException when a state or a rate is infinite or not a number
   */
  public INDArray summedOutput(INDArray features, INDArray featuresMask) {
    Tally tally = new Tally(top.getActivationFn());
    infer(engine.states(), steps(features, null, featuresMask, null), tally);
    return tally.sum();
  }

  /** Runs sequences through neurons in these states, which change, and returns the states then. */
  private List<State<INDArray>> infer(
      List<State<INDArray>> from, SequenceSteps steps, Tally tally) {
    List<State<INDArray>> states = carryState ? from : List.of();
    tally.begin(steps, outputs);
    if (errorsMoveMembranes) {
      states = inferWithErrors(states, steps, tally);
    } else {
      states = StreamingNetworks.forBatch(states, stack.layers(), steps.batch());
      long piece = Math.max(1, VALUES_AT_ONCE / (steps.batch() * widest()));
      for (long t = 0; t < steps.time(); t += piece) {
        long end = Math.min(t + piece, steps.time());
        try (MemoryWorkspace memory = StepMemory.open()) {
          INDArray rates = steps.features(t, end);
          boolean delayed = propagation == Propagation.DELAYED;
          for (int l = 0; l < stack.size(); l++) {
            INDArray mask = steps.featuresMask(t, end);
            rates = stack.layers().get(l).infer(states.get(l), rates, mask, delayed);
            Finite.requireSequence(rates, delayed, states.get(l), "layer " + stack.index(l), t);
            rates = stack.above().get(l).upAll(rates);
          }
          tally.addAll(t, rates, loss);
        }
      }
    }
    tally.end();
    return states;
  }

  /** Errors under way still move the membranes: step by step, on an engine of its own. */
  private List<State<INDArray>> inferWithErrors(
      List<State<INDArray>> states, SequenceSteps steps, Tally tally) {
    Engine copy = engine.fresh();
    copy.set(states);
    copy.open(steps.withoutLabels());
    try {
      for (long t = 0; t < steps.time(); t++) {
        INDArray output = copy.output();
        double score =
            steps.hasLabels() ? loss.score(t, steps.labels(t), output, steps.labelsMask(t)) : 0;
        tally.add(t, output, score);
        copy.step(t, Engine.Gradients.NONE, null);
      }
    } finally {
      copy.close();
    }
    return copy.states();
  }

  private long widest() {
    long widest = inputs;
    for (StreamingLayer layer : stack.layers()) {
      widest = Math.max(widest, layer.outputs());
    }
    return widest;
  }

  /**
   * Multiplies the learning rates of all updaters, keeping their states.
   *
   * @param factor positive
   * @throws IllegalArgumentException when the factor is not positive and finite, or a rate would be
   *     0 or infinite in single precision
   * @throws IllegalStateException when an updater has a learning-rate schedule
   */
  public void multiplyLearningRate(double factor) {
    requireFactor(factor);
    if (!LearningRates.canMultiply(network, factor)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "factor = %s of the learning rate %s: the product must be a number of single precision",
              factor,
              learningRate()));
    }
    if (factor != 1) {
      LearningRates.multiply(network, factor);
    }
  }

  /**
   * As {@link #multiplyLearningRate}, for schedules that go on for ever: a rate that would fall
   * below 1e-12, where steps are lost in rounding, stays as it is, and the log says so.
   *
   * @param factor positive
   * @throws IllegalArgumentException as there
   * @throws IllegalStateException as there
   */
  public void reduceLearningRate(double factor) {
    if (factor >= 1) {
      multiplyLearningRate(factor);
    } else {
      requireFactor(factor);
      if (!LearningRates.reduce(network, factor)) {
        LOG.warn("The learning rate stays at {}: a lower one changes nothing", learningRate());
      }
    }
  }

  private static void requireFactor(double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "factor = " + factor + " of the learning rate: a positive, finite number is allowed");
    }
  }

  /**
   * The learning rate of the lowest parameter that learns, at the next update.
   *
   * @return 0 when all rates are 0, NaN when no updater has one
   */
  public double learningRate() {
    return LearningRates.first(network, network.getIterationCount(), network.getEpochCount());
  }

  /** Sets the states of all neurons to those before the first step. */
  public void resetState() {
    engine.set(List.of());
  }

  /**
   * The state of a layer's neurons, with the errors of the latest step. Its {@code uDot} is that of
   * the latest step only where time constants are learned.
   *
   * @param layer index, the lowest GLE layer being 0
   * @return a copy
   * @throws IllegalStateException before the first step
   */
  public State<INDArray> state(int layer) {
    List<State<INDArray>> states = engine.states();
    if (states.isEmpty()) {
      throw new IllegalStateException("there is no state before the first step");
    }
    return states.get(layer);
  }

  /**
   * Copies of all states, for {@link #restoreState} or, layer by layer, for the network's {@code
   * rnnSetPreviousState}.
   *
   * @return one map per GLE layer, lowest first; empty before the first step
   */
  public List<Map<String, INDArray>> saveState() {
    return engine.states().stream().map(State::save).toList();
  }

  /**
   * Goes on from saved states.
   *
   * @param saved what {@link #saveState} returned
   * @throws IllegalArgumentException when they do not fit the network or are not finite; nothing
   *     changes then
   */
  public void restoreState(List<Map<String, INDArray>> saved) {
    requireLayers(saved.size());
    for (int l = 0; l < saved.size(); l++) {
      requireFinite(l, saved.get(l));
    }
    List<State<INDArray>> states = new ArrayList<>();
    for (int l = 0; l < saved.size(); l++) {
      states.add(restored(l, saved.get(l), saved.get(0)));
    }
    engine.set(states);
  }

  private void requireLayers(int count) {
    if (count != 0 && count != stack.size()) {
      throw new IllegalArgumentException(
          "saved states of " + count + " layers: the network has " + stack.size());
    }
  }

  /** A layer's saved state, for as many samples as the lowest layer's. */
  private State<INDArray> restored(
      int l, Map<String, INDArray> saved, Map<String, INDArray> lowest) {
    StreamingLayer layer = stack.layers().get(l);
    INDArray first = lowest.values().stream().filter(Objects::nonNull).findFirst().orElse(null);
    State<INDArray> state = layer.newState(first == null ? 1 : Math.max(1, first.size(0)));
    for (Variable variable : state.variables()) {
      if (variable.isSaved() && saved.get(variable.name()) != null) {
        String name = "saved " + variable.name() + " of layer " + l;
        requireMatrix(name, saved.get(variable.name()), (long) state.batch(), variable.size());
      }
    }
    state.load(saved);
    return state;
  }

  /**
   * Saves all that is needed to go on with the very same numbers, at any time between two calls:
   * the {@link NetworkState}, the neurons, the gradients of an update interval that is not
   * complete, and the plateau schedule. Data and listeners are the caller's.
   *
   * @param to gets entries whose names begin with {@code network/}, {@code random/} and {@code
   *     trainer/}
   */
  public void save(Checkpoint.Builder to) {
    NetworkState.save(network, to);
    List<Map<String, INDArray>> states = saveState();
    to.put(STATES, states.size());
    for (int l = 0; l < states.size(); l++) {
      String layer = STATES + "/" + l + "/";
      states.get(l).forEach((name, array) -> to.put(layer + name, array));
    }
    to.put(PENDING, pendingSteps, pendingBatch);
    if (pendingSteps > 0) {
      to.put(GRADIENTS, network.getFlattenedGradients());
    }
    if (plateau != null) {
      plateau.save(to, PLATEAU);
    }
  }

  /**
   * Brings trainer and network to a saved state.
   *
   * @param from has what {@link #save} put in, for a network and trainer of the same configuration;
   *     the number of threads may differ
   * @throws IllegalArgumentException when it does not fit; parameters are unchanged then
   */
  public void restore(Checkpoint from) {
    List<Map<String, INDArray>> states = new ArrayList<>();
    int count = from.counts(STATES, 1)[0];
    requireLayers(count);
    for (int l = 0; l < count; l++) {
      Map<String, INDArray> state = new LinkedHashMap<>();
      for (Variable variable : stack.layers().get(l).variables()) {
        if (variable.isSaved()) {
          state.put(variable.name(), from.array(STATES + "/" + l + "/" + variable.name()));
        }
      }
      states.add(state);
    }
    int[] pending = from.counts(PENDING, 2);
    INDArray there = network.getFlattenedGradients();
    INDArray gradients =
        pending[0] > 0 ? NetworkState.fitting("gradients", there, from.array(GRADIENTS)) : null;
    if (plateau != null) {
      plateau.restore(from, PLATEAU);
    }
    restoreState(states);
    NetworkState.restore(network, from);
    pendingSteps = pending[0];
    pendingBatch = pending[1];
    if (gradients != null) {
      there.assign(gradients.reshape(there.shape()));
    }
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
      engine.update(pendingBatch);
    }
  }

  /**
   * Gradients are means over the batch, so an update interval ends where the batch size changes.
   */
  private void beginBatch(long batch) {
    LearningRates.requireSound(network);
    if (batch != pendingBatch) {
      finishUpdate();
    }
    pendingBatch = batch;
  }

  private void learn(SequenceSteps steps, long t, Tally tally) {
    Engine.Gradients gradients =
        pendingSteps == 0 ? Engine.Gradients.FIRST : Engine.Gradients.ADDED;
    boolean done = false;
    try {
      setScore(steps, engine.step(t, gradients, tally));
      done = true;
    } finally {
      pendingSteps = done ? pendingSteps + 1 : 0; // gradients of a step that failed are of no use
    }
    if (pendingSteps >= updateInterval) {
      finishUpdate();
    }
  }

  private void setScore(SequenceSteps steps, double loss) {
    if (steps.hasLabels()) {
      double regularization = isRegularised ? network.calcRegularizationScore(true) : 0;
      network.setScore(loss / steps.batch() + regularization);
    }
  }

  private SequenceSteps labelled(DataSet data, String purpose) {
    if (data.getLabels() == null) {
      throw new IllegalArgumentException(
          "labels are null: " + purpose + " needs a label for every sequence");
    }
    SequenceSteps steps =
        steps(
            data.getFeatures(),
            data.getLabels(),
            data.getFeaturesMaskArray(),
            data.getLabelsMaskArray());
    loss.requireFitting(steps);
    return steps;
  }

  private SequenceSteps steps(
      INDArray features, INDArray labels, INDArray featuresMask, INDArray labelsMask) {
    return new SequenceSteps(
        StreamingNetworks.inputFormat(network) == RNNFormat.NWC
            ? channelsFirst(features)
            : features,
        presentationSteps,
        top.getRnnDataFormat() == RNNFormat.NWC ? channelsFirst(labels) : labels,
        featuresMask,
        labelsMask,
        loss.takesMasksPerOutput(),
        inputs,
        outputs,
        dataType());
  }

  private static INDArray channelsFirst(INDArray array) {
    return array == null || array.rank() != 3 ? array : array.permute(0, 2, 1);
  }

  private static void requireFinite(int layer, Map<String, INDArray> saved) {
    saved.forEach(
        (name, array) -> {
          if (!Finite.all(array)) {
            throw new IllegalArgumentException(
                "saved " + name + " of layer " + layer + " is not finite");
          }
        });
  }

  /** Any number of rows is right where {@code rows} is null. */
  private static void requireMatrix(String name, INDArray array, Long rows, long columns) {
    SequenceArrays.requireShape(
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
    private boolean fused = true;
    private int threads = 1;
    private Propagation propagation = Propagation.DELAYED;
    private int presentationSteps;

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
     *     says true; it must not use the network, whose latest update may not be done yet
     * @return this builder
     */
    public Builder stopWhen(BooleanSupplier stopWhen) {
      this.stopWhen = Objects.requireNonNull(stopWhen, "stopWhen");
      return this;
    }

    /**
     * Number of threads that share the layers while {@code fit} runs. The results are the same for
     * any number; {@link StreamingTrainer#step} uses the caller's thread alone.
     *
     * @param threads at least 1; default 1. More than there are layers, or processors, is of no
     *     use.
     * @return this builder
     * @throws IllegalArgumentException when below 1
     */
    public Builder threads(int threads) {
      if (threads < 1) {
        throw new IllegalArgumentException("threads = " + threads + ": at least 1 is allowed");
      }
      this.threads = threads;
      return this;
    }

    /**
     * In which order the layers act within a time step.
     *
     * @param propagation default DELAYED. With SWEEP one thread does the work, whatever {@link
     *     #threads} says, and gamma of all layers must be 0.
     * @return this builder
     */
    public Builder propagation(Propagation propagation) {
      this.propagation = Objects.requireNonNull(propagation, "propagation");
      return this;
    }

    /**
     * For how many time steps a plain image is presented: features [batch, inputs] or [batch,
     * channels, height, width] instead of sequences. The neurons' states are carried on to the next
     * image, unless {@link #carryState} says otherwise. Sequences may still be given, too.
     *
     * @param steps at least 1; without this call only sequences are allowed
     * @return this builder
     * @throws IllegalArgumentException when below 1
     */
    public Builder presentationSteps(int steps) {
      if (steps < 1) {
        throw new IllegalArgumentException(
            "presentation of " + steps + " steps: at least 1 is allowed");
      }
      this.presentationSteps = steps;
      return this;
    }

    /**
     * Whether to learn in Java and OpenBLAS on ND4J's memory where that is possible: floats on the
     * CPU. Else, and with false, ND4J's operations do it, in one thread, more than ten times
     * slower. Evaluation goes through whole sequences either way.
     *
     * @param fused default true
     * @return this builder
     */
    public Builder fused(boolean fused) {
      this.fused = fused;
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

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.layers.Finite;
import io.github.gle4j.nn.layers.LayerSteps;
import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The fast engine, for float on the CPU: {@link LayerSteps}, owned by a few threads that meet once
 * per step, and {@link FusedUpdater}s on the network's own parameters and updater state. A step
 * makes no INDArray operation and allocates nothing, unless there are masks, listeners or
 * constraints, or an activation, loss or updater that only ND4J knows.
 *
 * <p>A layer's step depends on nothing that happens in the same step elsewhere, and every layer is
 * computed by one thread alone, so the results do not depend on the number of threads. An update
 * waits until the next step begins: by then all layers are known to be finite, and its owner can
 * apply it without another meeting. Listeners and constraints want it done at once.
 */
final class FusedEngine implements Engine {
  /** The loops over a neuron's samples take as long as the products with so many inputs. */
  private static final int LOOPS_PER_NEURON = 48;

  /** Sums of absolute values below it, and what an updater makes of them, are surely finite. */
  private static final double SURELY_FINITE = 1e15;

  private final MultiLayerNetwork network;
  private final Stack stack;
  private final Propagation propagation;
  private final OutputLoss loss;
  private final ParameterUpdate general;
  private final int threads;

  private List<State<INDArray>> idle = List.of(); // the states while no layers are built
  private List<LayerSteps<float[]>> layers; // null: none are built
  private List<Between> above; // of each layer
  private int batch;

  /** What layers and updaters were built upon; a listener may put other arrays in its place. */
  private MultiLayerUpdater boundUpdater;

  private long boundParameters;
  private long boundGradients;
  private long boundUpdaterState;
  private FusedUpdater[][] updaters; // per layer; null: DL4J's own updaters are used

  private boolean gradientsAreOurs; // those of constants that are not learned are zero, too

  private boolean open;
  private SequenceSteps steps;
  private FloatPointer allFeatures;
  private float[] features; // of the step
  private float[] labels;
  private float[] output; // of the top layer, that the target was compared with
  private float[] target;
  private float[] outputError;
  private int[][] shares; // layers by thread
  private int[] all;
  private boolean alone;
  private Crew crew;

  private long t;
  private boolean learn;
  private boolean add;
  private float[] mask;
  private double stepLoss;

  private boolean[] updateWaits; // per layer, whose owner applies it
  private float updateScale;
  private int updateIteration;
  private int updateEpoch;

  FusedEngine(
      MultiLayerNetwork network,
      Stack stack,
      Propagation propagation,
      OutputLoss loss,
      ParameterUpdate general,
      int threads) {
    this.network = network;
    this.stack = stack;
    this.propagation = propagation;
    this.loss = loss;
    this.general = general;
    this.threads = propagation == Propagation.SWEEP ? 1 : Math.min(threads, stack.size());
  }

  @Override
  public List<State<INDArray>> states() {
    if (layers == null) {
      return idle.stream().map(State::copy).toList();
    }
    return IntStream.range(0, layers.size()).mapToObj(this::stateOf).toList();
  }

  private State<INDArray> stateOf(int l) {
    State<INDArray> state = stack.layers().get(l).newState(batch);
    state.copyFrom(layers.get(l).state(), NativeFloats::write);
    return state;
  }

  @Override
  public void set(List<State<INDArray>> states) {
    idle = states;
    layers = null;
  }

  @Override
  public Engine fresh() {
    return new FusedEngine(network, stack, propagation, loss, general, threads);
  }

  @Override
  public INDArray output() {
    return Nd4j.createFromArray(top().state().get(LayerSteps.UP))
        .reshape('f', batch, output.length / batch);
  }

  @Override
  public void open(SequenceSteps sequences) {
    bind((int) sequences.batch());
    steps = sequences;
    allFeatures = NativeFloats.of(sequences.features());
    labels = sequences.hasLabels() ? NativeFloats.toHeap(sequences.labels()) : null;
    reload();
    alone = sequences.time() == 1; // starting threads would take longer than the step
    crew = new Crew(alone ? 1 : threads, this::advance);
    open = true;
  }

  @Override
  public double step(long step, Gradients gradients, Tally tally) {
    t = step;
    learn = gradients != Gradients.NONE;
    add = gradients == Gradients.ADDED;
    if (gradients == Gradients.FIRST && (updaters == null || !gradientsAreOurs)) {
      applyWaitingUpdates(); // they need the gradients
      general.begin();
      gradientsAreOurs = true; // from now on the layers overwrite theirs
    }
    INDArray maskNow = steps.featuresMask(step);
    mask = maskNow == null ? null : NativeFloats.toHeap(maskNow.dup('f'));
    NativeFloats.read(allFeatures.position(steps.offset(t) * features.length), features);
    if (propagation == Propagation.SWEEP) {
      sweep();
    } else {
      for (int l = 0; l < layers.size(); l++) {
        above.get(l).passUpSlowly(learn);
      }
      crew.run();
    }
    requireFinite();
    if (tally != null) {
      tally.add(step, output, stepLoss);
    }
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).state().publish();
      above.get(l).publish();
    }
    return stepLoss;
  }

  @Override
  public void update(long samples) {
    if (!open) {
      bindUpdaters();
      reload();
    }
    if (updaters == null) {
      general.apply(samples, t);
      layersChanged();
      return;
    }
    updateScale = network.conf().isMiniBatch() ? 1f / samples : 1;
    updateIteration = network.getIterationCount();
    updateEpoch = network.getEpochCount();
    boolean attended = general.isAttended();
    if (attended) {
      general.announceGradient(samples);
      updateScale = 1;
    }
    if (attended || !open || !isSurelyFinite()) {
      updateNow();
    } else {
      Arrays.fill(updateWaits, true);
    }
    if (attended) {
      store();
      general.announceUpdate();
      if (open) {
        bind(batch);
      } else {
        bindUpdaters();
      }
      reload();
    } else {
      network.setIterationCount(updateIteration + 1);
    }
    if (!open) {
      store();
    }
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    crew.close();
    applyWaitingUpdates();
    store();
    steps = null;
    allFeatures = null;
    labels = null;
  }

  /** What one thread does in a step: all of its layers, the update of the step before first. */
  private void advance(int part) {
    for (int l : alone ? all : shares[part]) {
      applyWaitingUpdate(l);
      boolean isTop = l + 1 == layers.size();
      if (isTop) {
        compareWithTarget(top().state().get(LayerSteps.UP));
      }
      float[] fromAbove = isTop ? outputError : layers.get(l + 1).state().get(LayerSteps.DOWN);
      float[] below = l == 0 ? features : above.get(l - 1).up();
      LayerSteps<float[]> layer = layers.get(l);
      layer.advanceErrors(above.get(l).down(fromAbove), mask);
      layer.advanceRates(below, mask);
      above.get(l).passUpFast();
      layer.passDown(below, mask, learn && stack.learns(l), add);
    }
  }

  /** One layer after the other, each reading what its neighbour has written in this step. */
  private void sweep() {
    applyWaitingUpdates();
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).advanceRates(belowInSweep(l), mask);
      above.get(l).passUpFast();
      above.get(l).passNextUpSlowly(learn);
    }
    compareWithTarget(top().state().next(LayerSteps.UP));
    float[] fromAbove = outputError;
    for (int l = layers.size() - 1; l >= 0; l--) {
      LayerSteps<float[]> layer = layers.get(l);
      layer.advanceErrors(above.get(l).down(fromAbove), mask);
      layer.passDown(belowInSweep(l), mask, learn && stack.learns(l), add);
      fromAbove = layer.state().next(LayerSteps.DOWN);
    }
  }

  private float[] belowInSweep(int l) {
    return l == 0 ? features : above.get(l - 1).nextUp();
  }

  /** The phase of a step that makes loss and error of the top layer's rates. */
  private void compareWithTarget(float[] rates) {
    System.arraycopy(rates, 0, output, 0, output.length);
    if (labels == null) {
      stepLoss = 0;
      Arrays.fill(outputError, 0);
      return;
    }
    int from = labels.length > target.length ? Math.toIntExact(t) * target.length : 0;
    System.arraycopy(labels, from, target, 0, target.length);
    stepLoss = loss.of(target, output, steps.labelsMask(t), outputError, batch);
  }

  private LayerSteps<float[]> top() {
    return layers.get(layers.size() - 1);
  }

  private void applyWaitingUpdates() {
    for (int l = 0; l < layers.size(); l++) {
      applyWaitingUpdate(l);
    }
  }

  private void applyWaitingUpdate(int l) {
    if (updateWaits[l]) {
      updateWaits[l] = false;
      applyUpdate(l);
    }
  }

  private void applyUpdate(int l) {
    for (FusedUpdater updater : updaters[stack.index(l)]) {
      updater.apply(updateScale, updateIteration, updateEpoch);
    }
    if (layers != null) {
      layers.get(l).parametersChanged();
    }
  }

  /** Applies the update on all layers, or on none when it would not be finite. */
  private void updateNow() {
    store();
    INDArray before = network.params().dup();
    for (int l = 0; l < stack.size(); l++) {
      applyUpdate(l);
      for (FusedUpdater updater : updaters[stack.index(l)]) {
        if (!updater.isFinite()) {
          network.params().assign(before);
          reload();
          throw NonFiniteException.of(
              "update of " + updater.key(), stack.index(l), t, updateIteration);
        }
      }
    }
  }

  /** Whether the sizes of the gradients leave no doubt that updates with them are finite. */
  private boolean isSurelyFinite() {
    for (int l = 0; l < layers.size(); l++) {
      float size = layers.get(l).sizeOfGradients();
      for (FusedUpdater updater : updaters[stack.index(l)]) {
        double rate = Math.abs(updater.rate(updateIteration, updateEpoch));
        if (!(size < SURELY_FINITE && rate * (1.0 + size) < SURELY_FINITE)) {
          return false;
        }
      }
    }
    return true;
  }

  private void requireFinite() {
    if (!Finite.all(output)) { // a softmax hides what is infinite
      throw NonFiniteException.of(
          "output", stack.index(stack.size() - 1), t, network.getIterationCount());
    }
    for (int l = 0; l < layers.size(); l++) {
      LayerSteps<float[]> layer = layers.get(l);
      String quantity = layer.isSuspect() ? layer.firstNonFinite(learn && stack.learns(l)) : null;
      if (quantity != null) {
        throw NonFiniteException.of(quantity, stack.index(l), t, network.getIterationCount());
      }
    }
  }

  /** Builds updaters upon the network's arrays, unless those stand; layers upon others go. */
  @SuppressWarnings("ReferenceEquality") // an equal updater may have other arrays
  private void bindUpdaters() {
    MultiLayerUpdater updater = (MultiLayerUpdater) network.getUpdater();
    long parameters = address(network.params());
    long gradients = address(network.getFlattenedGradients());
    long updaterState = address(updater.getStateViewArray());
    if (boundUpdater == updater
        && boundParameters == parameters
        && boundGradients == gradients
        && boundUpdaterState == updaterState) {
      return;
    }
    set(states());
    boundUpdater = updater;
    boundParameters = parameters;
    boundGradients = gradients;
    boundUpdaterState = updaterState;
    updaters = general.fusedUpdaters();
  }

  /** Builds layers and updaters upon the network's arrays, unless those stand. */
  private void bind(int batchNow) {
    bindUpdaters();
    if (layers != null && batch == batchNow) {
      return;
    }
    List<State<INDArray>> states = StreamingNetworks.forBatch(states(), stack.layers(), batchNow);
    set(states); // should building fail
    batch = batchNow;
    gradientsAreOurs = false;
    shares = shares(states);
    all = IntStream.range(0, states.size()).toArray();
    updateWaits = new boolean[states.size()];
    List<LayerSteps<float[]>> built = new ArrayList<>(Collections.nCopies(stack.size(), null));
    for (int[] share : shares) {
      Scratch scratch = new Scratch();
      for (int l : share) {
        built.set(l, stack.layers().get(l).fused(batch, scratch));
      }
    }
    above = new ArrayList<>();
    for (int l = 0; l < stack.size(); l++) {
      built.get(l).state().copyFrom(states.get(l), NativeFloats::read);
      above.add(new Between(stack.above().get(l), built.get(l)));
    }
    layers = built;
    idle = List.of();
    features = new float[Math.toIntExact(stack.layers().get(0).inputs() * batch)];
    output = top().state().get(LayerSteps.UP).clone();
    target = new float[output.length];
    outputError = new float[output.length];
  }

  private static long address(INDArray array) {
    return array == null ? 0 : array.data().address();
  }

  /** Takes over what anyone changed in the network, unless it is not finite. */
  private void reload() {
    general.requireFiniteNetwork();
    if (updaters != null) {
      for (FusedUpdater[] ofLayer : updaters) {
        for (FusedUpdater updater : ofLayer) {
          updater.load();
        }
      }
    }
    layersChanged();
  }

  private void layersChanged() {
    if (layers != null) {
      for (LayerSteps<float[]> layer : layers) {
        layer.parametersChanged();
      }
    }
  }

  private void store() {
    if (updaters != null) {
      for (FusedUpdater[] ofLayer : updaters) {
        for (FusedUpdater updater : ofLayer) {
          updater.store();
        }
      }
    }
  }

  /** Shares the layers out, the costliest first, each to the thread that has least to do. */
  private int[][] shares(List<State<INDArray>> states) {
    List<List<Integer>> shares = new ArrayList<>();
    long[] load = new long[threads];
    for (int part = 0; part < threads; part++) {
      shares.add(new ArrayList<>());
    }
    IntStream.range(0, states.size())
        .boxed()
        .sorted(Comparator.comparingLong(l -> -cost(states.get(l))))
        .forEach(
            l -> {
              int idlest = 0;
              for (int part = 1; part < threads; part++) {
                idlest = load[part] < load[idlest] ? part : idlest;
              }
              load[idlest] += cost(states.get(l));
              shares.get(idlest).add(l);
            });
    return shares.stream()
        .map(share -> share.stream().mapToInt(Integer::intValue).sorted().toArray())
        .toArray(int[][]::new);
  }

  /** The time a layer's step takes, in arbitrary units: of products and of loops over neurons. */
  private static long cost(State<INDArray> state) {
    return state.get(LayerSteps.UP).length()
        * (state.get(LayerSteps.DOWN).size(1) + LOOPS_PER_NEURON);
  }
}

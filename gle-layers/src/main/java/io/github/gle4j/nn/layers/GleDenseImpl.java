// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.dynamics.GleKernel;
import io.github.gle4j.dynamics.Nd4jKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.conf.GleDense;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.BaseRecurrentLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link GleDense} at run time: dense connectivity around the neurons of a {@link GleKernel}, for
 * one step at a time ({@link StreamingLayer}) and for whole sequences (DL4J's own calls).
 *
 * <p>Over a sequence the weights are fixed, so the layer's time course is one matrix product and a
 * scan; {@link #backpropGradient} runs the error neurons forward in time. Both give the numbers of
 * the single steps.
 */
public final class GleDenseImpl extends BaseRecurrentLayer<GleDense> implements StreamingLayer {
  private final transient GleKernel<INDArray> kernel = new Nd4jKernel();
  private final transient GleKernel<INDArray> sequenceKernel;

  /**
   * What {@link #backpropGradient} needs of the forward pass: {@code below} [batch, time, nIn], the
   * weights with their noise, {@code uDot} and {@code d} [batch, time, nOut], {@code d} before the
   * first step, the neurons before it (with gamma = 0 only their error neurons and feedback, which
   * the pass leaves alone), where it stored the neurons after the last step, or null, and whether
   * dropout was applied.
   */
  private record Course(
      INDArray below,
      INDArray weights,
      INDArray uDot,
      INDArray d,
      INDArray dBefore,
      NeuronState start,
      Map<String, INDArray> stored,
      boolean training) {}

  private transient Course course;

  /**
   * Creates the layer; DL4J calls this through {@link GleDense#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleDense}
   * @param dataType floating-point type of parameters and states
   */
  public GleDenseImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
    sequenceKernel = NativeFloats.obstacle(dataType).isPresent() ? kernel : new NativeKernel();
  }

  // One step at a time.

  @Override
  public NeuronState newState(long batch) {
    return NeuronState.zeros(dataType, batch, layerConf().getNOut(), layerConf().getNIn());
  }

  @Override
  public void step(
      NeuronState state, INDArray below, INDArray above, INDArray mask, boolean learn) {
    NeuronState before = mask == null ? null : state.copy();
    NeuronParameters<INDArray> neurons = neurons();
    kernel.error(neurons, above, state.d(), state.v(), state.q(), state.vDot(), state.e());
    if (mask != null) {
      state.q().muliColumnVector(mask);
      state.e().muliColumnVector(mask);
    }
    forward(below, weights(), bias(), state.current());
    kernel.membrane(neurons, state.current(), state.e(), state.u(), state.uDot(), state.p());
    if (learn) {
      addGradients(below, state.e());
      addTimeConstantGradients(state.q(), state.e(), state.uDot());
    }
    feedback(state.e(), weights(), state.nextF());
    RateFunctions.apply(layerConf().getActivationFn(), state.p(), state.nextR(), state.d());
    if (mask != null) {
      hold(mask, before.u(), state.u());
      hold(mask, before.v(), state.v());
      hold(mask, before.d(), state.d());
      hold(mask, before.r(), state.nextR());
      hold(mask, before.f(), state.nextF());
    }
  }

  @Override
  public INDArray infer(NeuronState state, INDArray below, INDArray mask) {
    INDArray delayed =
        Nd4j.createUninitialized(dataType, new long[] {below.size(0), below.size(1), nOut()}, 'f');
    IActivation phi = layerConf().getActivationFn();
    if (mask == null && sequenceKernel != kernel && RateFunctions.isFast(phi)) {
      DenseConnectivity.products(rows(below), weights(), rows(delayed));
      INDArray bias = bias();
      NativeScan.run(delayed, bias, neurons(), RateFunctions.of(phi, 1), state);
    } else {
      INDArray first = state.r().dup('f');
      INDArray r =
          advance(state, below, mask, weights(), bias(), LayerWorkspaceMgr.noWorkspaces()).r();
      Courses.delay(first, r, delayed);
    }
    return delayed;
  }

  @Override
  public Connectivity connectivity(int batch, Scratch scratch) {
    return new DenseConnectivity(
        batch, weights(), weightGradients(), bias(), biasGradients(), scratch);
  }

  // Dense connectivity: forward pass, vector-Jacobian product, parameter gradients. The rows of all
  // arrays are samples, or samples times steps.

  private static void forward(INDArray below, INDArray weights, INDArray bias, INDArray current) {
    Nd4j.gemm(below, weights, current, false, false, 1, 0);
    if (bias != null) {
      current.addiRowVector(bias);
    }
  }

  private static void feedback(INDArray e, INDArray weights, INDArray f) {
    Nd4j.gemm(e, weights, f, false, true, 1, 0);
  }

  /** Adds the gradients an optimiser subtracts: minus GLE's directions of ascent (Eqs. 14, 15). */
  private void addGradients(INDArray below, INDArray e) {
    Nd4j.gemm(below, e, weightGradients(), true, false, -1, 1);
    if (layerConf().isHasBias()) {
      biasGradients().subi(e.sum(true, 0));
    }
  }

  // The same for many steps at once, by OpenBLAS where that is possible.

  private static void forwardAll(
      INDArray below, INDArray weights, INDArray bias, INDArray current) {
    if (!DenseConnectivity.isFor(below, weights, current)) {
      forward(below, weights, bias, current);
      return;
    }
    DenseConnectivity.products(below, weights, current);
    if (bias != null) {
      DenseConnectivity.addToRows(bias, current);
    }
  }

  private static void feedbackAll(INDArray e, INDArray weights, INDArray f) {
    if (DenseConnectivity.isFor(e, weights, f)) {
      DenseConnectivity.feedbacks(e, weights, f);
    } else {
      feedback(e, weights, f);
    }
  }

  private void addAllGradients(INDArray below, INDArray e) {
    if (DenseConnectivity.isFor(below, e, weightGradients())) {
      DenseConnectivity.subtractGradients(below, e, weightGradients(), biasGradients());
    } else {
      addGradients(below, e);
    }
  }

  private INDArray weightGradients() {
    return gradientViews.get(GleDenseParamInitializer.WEIGHT_KEY);
  }

  /** Null when the layer has no bias. */
  private INDArray biasGradients() {
    return layerConf().isHasBias() ? gradientViews.get(GleDenseParamInitializer.BIAS_KEY) : null;
  }

  // The neurons' own: time-constant gradients and rates, of one step or of all steps at once.

  /** As {@link #addGradients}. */
  private void addTimeConstantGradients(INDArray q, INDArray e, INDArray uDot) {
    if (layerConf().getLearnedTimeConstants().tauM()) {
      gradientViews.get(GleDenseParamInitializer.TAU_M_KEY).addi(e.mul(uDot).sum(true, 0));
    }
    if (layerConf().getLearnedTimeConstants().tauR()) {
      gradientViews.get(GleDenseParamInitializer.TAU_R_KEY).subi(q.mul(uDot).sum(true, 0));
    }
  }

  /** Puts the old values back where the mask is 0. */
  private static void hold(INDArray mask, INDArray before, INDArray after) {
    after.muliColumnVector(mask).addi(before.mulColumnVector(mask.rsub(1)));
  }

  @Override
  public NeuronParameters<INDArray> neurons() {
    return new NeuronParameters<>(
        getParam(GleDenseParamInitializer.TAU_M_KEY),
        getParam(GleDenseParamInitializer.TAU_R_KEY),
        layerConf().getDt(),
        layerConf().getGamma(),
        layerConf().isProspectiveErrors());
  }

  private INDArray weights() {
    return getParam(GleDenseParamInitializer.WEIGHT_KEY);
  }

  /** Null when the layer has none. */
  private INDArray bias() {
    return layerConf().isHasBias() ? getParam(GleDenseParamInitializer.BIAS_KEY) : null;
  }

  // Whole sequences.

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
    return forward(startOf(Map.of()), training, null, workspaceMgr);
  }

  @Override
  public INDArray rnnTimeStep(INDArray input, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    return forward(startOf(stateMap), false, stateMap, workspaceMgr);
  }

  @Override
  public INDArray rnnActivateUsingStoredState(
      INDArray input, boolean training, boolean storeLastForTbptt, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    return forward(
        startOf(tBpttStateMap), training, storeLastForTbptt ? tBpttStateMap : null, workspaceMgr);
  }

  private NeuronState startOf(Map<String, INDArray> stored) {
    assertInputSet(false);
    if (input.rank() != 3) {
      throw new DL4JInvalidInputException(
          "GleDense expects input of rank 3, "
              + getDataFormat()
              + ", but got shape "
              + Arrays.toString(input.shape())
              + " "
              + layerId());
    }
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      if (stored.isEmpty()) {
        return newState(input.size(0));
      }
      Map<String, INDArray> fitting = new HashMap<>();
      stored.forEach((name, array) -> fitting.put(name, fitting(name, array)));
      return NeuronState.restore(fitting);
    }
  }

  /** A stored array, which may come from the user, if it can be the state of this layer. */
  private INDArray fitting(String name, INDArray array) {
    long size = name.equals("f") ? nIn() : nOut();
    if (array.rank() != 2 || array.size(1) != size) {
      throw new DL4JInvalidInputException(
          "the stored state has "
              + name
              + " of shape "
              + Arrays.toString(array.shape())
              + ": [batch, "
              + size
              + "] is allowed "
              + layerId());
    }
    if (array.size(0) != input.size(0)) {
      throw new DL4JInvalidInputException(
          "the stored state has "
              + array.size(0)
              + " samples but the input "
              + input.size(0)
              + ": call rnnClearPreviousState() before the batch size changes "
              + layerId());
    }
    return array.castTo(dataType);
  }

  private static NeuronState copy(NeuronState state) {
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return state.copy();
    }
  }

  private static void store(NeuronState state, Map<String, INDArray> map) {
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      map.putAll(state.save());
    }
  }

  /**
   * The rates of a sequence, delayed by one step; advances {@code u, r, d} of the state and puts it
   * into the map, unless that is null.
   */
  private INDArray forward(
      NeuronState state,
      boolean training,
      Map<String, INDArray> stored,
      LayerWorkspaceMgr workspaceMgr) {
    applyDropOutIfNecessary(training, workspaceMgr);
    INDArray x = permuteIfNWC(input.castTo(dataType));
    if (x.size(1) != layerConf().getNIn()) {
      throw new DL4JInvalidInputException(
          "the input has "
              + x.size(1)
              + " values per time step (shape "
              + Arrays.toString(input.shape())
              + "), but nIn = "
              + layerConf().getNIn()
              + " "
              + layerId());
    }
    INDArray weights =
        getParamWithNoise(GleDenseParamInitializer.WEIGHT_KEY, training, workspaceMgr);
    INDArray bias =
        layerConf().isHasBias()
            ? getParamWithNoise(GleDenseParamInitializer.BIAS_KEY, training, workspaceMgr)
            : null;
    INDArray first = workspaceMgr.dup(ArrayType.ACTIVATIONS, state.r(), 'f');
    INDArray dBefore = workspaceMgr.dup(ArrayType.ACTIVATIONS, state.d(), 'f');
    NeuronState start = layerConf().getGamma() == 0 ? state : copy(state);
    INDArray below = timeSecond(x, ArrayType.ACTIVATIONS, workspaceMgr);
    Rates rates = advance(state, below, maskArray, weights, bias, workspaceMgr);
    course = new Course(below, weights, rates.uDot(), rates.d(), dBefore, start, stored, training);
    if (stored != null) {
      store(state, stored);
    }
    INDArray output = delayedSequence(first, rates.r(), ArrayType.ACTIVATIONS, workspaceMgr);
    return permuteIfNWC(output);
  }

  /** What became of a layer's neurons in several steps, each [batch, time, nOut] in 'f' order. */
  private record Rates(INDArray uDot, INDArray r, INDArray d) {}

  /**
   * Advances {@code u, r, d} of the state over a course.
   *
   * @param below [batch, time, nIn] in 'f' order: all samples and steps of a neuron lie side by
   *     side
   */
  private Rates advance(
      NeuronState state,
      INDArray below,
      INDArray mask,
      INDArray weights,
      INDArray bias,
      LayerWorkspaceMgr workspaceMgr) {
    long batch = below.size(0);
    long time = below.size(1);
    INDArray current = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, time, nOut());
    forwardAll(rows(below), weights, bias, rows(current));
    INDArray uDot = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, time, nOut());
    INDArray p = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, time, nOut());
    NeuronParameters<INDArray> neurons = neurons();
    if (mask == null) {
      sequenceKernel.membrane(neurons, current, null, state.u(), uDot, p);
    } else {
      for (long t = 0; t < time; t++) {
        INDArray before = state.u().dup('f');
        kernel.membrane(neurons, at(current, t), null, state.u(), at(uDot, t), at(p, t));
        hold(at(mask, t), before, state.u());
      }
    }
    INDArray r = current; // no longer needed
    INDArray d = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, time, nOut());
    RateFunctions.applyFast(layerConf().getActivationFn(), rows(p), rows(r), rows(d));
    holdWhereMasked(mask, state.r(), r);
    holdWhereMasked(mask, state.d(), d);
    CheckedCopy.copy(at(r, time - 1), state.r());
    CheckedCopy.copy(at(d, time - 1), state.d());
    return new Rates(uDot, r, d);
  }

  @Override
  public Pair<Gradient, INDArray> tbpttBackpropGradient(
      INDArray epsilon, int tbpttBackLength, LayerWorkspaceMgr workspaceMgr) {
    return backpropGradient(epsilon, workspaceMgr);
  }

  /**
   * Runs the error neurons forward in time (GLE Eqs. 8, 9, 14, 15). With gamma &gt; 0 it takes the
   * segment's only step again, now with the error in the membranes: the rates of the forward pass
   * were those of the step before, which do not depend on it.
   *
   * @param epsilon gradient of the loss by this layer's output, [batch, nOut, time]
   * @return the gradients, summed over batch and time, and the gradient for the layer below, {@code
   *     -W^T e} delayed by one step
   * @throws IllegalStateException when gamma is not 0 and there is more than one step: then the
   *     rates depend on errors which a forward pass over all of them does not have yet
   */
  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    if (course == null) {
      throw new IllegalStateException(
          "backpropGradient without a forward pass before it " + layerId());
    }
    ArrayType working = ArrayType.BP_WORKING_MEM;
    INDArray above = timeSecond(permuteIfNWC(epsilon.castTo(dataType)), working, workspaceMgr);
    above.negi();
    long batch = above.size(0);
    long time = above.size(1);
    gradientsFlattened.assign(0);
    if (layerConf().getGamma() != 0) {
      return result(permuteIfNWC(stepAgain(above, workspaceMgr)));
    }
    NeuronState state = course.start();
    INDArray d = array(working, workspaceMgr, batch, time, nOut());
    Courses.delay(course.dBefore(), course.d(), d);
    INDArray q = array(working, workspaceMgr, batch, time, nOut());
    INDArray e = array(working, workspaceMgr, batch, time, nOut());
    NeuronParameters<INDArray> neurons = neurons();
    if (maskArray == null) {
      sequenceKernel.error(neurons, above, d, state.v(), q, state.vDot(), e);
    } else {
      for (long t = 0; t < time; t++) {
        INDArray mask = at(maskArray, t);
        INDArray before = state.v().dup('f');
        kernel.error(neurons, at(above, t), at(d, t), state.v(), at(q, t), state.vDot(), at(e, t));
        at(q, t).muliColumnVector(mask);
        at(e, t).muliColumnVector(mask);
        hold(mask, before, state.v());
      }
    }
    addAllGradients(rows(course.below()), rows(e));
    addTimeConstantGradients(rows(q), rows(e), rows(course.uDot()));
    INDArray f = array(working, workspaceMgr, batch, time, nIn());
    feedbackAll(rows(e), course.weights(), rows(f));
    if (course.training()) { // before the delay: its mask is that of the input
      backpropDropOutIfPresent(permuteIfNWC(f.permute(0, 2, 1)));
    }
    holdWhereMasked(maskArray, state.f(), f);
    INDArray below = delayedSequence(state.f(), f, ArrayType.ACTIVATION_GRAD, workspaceMgr).negi();
    if (course.stored() != null) {
      CheckedCopy.copy(state.v(), course.stored().get("v"));
      CheckedCopy.copy(at(f, time - 1), course.stored().get("f"));
    }
    return result(permuteIfNWC(below));
  }

  /** A step of {@link StreamingLayer} from where the forward pass started. */
  private INDArray stepAgain(INDArray above, LayerWorkspaceMgr workspaceMgr) {
    if (above.size(1) != 1) {
      throw new IllegalStateException(
          "gamma = "
              + layerConf().getGamma()
              + " lets errors act on the membranes within a sequence, which fit() cannot follow"
              + " over "
              + above.size(1)
              + " steps: train with StreamingTrainer or tBPTTLength(1), or set gamma = 0 "
              + layerId());
    }
    NeuronState state = course.start();
    INDArray mask = maskArray == null ? null : at(maskArray, 0);
    step(state, rows(course.below()), rows(above), mask, true);
    INDArray below = array(ArrayType.ACTIVATION_GRAD, workspaceMgr, above.size(0), nIn(), 1);
    state.f().muli(-1, below.get(all(), all(), point(0)));
    state.publish();
    if (course.stored() != null) {
      store(state, course.stored());
    }
    return below;
  }

  /** Ends a backward pass. */
  private Pair<Gradient, INDArray> result(INDArray below) {
    course = null;
    weightNoiseParams.clear();
    Gradient gradient = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach((key, view) -> gradient.gradientForVariable().put(key, view));
    return new Pair<>(gradient, below);
  }

  @Override
  public Type type() {
    return Type.RECURRENT;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public void clear() {
    super.clear();
    course = null;
  }

  private long nIn() {
    return layerConf().getNIn();
  }

  private long nOut() {
    return layerConf().getNOut();
  }

  /** Each step of a course repeats the one before, {@code first} at the start, where masked. */
  private void holdWhereMasked(INDArray mask, INDArray first, INDArray course) {
    for (long t = 0; mask != null && t < course.size(1); t++) {
      hold(at(mask, t), t == 0 ? first : at(course, t - 1), at(course, t));
    }
  }

  /** Step t of [batch, time, size], or column t of a mask [batch, time] as [batch, 1]. */
  private INDArray at(INDArray course, long t) {
    return course.rank() == 2
        ? course.getColumn(t, true).castTo(dataType)
        : course.get(all(), point(t), all());
  }

  private INDArray array(ArrayType type, LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.createUninitialized(type, dataType, shape, 'f');
  }

  /** [batch, size, time] as [batch, time, size], in 'f' order. */
  private INDArray timeSecond(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    INDArray course =
        array(type, workspaceMgr, sequence.size(0), sequence.size(2), sequence.size(1));
    Courses.read(sequence, course);
    return course;
  }

  /** {@code first, course[0], course[1], ...} as a sequence [batch, size, time]. */
  private INDArray delayedSequence(
      INDArray first, INDArray course, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    INDArray sequence = array(type, workspaceMgr, course.size(0), course.size(2), course.size(1));
    Courses.writeDelayed(first, course, sequence);
    return sequence;
  }

  /** A view of [batch, time, size] as [batch * time, size]. */
  private static INDArray rows(INDArray course) {
    return course.reshape('f', course.size(0) * course.size(1), course.size(2));
  }
}

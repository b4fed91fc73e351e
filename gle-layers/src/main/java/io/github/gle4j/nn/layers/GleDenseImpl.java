// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
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
  private final transient GleKernel kernel = new Nd4jKernel();

  /**
   * What {@link #backpropGradient} needs of the forward pass: {@code below} [batch * time, nIn],
   * the weights with their noise, {@code uDot} and {@code d} [batch, nOut, time], {@code d} before
   * the first step, the neurons before it (with gamma = 0 only their error neurons and feedback,
   * which the pass leaves alone), where it stored the neurons after the last step, or null, and
   * whether dropout was applied.
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
    NeuronParameters neurons = neurons();
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
    rate(state.p(), state.nextR(), state.d());
    if (mask != null) {
      hold(mask, before.u(), state.u());
      hold(mask, before.v(), state.v());
      hold(mask, before.d(), state.d());
      hold(mask, before.r(), state.nextR());
      hold(mask, before.f(), state.nextF());
    }
  }

  @Override
  public void infer(NeuronState state, INDArray below, INDArray mask) {
    NeuronState before = mask == null ? null : state.copy();
    forward(below, weights(), bias(), state.current());
    kernel.membrane(neurons(), state.current(), null, state.u(), state.uDot(), state.p());
    rate(state.p(), state.nextR(), state.d());
    if (mask != null) {
      hold(mask, before.u(), state.u());
      hold(mask, before.d(), state.d());
      hold(mask, before.r(), state.nextR());
    }
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
    INDArray weights = gradientViews.get(GleDenseParamInitializer.WEIGHT_KEY);
    Nd4j.gemm(below, e, weights, true, false, -1, 1);
    if (layerConf().isHasBias()) {
      gradientViews.get(GleDenseParamInitializer.BIAS_KEY).subi(e.sum(true, 0));
    }
  }

  // The neurons' own: time-constant gradients and rates, of one step or of all steps at once.

  /** As {@link #addGradients}, for arrays [batch, nOut] or [batch, nOut, time]. */
  private void addTimeConstantGradients(INDArray q, INDArray e, INDArray uDot) {
    if (layerConf().getLearnedTimeConstants().tauM()) {
      gradientViews.get(GleDenseParamInitializer.TAU_M_KEY).addi(perNeuron(e.mul(uDot)));
    }
    if (layerConf().getLearnedTimeConstants().tauR()) {
      gradientViews.get(GleDenseParamInitializer.TAU_R_KEY).subi(perNeuron(q.mul(uDot)));
    }
  }

  private static INDArray perNeuron(INDArray values) {
    INDArray sums = values.rank() == 3 ? values.sum(0, 2) : values.sum(0);
    return sums.reshape(1, values.size(1));
  }

  /** {@code r = phi(p), d = phi'(p)}; p has no defined content afterwards. */
  private void rate(INDArray p, INDArray r, INDArray d) {
    IActivation activation = layerConf().getActivationFn();
    CheckedCopy.copy(p, r);
    keep(activation.getActivation(r, false), r);
    d.assign(1);
    keep(activation.backprop(p, d).getFirst(), d);
  }

  /** Some activation functions work in place, others return a new array. */
  private static void keep(INDArray result, INDArray target) {
    if (result != target) {
      CheckedCopy.copy(result, target);
    }
  }

  /** Puts the old values back where the mask is 0. */
  private static void hold(INDArray mask, INDArray before, INDArray after) {
    after.muliColumnVector(mask).addi(before.mulColumnVector(mask.rsub(1)));
  }

  private NeuronParameters neurons() {
    return new NeuronParameters(
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
    long batch = x.size(0);
    long time = x.size(2);
    INDArray below = rows(x, ArrayType.ACTIVATIONS, workspaceMgr);
    INDArray current = array(ArrayType.ACTIVATIONS, workspaceMgr, batch * time, nOut());
    INDArray weights =
        getParamWithNoise(GleDenseParamInitializer.WEIGHT_KEY, training, workspaceMgr);
    INDArray bias =
        layerConf().isHasBias()
            ? getParamWithNoise(GleDenseParamInitializer.BIAS_KEY, training, workspaceMgr)
            : null;
    forward(below, weights, bias, current);

    INDArray currents = sequence(current, ArrayType.ACTIVATIONS, workspaceMgr, batch);
    INDArray uDot = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, nOut(), time);
    INDArray p = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, nOut(), time);
    NeuronState start = layerConf().getGamma() == 0 ? state : copy(state);
    NeuronParameters neurons = neurons();
    for (long t = 0; t < time; t++) {
      INDArray mask = maskAt(t);
      INDArray before = mask == null ? null : state.u().dup('f');
      kernel.membrane(neurons, at(currents, t), null, state.u(), at(uDot, t), at(p, t));
      if (mask != null) {
        hold(mask, before, state.u());
      }
    }
    INDArray r = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, nOut(), time);
    INDArray d = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, nOut(), time);
    rate(p, r, d);
    holdWhereMasked(state.r(), r);
    holdWhereMasked(state.d(), d);
    INDArray dBefore = workspaceMgr.dup(ArrayType.ACTIVATIONS, state.d(), 'f');
    course = new Course(below, weights, uDot, d, dBefore, start, stored, training);
    INDArray output = delayed(state.r(), r, ArrayType.ACTIVATIONS, workspaceMgr);
    CheckedCopy.copy(at(r, time - 1), state.r());
    CheckedCopy.copy(at(d, time - 1), state.d());
    if (stored != null) {
      store(state, stored);
    }
    return permuteIfNWC(output);
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
    INDArray eps = permuteIfNWC(epsilon.castTo(dataType));
    long batch = eps.size(0);
    long time = eps.size(2);
    gradientsFlattened.assign(0);
    if (layerConf().getGamma() != 0) {
      return result(permuteIfNWC(stepAgain(eps, workspaceMgr)));
    }
    NeuronState state = course.start();
    INDArray q = array(ArrayType.BP_WORKING_MEM, workspaceMgr, batch, nOut(), time);
    INDArray e = array(ArrayType.BP_WORKING_MEM, workspaceMgr, batch, nOut(), time);
    NeuronParameters neurons = neurons();
    for (long t = 0; t < time; t++) {
      INDArray mask = maskAt(t);
      INDArray before = mask == null ? null : state.v().dup('f');
      INDArray d = t == 0 ? course.dBefore() : at(course.d(), t - 1);
      at(eps, t).muli(-1, state.p());
      kernel.error(neurons, state.p(), d, state.v(), at(q, t), state.vDot(), at(e, t));
      if (mask != null) {
        at(q, t).muliColumnVector(mask);
        at(e, t).muliColumnVector(mask);
        hold(mask, before, state.v());
      }
    }
    INDArray eRows = rows(e, ArrayType.BP_WORKING_MEM, workspaceMgr);
    addGradients(course.below(), eRows);
    addTimeConstantGradients(q, e, course.uDot());
    INDArray fRows = array(ArrayType.BP_WORKING_MEM, workspaceMgr, batch * time, nIn());
    feedback(eRows, course.weights(), fRows);
    INDArray f = sequence(fRows, ArrayType.BP_WORKING_MEM, workspaceMgr, batch);
    if (course.training()) {
      backpropDropOutIfPresent(permuteIfNWC(f)); // before the delay: its mask is that of the input
    }
    holdWhereMasked(state.f(), f);
    INDArray below = delayed(state.f(), f, ArrayType.ACTIVATION_GRAD, workspaceMgr).negi();
    if (course.stored() != null) {
      CheckedCopy.copy(state.v(), course.stored().get("v"));
      CheckedCopy.copy(at(f, time - 1), course.stored().get("f"));
    }
    return result(permuteIfNWC(below));
  }

  /** A step of {@link StreamingLayer} from where the forward pass started. */
  private INDArray stepAgain(INDArray eps, LayerWorkspaceMgr workspaceMgr) {
    if (eps.size(2) != 1) {
      throw new IllegalStateException(
          "gamma = "
              + layerConf().getGamma()
              + " lets errors act on the membranes within a sequence, which fit() cannot follow"
              + " over "
              + eps.size(2)
              + " steps: train with StreamingTrainer or tBPTTLength(1), or set gamma = 0 "
              + layerId());
    }
    NeuronState state = course.start();
    INDArray above = array(ArrayType.BP_WORKING_MEM, workspaceMgr, eps.size(0), nOut());
    at(eps, 0).muli(-1, above);
    step(state, course.below(), above, maskAt(0), true);
    INDArray below = array(ArrayType.ACTIVATION_GRAD, workspaceMgr, eps.size(0), nIn(), 1);
    state.f().muli(-1, at(below, 0));
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

  /** Each step of a sequence repeats the one before, {@code first} at the start, where masked. */
  private void holdWhereMasked(INDArray first, INDArray sequence) {
    for (long t = 0; maskArray != null && t < sequence.size(2); t++) {
      hold(maskAt(t), t == 0 ? first : at(sequence, t - 1), at(sequence, t));
    }
  }

  /** Column t of the feature mask, [batch, 1], or null without a mask. */
  private INDArray maskAt(long t) {
    return maskArray == null ? null : maskArray.getColumn(t, true).castTo(dataType);
  }

  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t));
  }

  private INDArray array(ArrayType type, LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.createUninitialized(type, dataType, shape, 'f');
  }

  /** [batch, size, time] as [batch * time, size], in 'f' order. */
  private static INDArray rows(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    return workspaceMgr
        .dup(type, sequence.permute(0, 2, 1), 'f')
        .reshape('f', sequence.size(0) * sequence.size(2), sequence.size(1));
  }

  /** [batch * time, size] as [batch, size, time], in 'f' order. */
  private static INDArray sequence(
      INDArray rows, ArrayType type, LayerWorkspaceMgr workspaceMgr, long batch) {
    return workspaceMgr.dup(
        type, rows.reshape('f', batch, rows.size(0) / batch, rows.size(1)).permute(0, 2, 1), 'f');
  }

  /** {@code first, sequence[0], sequence[1], ...} without the sequence's last step. */
  private INDArray delayed(
      INDArray first, INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    long time = sequence.size(2);
    INDArray delayed = array(type, workspaceMgr, sequence.shape());
    CheckedCopy.copy(first, at(delayed, 0));
    if (time > 1) {
      CheckedCopy.copy(
          sequence.get(all(), all(), interval(0, time - 1)),
          delayed.get(all(), all(), interval(1, time)));
    }
    return delayed;
  }
}

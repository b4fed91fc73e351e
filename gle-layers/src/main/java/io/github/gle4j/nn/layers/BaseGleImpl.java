// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.dynamics.GleKernel;
import io.github.gle4j.dynamics.Nd4jKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
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
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A layer of GLE neurons at run time, whatever its connectivity: the neurons of a {@link
 * GleKernel}, for one step at a time ({@link StreamingLayer}) and for whole sequences (DL4J's own
 * calls).
 *
 * <p>Over a sequence the weights are fixed. Its forward pass runs membranes and rates through all
 * steps, {@link #backpropGradient} the error neurons, forward in time too. Both give the numbers of
 * the single steps.
 *
 * <p>A subclass is a connectivity. A pair of time constants belongs to one neuron, or to as many
 * neighbouring neurons for every pair, such as those of a feature map.
 */
abstract class BaseGleImpl<C extends BaseGleLayer> extends BaseRecurrentLayer<C>
    implements StreamingLayer {
  private static final Logger LOG = LoggerFactory.getLogger(BaseGleLayer.class);

  private final transient GleKernel<INDArray> kernel = new Nd4jKernel();
  private final transient Scratch scratch = new Scratch();

  /**
   * What {@link #backpropGradient} needs of the forward pass: {@code below} [batch, nIn, time], the
   * features mask [batch, time] or null, the weights with their noise, {@code d} before each step
   * and {@code uDot}, [batch, nOut, time] or null, the neurons before the first step (with gamma =
   * 0 only their error neurons and feedback, which the pass leaves alone; what it stored shares
   * their arrays), where it stored the neurons after the last step, or null, and whether dropout
   * was applied.
   */
  private record Course(
      INDArray below,
      INDArray mask,
      INDArray weights,
      INDArray d,
      INDArray uDot,
      NeuronState start,
      Map<String, INDArray> stored,
      boolean training) {}

  private transient Course course;
  private transient INDArray fixedFeedback; // null: not drawn yet
  private transient boolean wentBack;

  BaseGleImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  // The connectivity by ND4J's operations; matrices have a row per sample and are in 'f' order.

  /** Computes {@code W r + b}, [batch, neurons]; the bias may be null. */
  abstract void forward(INDArray below, INDArray weights, INDArray bias, INDArray current);

  /** Computes {@code W^T e}, [batch, inputs]. */
  abstract void feedback(INDArray e, INDArray weights, INDArray f);

  /** Adds the gradients an optimiser subtracts: minus GLE's directions of ascent (Eqs. 14, 15). */
  abstract void addGradients(INDArray below, INDArray e);

  // What DL4J hands over and gets.

  /** Refuses input that is not of this layer. */
  abstract void requireInput(INDArray input);

  /** Number of samples of the input. */
  abstract long batch();

  /** DL4J's input or errors, of this layer's type, as a sequence [batch, size, time]; or a view. */
  abstract INDArray sequence(INDArray array, ArrayType type, LayerWorkspaceMgr workspaceMgr);

  /** A sequence of rates as DL4J's output. */
  abstract INDArray output(INDArray sequence, LayerWorkspaceMgr workspaceMgr);

  /** A sequence [batch, inputs, time] in the shape of the input, a view of it if possible. */
  abstract INDArray likeInput(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr);

  // One step at a time.

  @Override
  public NeuronState newState(long batch) {
    return NeuronState.zeros(dataType, batch, outputs(), inputs());
  }

  @Override
  public void advanceErrors(NeuronState state, INDArray above, INDArray mask) {
    errors(state, above, state.d(), mask);
  }

  @Override
  public void advanceRates(NeuronState state, INDArray below, INDArray mask) {
    membranes(state, below, state.e(), mask, weights(), bias());
  }

  @Override
  public void passDown(NeuronState state, INDArray below, INDArray mask, boolean learn) {
    if (learn) {
      addGradients(below, state.e());
      addTimeConstantGradients(state.q(), state.e(), state.uDot());
    }
    feedback(state.e(), feedbackWeights(weights()), state.nextF());
    hold(mask, state.f(), state.nextF());
  }

  @Override
  public INDArray infer(NeuronState state, INDArray below, INDArray mask, boolean delayed) {
    INDArray rates =
        Nd4j.createUninitialized(
            dataType, new long[] {below.size(0), outputs(), below.size(2)}, 'f');
    advance(
        state,
        NativeSteps.isPlain(below) ? below : below.dup('f'),
        mask,
        weights(),
        bias(),
        rates,
        null,
        null,
        delayed);
    return rates;
  }

  /** Null before DL4J has given the layer a place for gradients. */
  final INDArray weightGradients() {
    return gradientViews == null ? null : gradientViews.get(GleParamInitializer.WEIGHT_KEY);
  }

  /** Null as well when the layer has no bias. */
  final INDArray biasGradients() {
    return gradientViews == null ? null : gradientViews.get(GleParamInitializer.BIAS_KEY);
  }

  // The neurons' own.

  /** The error neurons of a step, with the derivatives of the step before. */
  private void errors(NeuronState state, INDArray above, INDArray d, INDArray mask) {
    INDArray vBefore = mask == null ? null : state.v().dup('f');
    kernel.error(
        neurons(),
        byConstants(above),
        byConstants(d),
        byConstants(state.v()),
        byConstants(state.q()),
        byConstants(state.vDot()),
        byConstants(state.e()));
    if (mask != null) {
      SequenceArrays.clear(state.q(), mask);
      SequenceArrays.clear(state.e(), mask);
    }
    hold(mask, vBefore, state.v());
  }

  /** The membranes of a step and their new rate, which is left in {@code nextR}. */
  private void membranes(
      NeuronState state,
      INDArray below,
      INDArray e,
      INDArray mask,
      INDArray weights,
      INDArray bias) {
    INDArray uBefore = mask == null ? null : state.u().dup('f');
    INDArray dBefore = mask == null ? null : state.d().dup('f');
    forward(below, weights, bias, state.current());
    kernel.membrane(
        neurons(),
        byConstants(state.current()),
        e == null ? null : byConstants(e),
        byConstants(state.u()),
        byConstants(state.uDot()),
        byConstants(state.p()));
    RateFunctions.apply(layerConf().getActivationFn(), state.p(), state.nextR(), state.d());
    hold(mask, uBefore, state.u());
    hold(mask, dBefore, state.d());
    hold(mask, state.r(), state.nextR());
  }

  /** As {@link #addGradients}. */
  private void addTimeConstantGradients(INDArray q, INDArray e, INDArray uDot) {
    if (layerConf().getLearnedTimeConstants().tauM()) {
      gradientViews.get(GleParamInitializer.TAU_M_KEY).addi(byConstants(e.mul(uDot)).sum(true, 0));
    }
    if (layerConf().getLearnedTimeConstants().tauR()) {
      gradientViews.get(GleParamInitializer.TAU_R_KEY).subi(byConstants(q.mul(uDot)).sum(true, 0));
    }
  }

  /** A view of [batch, neurons] with a column for every pair of time constants. */
  private INDArray byConstants(INDArray array) {
    long constants = layerConf().getNOut();
    return array.size(1) == constants
        ? array
        : array.reshape('f', array.length() / constants, constants);
  }

  /** Puts the old values back where the mask is 0; null as a mask is 1 everywhere. */
  private static void hold(INDArray mask, INDArray before, INDArray after) {
    if (mask != null) {
      SequenceArrays.clear(after, mask);
      after.addi(before.mulColumnVector(mask.rsub(1)));
    }
  }

  @Override
  public NeuronParameters<INDArray> neurons() {
    return new NeuronParameters<>(
        getParam(GleParamInitializer.TAU_M_KEY),
        getParam(GleParamInitializer.TAU_R_KEY),
        layerConf().getDt(),
        layerConf().getGamma(),
        layerConf().isProspectiveErrors());
  }

  final INDArray weights() {
    return getParam(GleParamInitializer.WEIGHT_KEY);
  }

  /**
   * What carries errors down: fixed weights, drawn when they are first needed, or the layer's own.
   */
  final INDArray feedbackWeights(INDArray own) {
    Long seed = layerConf().getFeedbackWeights().getSeed();
    if (seed == null) {
      return own;
    }
    if (fixedFeedback == null) {
      try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
        fixedFeedback = layerConf().initializer().feedbackWeights(layerConf(), seed, dataType);
      }
    }
    return fixedFeedback;
  }

  /** Null when the layer has none. */
  final INDArray bias() {
    return layerConf().isHasBias() ? getParam(GleParamInitializer.BIAS_KEY) : null;
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
    requireInput(input);
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      if (stored.isEmpty()) {
        return newState(batch());
      }
      Map<String, INDArray> fitting = new HashMap<>();
      stored.forEach((name, array) -> fitting.put(name, fitting(name, array)));
      return NeuronState.restore(fitting);
    }
  }

  /** A stored array, which may come from the user, if it can be the state of this layer. */
  private INDArray fitting(String name, INDArray array) {
    long size = name.equals("f") ? inputs() : outputs();
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
    if (array.size(0) != batch()) {
      throw new DL4JInvalidInputException(
          "the stored state has "
              + array.size(0)
              + " samples but the input "
              + batch()
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
    INDArray weights = getParamWithNoise(GleParamInitializer.WEIGHT_KEY, training, workspaceMgr);
    INDArray bias =
        layerConf().isHasBias()
            ? getParamWithNoise(GleParamInitializer.BIAS_KEY, training, workspaceMgr)
            : null;
    NeuronState start = layerConf().getGamma() == 0 ? state : copy(state);
    ArrayType type = ArrayType.ACTIVATIONS;
    INDArray below = sequence(input, type, workspaceMgr);
    INDArray mask = SequenceArrays.featuresMask(maskArray, below.size(0), below.size(2), dataType);
    below = settled(below, mask, type, workspaceMgr);
    long[] shape = {below.size(0), outputs(), below.size(2)};
    INDArray rates = array(type, workspaceMgr, shape);
    INDArray d = array(type, workspaceMgr, shape);
    INDArray uDot = learnsTimeConstants() ? array(type, workspaceMgr, shape) : null;
    advance(state, below, mask, weights, bias, rates, d, uDot, true);
    requireFinite(rates, training ? d : null, state);
    course = new Course(below, mask, weights, d, uDot, start, stored, training);
    if (stored != null) {
      stored.putAll(state.arrays());
    }
    return output(rates, workspaceMgr);
  }

  /** A tanh or a softmax above may hide what is not finite; d matters to learning alone. */
  private void requireFinite(INDArray rates, INDArray d, NeuronState after) {
    String layer = Finite.name(this);
    Finite.requireSequence(rates, true, after, layer, 0);
    if (d != null) {
      Finite.requireSteps("d", d, layer, -1);
      Finite.requireSteps("d", after.d(), layer, rates.size(2) - 1);
    }
  }

  /**
   * Advances {@code u, r, d} of the state over a sequence.
   *
   * @param below [batch, nIn, time] in 'f' order
   * @param rates out: the rate before or after each step, [batch, nOut, time] in 'f' order
   * @param d out: d before each step; null: not wanted
   * @param uDot out: null: not wanted
   * @param delayed whether the rates are those before the steps
   */
  private void advance(
      NeuronState state,
      INDArray below,
      INDArray mask,
      INDArray weights,
      INDArray bias,
      INDArray rates,
      INDArray d,
      INDArray uDot,
      boolean delayed) {
    if (isNative()) {
      nativeSequence(below.size(0))
          .forward(below, NativeSteps.ofMask(mask), state, rates, d, uDot, delayed);
      return;
    }
    for (long t = 0; t < below.size(2); t++) {
      INDArray rBefore = delayed ? state.r().dup('f') : null;
      if (d != null) {
        CheckedCopy.copy(state.d(), at(d, t));
      }
      membranes(state, at(below, t), null, at(mask, t), weights, bias);
      state.publishRate();
      CheckedCopy.copy(delayed ? rBefore : state.r(), at(rates, t));
      if (uDot != null) {
        CheckedCopy.copy(state.uDot(), at(uDot, t));
      }
    }
  }

  /** Whether sequences need nothing that only ND4J's operations do. */
  private boolean isNative() {
    return NativeFloats.obstacle(dataType).isEmpty()
        && layerConf().getIDropout() == null
        && layerConf().getWeightNoise() == null;
  }

  private NativeSequence nativeSequence(long batch) {
    return new NativeSequence(
        connectivity(Math.toIntExact(batch), scratch), neurons(), layerConf().getActivationFn());
  }

  private boolean learnsTimeConstants() {
    LearnedTimeConstants learned = layerConf().getLearnedTimeConstants();
    return learned.tauM() || learned.tauR();
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
    INDArray gradient = // of the loss, by the rates
        settled(
            sequence(epsilon, ArrayType.BP_WORKING_MEM, workspaceMgr),
            course.mask(),
            ArrayType.BP_WORKING_MEM,
            workspaceMgr);
    long batch = gradient.size(0);
    long time = gradient.size(2);
    gradientsFlattened.assign(0);
    INDArray below = array(ArrayType.ACTIVATION_GRAD, workspaceMgr, batch, inputs(), time);
    if (layerConf().getGamma() != 0) {
      stepAgain(gradient, below);
      return result(likeInput(below, ArrayType.ACTIVATION_GRAD, workspaceMgr));
    }
    NeuronState state = course.start();
    if (isNative()) {
      nativeSequence(batch)
          .backward(
              gradient,
              course.below(),
              course.d(),
              NativeSteps.ofMask(course.mask()),
              state,
              below,
              course.uDot(),
              new TimeConstantGradients(layerConf().getLearnedTimeConstants(), gradientViews));
    } else {
      INDArray f = array(ArrayType.BP_WORKING_MEM, workspaceMgr, batch, inputs(), time);
      for (long t = 0; t < time; t++) {
        errors(state, at(gradient, t).neg(), at(course.d(), t), at(course.mask(), t));
        addGradients(at(course.below(), t), state.e());
        if (course.uDot() != null) {
          addTimeConstantGradients(state.q(), state.e(), at(course.uDot(), t));
        }
        feedback(state.e(), feedbackWeights(course.weights()), at(f, t));
      }
      if (course.training()) { // before the delay: its mask is that of the input
        INDArray shaped = likeInput(f, ArrayType.BP_WORKING_MEM, workspaceMgr);
        backpropDropOutIfPresent(shaped);
        CheckedCopy.copy(sequence(shaped, ArrayType.BP_WORKING_MEM, workspaceMgr), f);
      }
      for (long t = 0; t < time; t++) {
        state.f().muli(-1, at(below, t));
        hold(at(course.mask(), t), state.f(), at(f, t));
        CheckedCopy.copy(at(f, t), state.f());
      }
    }
    warnIfLost(below, state.f());
    return result(likeInput(below, ArrayType.ACTIVATION_GRAD, workspaceMgr));
  }

  /**
   * Errors go down one GLE layer in a step, so those of the last step are still under way when the
   * sequence ends. In segments the next one takes them up.
   */
  private void warnIfLost(INDArray below, INDArray f) {
    boolean isFirst = !wentBack;
    wentBack = true;
    if (isFirst
        && getIndex() > 0 // else nothing lies below
        && course.stored() == null
        && below.amaxNumber().doubleValue() == 0
        && f.amaxNumber().doubleValue() != 0) {
      LOG.warn(
          "fit teaches the layers below {} nothing: its only errors are those of the last step, as"
              + " with LastTimeStep, and they would arrive a step later; give errors in every step,"
              + " by GlobalPoolingLayer or labels per step, or train with StreamingTrainer",
          Finite.name(this));
    }
  }

  /**
   * A step of {@link StreamingLayer} from where the forward pass started.
   *
   * @param epsilon [batch, nOut, 1]
   * @param below out: minus the feedback of the step before, [batch, nIn, 1]
   */
  private void stepAgain(INDArray epsilon, INDArray below) {
    if (epsilon.size(2) != 1) {
      throw new IllegalStateException(
          "gamma = "
              + layerConf().getGamma()
              + " lets errors act on the membranes within a sequence, which fit() cannot follow"
              + " over "
              + epsilon.size(2)
              + " steps: train with StreamingTrainer or tBPTTLength(1), or set gamma = 0 "
              + layerId());
    }
    NeuronState state = course.start();
    step(state, at(course.below(), 0), at(epsilon, 0).neg(), at(course.mask(), 0), true);
    state.f().muli(-1, at(below, 0));
    state.publish();
    if (course.stored() != null) {
      course.stored().putAll(state.arrays());
    }
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

  /** A sequence in plain order, 0 where the mask is: a copy, unless it is so already. */
  private static INDArray settled(
      INDArray sequence, INDArray mask, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    if (mask == null && NativeSteps.isPlain(sequence)) {
      return sequence;
    }
    INDArray settled = workspaceMgr.dup(type, sequence, 'f');
    SequenceArrays.hideSteps(settled, mask);
    return settled;
  }

  /** Step t of [batch, size, time], or column t of a mask [batch, time] as [batch, 1], or null. */
  private INDArray at(INDArray sequence, long t) {
    if (sequence == null) {
      return null;
    }
    return sequence.rank() == 2
        ? sequence.getColumn(t, true)
        : sequence.get(all(), all(), point(t));
  }

  final INDArray array(ArrayType type, LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.createUninitialized(type, dataType, shape, 'f');
  }
}

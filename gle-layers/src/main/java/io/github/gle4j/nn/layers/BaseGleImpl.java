// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.ArrayMath;
import io.github.gle4j.dynamics.FloatArrays;
import io.github.gle4j.dynamics.Nd4jArrays;
import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable;
import io.github.gle4j.nn.conf.BaseGleLayer;
import io.github.gle4j.nn.connectivity.Connectivity;
import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.connectivity.WeightArrays;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A layer of GLE neurons at run time, whatever its connectivity: for one step at a time ({@link
 * StreamingLayer}) and for whole sequences (DL4J's own calls).
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

  /** Single precision rounds dt and the time constants differently. */
  private static final double ROUNDING = 1e-6;

  private final transient Scratch scratch = new Scratch();

  /**
   * What {@link #backpropGradient} needs of the forward pass: {@code below} [batch, nIn, time], the
   * features mask [batch, 1, time] or null, weights and biases with their noise, what the forward
   * pass recorded, [batch, nOut, time] each, the neurons before the first step (with gamma = 0 only
   * their error neurons and feedback, which the pass leaves alone), where it stored the neurons
   * after the last step, or null, and whether dropout was applied.
   */
  private record ForwardPass(
      INDArray below,
      INDArray mask,
      INDArray weights,
      INDArray bias,
      Map<String, INDArray> recorded,
      State<INDArray> start,
      Map<String, INDArray> stored,
      boolean training) {}

  /** Steps on Java arrays, which serve until other parameters or another batch come. */
  private record Kept(
      NeuronSteps<float[]> steps,
      INDArray weights,
      INDArray bias,
      Map<String, INDArray> gradients) {}

  private transient ForwardPass forwardPass;
  private transient Kept kept;
  private transient INDArray fixedFeedback; // null: not drawn yet
  private transient boolean wentBack;

  BaseGleImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  /** The connection from below by ND4J's operations. */
  abstract Connectivity<INDArray> reference(WeightArrays arrays);

  /** The connection from below for float on the CPU. */
  abstract Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch);

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
  public double dt() {
    return layerConf().getDt();
  }

  @Override
  public boolean errorsMoveMembranes() {
    return model().errorsMoveMembranes();
  }

  @Override
  public Optional<String> obstacle(boolean learns) {
    if (learns && (layerConf().getIDropout() != null || layerConf().getWeightNoise() != null)) {
      return Optional.of("dropout or weight noise, which cannot be streamed: remove it");
    }
    for (String constant : model().constants()) {
      double smallest = getParam(constant).minNumber().doubleValue();
      if (!(smallest >= dt() * (1 - ROUNDING))) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "%s = %s, below dt = %s: at least dt is allowed",
                constant,
                smallest,
                dt()));
      }
    }
    return Optional.empty();
  }

  @Override
  public Optional<String> slowPart() {
    IActivation phi = layerConf().getActivationFn();
    return RateFunctions.isFast(phi) ? Optional.empty() : Optional.of("activation " + phi);
  }

  @Override
  public List<Variable> variables() {
    return NeuronSteps.variables(model(), Math.toIntExact(inputs()), Math.toIntExact(outputs()));
  }

  @Override
  public State<INDArray> newState(long batch) {
    return new State<>(variables(), Math.toIntExact(batch), new Nd4jArrays(dataType));
  }

  @Override
  public LayerSteps<INDArray> reference(State<INDArray> state) {
    return referenceSteps(state, reference(arrays(weights(), bias())));
  }

  @Override
  public LayerSteps<float[]> fused(int batch, Scratch shared) {
    return fusedSteps(batch, shared, fused(arrays(weights(), bias()), batch, shared), true);
  }

  @Override
  public INDArray infer(State<INDArray> state, INDArray below, INDArray mask, boolean delayed) {
    INDArray rates =
        Nd4j.createUninitialized(
            dataType, new long[] {below.size(0), outputs(), below.size(2)}, 'f');
    pass(state.batch(), weights(), bias(), null)
        .forward(
            state,
            NativeSteps.isPlain(below) ? below : below.dup('f'),
            perStep(mask),
            rates,
            Map.of(),
            delayed);
    return rates;
  }

  // What a step is made of.

  private NeuronModel model() {
    return layerConf().neurons();
  }

  private NeuronSteps<INDArray> referenceSteps(
      State<INDArray> state, Connectivity<INDArray> connection) {
    IActivation phi = layerConf().getActivationFn();
    return new NeuronSteps<>(
        model(),
        model().on(new Nd4jArrays(dataType), (p, r, d) -> RateFunctions.apply(phi, p, r, d)),
        LayerConstants.reference(model().constants(), this::getParam, gradientViews),
        connection,
        state,
        gradientsByName(),
        false,
        RateFunctions.isFast(phi));
  }

  private NeuronSteps<float[]> fusedSteps(
      int batch, Scratch shared, Connectivity<float[]> connection, boolean isWatched) {
    IActivation phi = layerConf().getActivationFn();
    State<float[]> state =
        new State<>(
            variables(),
            batch,
            FloatArrays.INSTANCE,
            work -> shared.array(work.name(), Math.multiplyExact(work.size(), batch)));
    return new NeuronSteps<>(
        model(),
        model().fused(RateFunctions.of(phi, Math.toIntExact(outputs()))),
        LayerConstants.fused(model().constants(), this::getParam, gradientViews),
        connection,
        state,
        gradientsByName(),
        isWatched,
        RateFunctions.isFast(phi));
  }

  private Map<String, INDArray> gradientsByName() {
    return gradientViews == null ? Map.of() : gradientViews;
  }

  /** Parameters and gradients of the connection, perhaps with noise. */
  private WeightArrays arrays(INDArray weights, INDArray bias) {
    return new WeightArrays(
        weights, feedbackWeights(weights), weightGradients(), bias, biasGradients());
  }

  /**
   * A pass over a sequence with the parameters as they are now.
   *
   * @param factors what dropout multiplied the inputs by, [batch, inputs, time]; null: none
   */
  @SuppressWarnings("ReferenceEquality") // equal arrays may lie elsewhere
  private SequencePass<?> pass(int batch, INDArray weights, INDArray bias, INDArray factors) {
    WeightArrays arrays = arrays(weights, bias);
    if (NativeFloats.obstacle(dataType).isPresent()) {
      Nd4jArrays math = new Nd4jArrays(dataType);
      Connectivity<INDArray> plain = reference(arrays);
      Connectivity<INDArray> connection =
          factors == null ? plain : dropped(plain, TimeSteps.views(factors), math, batch);
      return SequencePass.reference(referenceSteps(newState(batch), connection), math);
    }
    if (factors != null) {
      Connectivity<float[]> plain = fused(arrays, batch, scratch);
      Connectivity<float[]> connection =
          dropped(plain, TimeSteps.copies(factors), FloatArrays.INSTANCE, batch);
      return SequencePass.fused(fusedSteps(batch, scratch, connection, false));
    }
    if (kept == null
        || kept.steps.state().batch() != batch
        || kept.weights != weights
        || kept.bias != bias
        || kept.gradients != gradientViews) {
      NeuronSteps<float[]> steps = fusedSteps(batch, scratch, fused(arrays, batch, scratch), false);
      kept = new Kept(steps, weights, bias, gradientViews);
    }
    kept.steps.parametersChanged();
    return SequencePass.fused(kept.steps);
  }

  private <A> Connectivity<A> dropped(
      Connectivity<A> connection, TimeSteps<A> factors, ArrayMath<A> math, int batch) {
    A part = math.zeros(Math.toIntExact(inputs()), batch);
    return new ThroughDropout<>(connection, factors, math, part);
  }

  /** A mask [batch, time] as a sequence. */
  private static INDArray perStep(INDArray mask) {
    if (mask == null) {
      return null;
    }
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return mask.dup('f').reshape('f', mask.size(0), 1, mask.size(1));
    }
  }

  /** Null before DL4J has given the layer a place for gradients. */
  final INDArray weightGradients() {
    return gradientViews == null ? null : gradientViews.get(GleParamInitializer.WEIGHT_KEY);
  }

  /** Null as well when the layer has no bias. */
  final INDArray biasGradients() {
    return gradientViews == null ? null : gradientViews.get(GleParamInitializer.BIAS_KEY);
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

  private State<INDArray> startOf(Map<String, INDArray> stored) {
    assertInputSet(false);
    requireInput(input);
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      State<INDArray> start = newState(batch());
      if (!stored.isEmpty()) {
        Map<String, INDArray> fitting = new HashMap<>();
        for (Variable variable : start.variables()) {
          if (variable.isSaved()) {
            fitting.put(variable.name(), fitting(variable, stored.get(variable.name())));
          }
        }
        start.load(fitting);
      }
      return start;
    }
  }

  /** A stored array, which may come from the user, if it can be the state of this layer. */
  private INDArray fitting(Variable variable, INDArray array) {
    if (array == null) {
      return null;
    }
    int size = variable.size();
    if (array.rank() != 2 || array.size(1) != size) {
      throw new DL4JInvalidInputException(
          "the stored state has "
              + variable.name()
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

  /**
   * The rates of a sequence, delayed by one step; advances membranes and rates of the state and
   * puts it into the map, unless that is null.
   */
  private INDArray forward(
      State<INDArray> state,
      boolean training,
      Map<String, INDArray> stored,
      LayerWorkspaceMgr workspaceMgr) {
    applyDropOutIfNecessary(training, workspaceMgr);
    INDArray weights = getParamWithNoise(GleParamInitializer.WEIGHT_KEY, training, workspaceMgr);
    INDArray bias =
        layerConf().isHasBias()
            ? getParamWithNoise(GleParamInitializer.BIAS_KEY, training, workspaceMgr)
            : null;
    State<INDArray> start = errorsMoveMembranes() ? state.copy() : state;
    ArrayType type = ArrayType.ACTIVATIONS;
    INDArray below = sequence(input, type, workspaceMgr);
    INDArray mask = SequenceArrays.featuresMask(maskArray, below.size(0), below.size(2), dataType);
    below = settled(below, mask, type, workspaceMgr);
    long[] shape = {below.size(0), outputs(), below.size(2)};
    INDArray rates = array(type, workspaceMgr, shape);
    Map<String, INDArray> recorded = new LinkedHashMap<>();
    for (String name : SequencePass.recorded(model())) {
      recorded.put(name, array(type, workspaceMgr, shape));
    }
    INDArray masks = perStep(mask);
    pass(state.batch(), weights, bias, null).forward(state, below, masks, rates, recorded, true);
    requireFinite(rates, recorded, training, state);
    forwardPass = new ForwardPass(below, masks, weights, bias, recorded, start, stored, training);
    if (stored != null) {
      stored.putAll(state.arrays());
    }
    return output(rates, workspaceMgr);
  }

  /**
   * A tanh or a softmax above may hide what is not finite; what is recorded matters to learning.
   */
  private void requireFinite(
      INDArray rates, Map<String, INDArray> recorded, boolean training, State<INDArray> after) {
    String layer = Finite.name(this);
    Finite.requireSequence(rates, true, after, layer, 0);
    if (training) {
      for (String name : model().readByErrors()) { // as it is before each step
        Finite.requireSteps(name, recorded.get(name), layer, -1);
      }
    }
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
    if (forwardPass == null) {
      throw new IllegalStateException(
          "backpropGradient without a forward pass before it " + layerId());
    }
    INDArray mask = forwardPass.mask();
    INDArray gradient = // of the loss, by the rates
        settled(
            sequence(epsilon, ArrayType.BP_WORKING_MEM, workspaceMgr),
            mask == null ? null : mask.reshape('f', mask.size(0), mask.size(2)),
            ArrayType.BP_WORKING_MEM,
            workspaceMgr);
    long batch = gradient.size(0);
    long time = gradient.size(2);
    gradientsFlattened.assign(0);
    INDArray below = array(ArrayType.ACTIVATION_GRAD, workspaceMgr, batch, inputs(), time);
    State<INDArray> state = forwardPass.start();
    if (errorsMoveMembranes()) {
      stepAgain(gradient, below);
    } else {
      pass(
              state.batch(),
              forwardPass.weights(),
              forwardPass.bias(),
              forwardPass.training() ? dropoutFactors(below.shape(), workspaceMgr) : null)
          .backward(state, gradient, forwardPass.below(), mask, forwardPass.recorded(), below);
    }
    if (forwardPass.stored() != null) {
      forwardPass.stored().putAll(state.arrays());
    }
    warnIfLost(below, state.get(LayerSteps.DOWN));
    return result(likeInput(below, ArrayType.ACTIVATION_GRAD, workspaceMgr));
  }

  /** What dropout multiplied the inputs by in the forward pass; null: there is none. */
  private INDArray dropoutFactors(long[] shape, LayerWorkspaceMgr workspaceMgr) {
    if (layerConf().getIDropout() == null) {
      return null;
    }
    INDArray ones = array(ArrayType.BP_WORKING_MEM, workspaceMgr, shape).assign(1);
    INDArray factors = likeInput(ones, ArrayType.BP_WORKING_MEM, workspaceMgr);
    backpropDropOutIfPresent(factors);
    return settled(
        sequence(factors, ArrayType.BP_WORKING_MEM, workspaceMgr),
        null,
        ArrayType.BP_WORKING_MEM,
        workspaceMgr);
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
        && forwardPass.stored() == null
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
   * A single step from where the forward pass started.
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
    State<INDArray> state = forwardPass.start();
    LayerSteps<INDArray> steps = reference(state);
    INDArray mask = forwardPass.mask() == null ? null : at(forwardPass.mask(), 0);
    steps.advanceErrors(at(epsilon, 0).neg(), mask);
    steps.advanceRates(at(forwardPass.below(), 0), mask);
    state.get(LayerSteps.DOWN).muli(-1, at(below, 0));
    steps.passDown(at(forwardPass.below(), 0), mask, true, true);
    state.publish();
  }

  /** Ends a backward pass. */
  private Pair<Gradient, INDArray> result(INDArray below) {
    forwardPass = null;
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
    forwardPass = null;
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

  /** Step t of [batch, size, time]. */
  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t));
  }

  final INDArray array(ArrayType type, LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.createUninitialized(type, dataType, shape, 'f');
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.dynamics.Nd4jArrays;
import io.github.gle4j.nn.conf.Gru;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.MaskState;
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
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastCopyOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link Gru} at run time. The input's share of the pre-activations is one matrix product for all
 * time steps, and so are the gradients of the parameters and of the input; step by step goes only
 * what passes through the recurrent weights.
 */
public final class GruImpl extends BaseRecurrentLayer<Gru> {
  /** Key of the output of the last time step, [batch, nOut], the only state. */
  public static final String STATE_KEY = "prevAct";

  /**
   * What {@link #backpropGradient} needs of the forward pass.
   *
   * @param below inputs, [batch * time, nIn]
   * @param mask of the features, [batch, time], or null
   * @param states the state before each step and after the last one, [batch, nOut, time + 1]
   * @param gatesIn pre-activations of r and z, [batch, 2 nOut, time]
   * @param gates r and z, [batch, 2 nOut, time]
   * @param candidateIn pre-activation of n, [batch, nOut, time]
   * @param candidate n, [batch, nOut, time]
   * @param recurrent what r multiplies, [batch, nOut, time]
   */
  private record Course(
      INDArray below,
      INDArray mask,
      INDArray states,
      INDArray gatesIn,
      INDArray gates,
      INDArray candidateIn,
      INDArray candidate,
      INDArray recurrent) {

    INDArray before() {
      return states.get(all(), all(), interval(0, states.size(2) - 1));
    }

    INDArray outputs() {
      return states.get(all(), all(), interval(1, states.size(2)));
    }

    INDArray r() {
      return gates.get(all(), interval(0, candidate.size(1)), all());
    }

    INDArray z() {
      return gates.get(all(), interval(candidate.size(1), 2 * candidate.size(1)), all());
    }
  }

  private transient Course course;

  /**
   * Creates the layer; DL4J calls this through {@link Gru#instantiate}.
   *
   * @param conf configuration whose layer is a {@link Gru}
   * @param dataType floating-point type of parameters and states
   */
  public GruImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
    return forward(null, training, workspaceMgr);
  }

  @Override
  public INDArray rnnTimeStep(INDArray input, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    INDArray output = forward(stateMap.get(STATE_KEY), false, workspaceMgr);
    storeLast(stateMap);
    return output;
  }

  @Override
  public INDArray rnnActivateUsingStoredState(
      INDArray input, boolean training, boolean storeLastForTbptt, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    INDArray output = forward(tBpttStateMap.get(STATE_KEY), training, workspaceMgr);
    if (storeLastForTbptt) {
      storeLast(tBpttStateMap);
    }
    return output;
  }

  private void storeLast(Map<String, INDArray> map) {
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      map.put(STATE_KEY, at(course.states(), course.states().size(2) - 1).dup('f'));
    }
  }

  /** The outputs of a sequence that starts from the given state; null: from zero. */
  private INDArray forward(INDArray start, boolean training, LayerWorkspaceMgr workspaceMgr) {
    assertInputSet(false);
    applyDropOutIfNecessary(training, workspaceMgr);
    INDArray x = checkedInput();
    long batch = x.size(0);
    long time = x.size(2);
    INDArray states = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, nOut(), time + 1);
    if (start == null) {
      at(states, 0).assign(0);
    } else {
      CheckedCopy.copy(checkedState(start, batch), at(states, 0));
    }
    course = preActivations(x, states, training, workspaceMgr);
    INDArray recurrentWeights =
        getParamWithNoise(GruParamInitializer.RECURRENT_WEIGHT_KEY, training, workspaceMgr);
    if (isNative()) {
      new NativeGru(layerConf(), recurrentWeights, Math.toIntExact(batch))
          .forward(
              states,
              course.gatesIn(),
              course.gates(),
              course.candidateIn(),
              course.candidate(),
              course.recurrent(),
              NativeSteps.ofMask(course.mask()));
    } else {
      runThrough(states, recurrentWeights, training);
    }
    Finite.requireSteps("h", course.outputs(), Finite.name(this), 0);
    // A copy: the layer above may change its input in place.
    return permuteIfNWC(workspaceMgr.dup(ArrayType.ACTIVATIONS, course.outputs(), 'f'));
  }

  /** Whether what goes step by step needs nothing that only ND4J's operations do. */
  private boolean isNative() {
    return NativeFloats.obstacle(dataType).isEmpty()
        && layerConf().getWeightNoise() == null
        && RateFunctions.isFast(layerConf().getGateActivationFn())
        && RateFunctions.isFast(layerConf().getActivationFn());
  }

  private void runThrough(INDArray states, INDArray recurrentWeights, boolean training) {
    INDArray r = course.r();
    INDArray z = course.z();
    INDArray gateWeights = recurrentWeights.get(all(), interval(0, 2 * nOut()));
    INDArray candidateWeights = recurrentWeights.get(all(), interval(2 * nOut(), 3 * nOut()));
    for (long t = 0; t < states.size(2) - 1; t++) {
      INDArray before = at(states, t);
      INDArray gatesIn = at(course.gatesIn(), t);
      Nd4j.gemm(before, gateWeights, gatesIn, false, false, 1, 1);
      RateFunctions.rate(
          layerConf().getGateActivationFn(), gatesIn, at(course.gates(), t), training);

      INDArray recurrent = at(course.recurrent(), t);
      Nd4j.gemm(before, candidateWeights, recurrent, false, false, 1, 1);
      INDArray after = at(states, t + 1);
      at(r, t).muli(recurrent, after);
      INDArray candidateIn = at(course.candidateIn(), t).addi(after);
      INDArray candidate = at(course.candidate(), t);
      RateFunctions.rate(layerConf().getActivationFn(), candidateIn, candidate, training);

      before.subi(candidate, after).muli(at(z, t)).addi(candidate);
      if (course.mask() != null) {
        new Nd4jArrays(dataType).clear(maskAt(t), after);
      }
    }
  }

  /**
   * The course of a sequence with all that does not depend on the states, for all steps at once.
   */
  private Course preActivations(
      INDArray x, INDArray states, boolean training, LayerWorkspaceMgr workspaceMgr) {
    long n = nOut();
    long batch = x.size(0);
    long time = x.size(2);
    INDArray weights = getParamWithNoise(GruParamInitializer.WEIGHT_KEY, training, workspaceMgr);
    INDArray bias = getParamWithNoise(GruParamInitializer.BIAS_KEY, training, workspaceMgr);
    INDArray recurrentBias =
        getParamWithNoise(GruParamInitializer.RECURRENT_BIAS_KEY, training, workspaceMgr);
    INDArray mask = SequenceArrays.featuresMask(maskArray, batch, time, dataType);
    INDArray below = rows(x, ArrayType.ACTIVATIONS, workspaceMgr);
    if (mask != null) {
      SequenceArrays.hide(below, mask.dup('f').reshape('f', batch * time, 1));
    }
    INDArray share = array(ArrayType.FF_WORKING_MEM, workspaceMgr, batch * time, 3 * n);
    Nd4j.gemm(below, weights, share, false, false, 1, 0);
    share.addiRowVector(bias);
    INDArray gatesShare = share.get(all(), interval(0, 2 * n));
    gatesShare.addiRowVector(recurrentBias.get(all(), interval(0, 2 * n)));
    INDArray candidateShare = share.get(all(), interval(2 * n, 3 * n));
    INDArray recurrent = array(ArrayType.ACTIVATIONS, workspaceMgr, batch, n, time);
    INDArray candidateBias = recurrentBias.get(all(), interval(2 * n, 3 * n));
    Nd4j.exec(new BroadcastCopyOp(recurrent, candidateBias, recurrent, 1));
    return new Course(
        below,
        mask,
        states,
        sequence(gatesShare, ArrayType.ACTIVATIONS, workspaceMgr, batch),
        array(ArrayType.ACTIVATIONS, workspaceMgr, batch, 2 * n, time),
        sequence(candidateShare, ArrayType.ACTIVATIONS, workspaceMgr, batch),
        array(ArrayType.ACTIVATIONS, workspaceMgr, batch, n, time),
        recurrent);
  }

  private INDArray checkedInput() {
    if (input.rank() != 3) {
      throw new DL4JInvalidInputException(
          "Gru expects input of rank 3, "
              + getDataFormat()
              + ", but got shape "
              + Arrays.toString(input.shape())
              + " "
              + layerId());
    }
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
    return x;
  }

  private INDArray checkedState(INDArray state, long batch) {
    if (!Arrays.equals(state.shape(), new long[] {batch, nOut()})) {
      throw new DL4JInvalidInputException(
          "the stored state has shape "
              + Arrays.toString(state.shape())
              + " but [batch, nOut] = ["
              + batch
              + ", "
              + nOut()
              + "] is needed: call rnnClearPreviousState() before the batch size changes "
              + layerId());
    }
    return state.castTo(dataType);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    return tbpttBackpropGradient(epsilon, 0, workspaceMgr);
  }

  /**
   * Backpropagation through the time of the last forward pass, which began at a stored state or at
   * zero.
   *
   * @param epsilon gradient of the loss by this layer's output, [batch, nOut, time]
   * @param tbpttBackLength number of steps to go back; 0 or less: all
   * @return the gradients, summed over batch and time, and the gradient for the layer below
   * @throws IllegalStateException without a forward pass before it
   */
  @Override
  public Pair<Gradient, INDArray> tbpttBackpropGradient(
      INDArray epsilon, int tbpttBackLength, LayerWorkspaceMgr workspaceMgr) {
    if (course == null) {
      throw new IllegalStateException(
          "backpropGradient without a forward pass before it " + layerId());
    }
    INDArray eps = permuteIfNWC(epsilon.castTo(dataType));
    if (course.mask() != null) {
      eps = workspaceMgr.dup(ArrayType.BP_WORKING_MEM, eps, 'f');
      SequenceArrays.hideSteps(eps, course.mask());
    }
    long n = nOut();
    long batch = eps.size(0);
    long time = eps.size(2);
    // Gradients by what the recurrent product is part of: r and z before activation, what r scales.
    INDArray recurrent = zeros(workspaceMgr, batch, 3 * n, time);
    INDArray byCandidateIn = zeros(workspaceMgr, batch, n, time);
    INDArray recurrentWeights =
        getParamWithNoise(GruParamInitializer.RECURRENT_WEIGHT_KEY, true, workspaceMgr);
    long end = tbpttBackLength <= 0 ? 0 : Math.max(0, time - tbpttBackLength);
    if (isNative()) {
      new NativeGru(layerConf(), recurrentWeights, Math.toIntExact(batch))
          .backward(
              NativeSteps.isPlain(eps) ? eps : workspaceMgr.dup(ArrayType.BP_WORKING_MEM, eps, 'f'),
              course.states(),
              course.gatesIn(),
              course.candidateIn(),
              course.recurrent(),
              NativeSteps.ofMask(course.mask()),
              (int) end,
              recurrent,
              byCandidateIn);
    } else {
      runBack(eps, recurrentWeights, end, recurrent, byCandidateIn, workspaceMgr);
    }
    INDArray below = gradients(recurrent, byCandidateIn, workspaceMgr);
    weightNoiseParams.clear();

    Gradient gradient = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach((key, view) -> gradient.gradientForVariable().put(key, view));
    return new Pair<>(gradient, permuteIfNWC(backpropDropOutIfPresent(below)));
  }

  private void runBack(
      INDArray eps,
      INDArray recurrentWeights,
      long end,
      INDArray recurrent,
      INDArray byCandidateIn,
      LayerWorkspaceMgr workspaceMgr) {
    long n = nOut();
    INDArray r = course.r();
    INDArray z = course.z();

    // What the gradient by h_t is multiplied with, element by element, for all steps at once.
    INDArray gateSlopes = slope(layerConf().getGateActivationFn(), course.gatesIn(), workspaceMgr);
    INDArray toCandidateIn =
        slope(layerConf().getActivationFn(), course.candidateIn(), workspaceMgr).muli(z.rsub(1));
    INDArray toZ =
        course
            .before()
            .sub(course.candidate())
            .muli(gateSlopes.get(all(), interval(n, 2 * n), all()));
    INDArray toR = course.recurrent().mul(gateSlopes.get(all(), interval(0, n), all()));

    INDArray byR = recurrent.get(all(), interval(0, n), all());
    INDArray byZ = recurrent.get(all(), interval(n, 2 * n), all());
    INDArray byScaled = recurrent.get(all(), interval(2 * n, 3 * n), all());
    INDArray byState = zeros(workspaceMgr, eps.size(0), n);
    for (long t = eps.size(2) - 1; t >= end; t--) {
      byState.addi(at(eps, t));
      if (course.mask() != null) {
        new Nd4jArrays(dataType).clear(maskAt(t), byState);
      }
      INDArray candidateIn = at(byCandidateIn, t);
      byState.muli(at(toCandidateIn, t), candidateIn);
      byState.muli(at(toZ, t), at(byZ, t));
      candidateIn.muli(at(toR, t), at(byR, t));
      candidateIn.muli(at(r, t), at(byScaled, t));
      byState.muli(at(z, t));
      Nd4j.gemm(at(recurrent, t), recurrentWeights, byState, false, true, 1, 1);
    }
  }

  /** Sets the parameters' gradients; returns the gradient by the input, [batch, nIn, time]. */
  private INDArray gradients(
      INDArray recurrent, INDArray byCandidateIn, LayerWorkspaceMgr workspaceMgr) {
    long n = nOut();
    long batch = recurrent.size(0);
    INDArray rows = rows(recurrent, ArrayType.BP_WORKING_MEM, workspaceMgr);
    INDArray before = rows(course.before(), ArrayType.BP_WORKING_MEM, workspaceMgr);
    setGradients(
        before,
        rows,
        GruParamInitializer.RECURRENT_WEIGHT_KEY,
        GruParamInitializer.RECURRENT_BIAS_KEY);
    // The input's share differs in the candidate only, where r does not scale it.
    CheckedCopy.copy(
        rows(byCandidateIn, ArrayType.BP_WORKING_MEM, workspaceMgr),
        rows.get(all(), interval(2 * n, 3 * n)));
    setGradients(
        course.below(), rows, GruParamInitializer.WEIGHT_KEY, GruParamInitializer.BIAS_KEY);
    INDArray weights = getParamWithNoise(GruParamInitializer.WEIGHT_KEY, true, workspaceMgr);
    INDArray below =
        array(ArrayType.BP_WORKING_MEM, workspaceMgr, rows.size(0), layerConf().getNIn());
    Nd4j.gemm(rows, weights, below, false, true, 1, 0);
    return sequence(below, ArrayType.ACTIVATION_GRAD, workspaceMgr, batch);
  }

  private void setGradients(INDArray factor, INDArray rows, String weightKey, String biasKey) {
    Nd4j.gemm(factor, rows, gradientViews.get(weightKey), true, false, 1, 0);
    CheckedCopy.copy(rows.sum(true, 0), gradientViews.get(biasKey));
  }

  private INDArray slope(IActivation activation, INDArray in, LayerWorkspaceMgr workspaceMgr) {
    INDArray slope = zeros(workspaceMgr, in.shape());
    RateFunctions.derivative(
        activation, workspaceMgr.dup(ArrayType.BP_WORKING_MEM, in, 'f'), slope);
    return slope;
  }

  /** As DL4J's LSTM: the mask goes on to the layers above, which need not apply it. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    super.feedForwardMaskArray(maskArray, currentMaskState, minibatchSize);
    return new Pair<>(maskArray, MaskState.Passthrough);
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

  private long nOut() {
    return layerConf().getNOut();
  }

  /** Column t of the feature mask, [batch, 1]. */
  private INDArray maskAt(long t) {
    return course.mask().getColumn(t, true);
  }

  private static INDArray at(INDArray sequence, long t) {
    return sequence.get(all(), all(), point(t));
  }

  private INDArray array(ArrayType type, LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.createUninitialized(type, dataType, shape, 'f');
  }

  private INDArray zeros(LayerWorkspaceMgr workspaceMgr, long... shape) {
    return workspaceMgr.create(ArrayType.BP_WORKING_MEM, dataType, shape, 'f');
  }

  /** [batch, size, time] as [batch * time, size], in 'f' order. */
  private INDArray rows(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    long batch = sequence.size(0);
    long size = sequence.size(1);
    long time = sequence.size(2);
    INDArray course = array(type, workspaceMgr, batch, time, size);
    Courses.read(sequence, course);
    return course.reshape('f', batch * time, size);
  }

  /** [batch * time, size] as [batch, size, time], in 'f' order. */
  private INDArray sequence(
      INDArray rows, ArrayType type, LayerWorkspaceMgr workspaceMgr, long batch) {
    long time = rows.size(0) / batch;
    INDArray sequence = array(type, workspaceMgr, batch, rows.size(1), time);
    Courses.write(rows.reshape('f', batch, time, rows.size(1)), sequence);
    return sequence;
  }
}

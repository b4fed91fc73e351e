// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.FusedKernel;
import io.github.gle4j.dynamics.NeuronParameters;
import io.github.gle4j.dynamics.NeuronState;
import io.github.gle4j.dynamics.RateFunction;
import io.github.gle4j.dynamics.SampleMask;
import io.github.gle4j.nn.conf.GleNeurons;
import io.github.gle4j.nn.layers.Connectivity;
import io.github.gle4j.nn.layers.Finite;
import io.github.gle4j.nn.layers.NativeFloats;
import io.github.gle4j.nn.layers.RateFunctions;
import io.github.gle4j.nn.layers.Scratch;
import io.github.gle4j.nn.layers.StreamingLayer;
import io.github.gle4j.nn.layers.TimeConstantGradients;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A layer's neurons on Java arrays [neurons][batch] and its products in OpenBLAS. A step allocates
 * nothing and touches nothing that another layer's step writes: rates and feedback have two sides,
 * and in a step all layers read one and write the other.
 */
final class FusedLayer {
  /** Sums of absolute values below it, and what a step makes of them, are surely finite. */
  private static final double SURELY_FINITE = 1e15;

  private final Layer layer;
  private final boolean learns;
  private final int batch;
  private final int inputs;
  private final FusedKernel kernel = new FusedKernel();
  private final Connectivity connectivity;
  private final FusedPassage passage; // null: nothing lies above
  private final RateFunction rate;
  private final boolean isBounded; // by a multiple of the voltage
  private final TimeConstantGradients timeConstants; // null: the layer is frozen
  private final NeuronParameters<float[]> neurons;
  private final FloatPointer tauM;
  private final FloatPointer tauR;

  private final float[] u;
  private final float[] v;
  private final float[] d;
  private final float[] q;
  private final float[] e;
  private final float[] uDot; // null: not needed
  private final float[] current; // then prospective voltage
  private final float[] r; // of the latest step
  private final float[][] f;
  private final FloatPointer[] rates;

  private boolean suspect;
  private float sizeOfCurrents;
  private float sizeOfGradients;

  /**
   * Takes up a state.
   *
   * @param l which layer of the stack
   * @param side where its rates and feedback go
   * @param scratch shared with the layers that the same thread advances
   */
  FusedLayer(Stack stack, int l, NeuronState state, int side, Scratch scratch) {
    StreamingLayer layer = stack.layers().get(l);
    Passage above = stack.above().get(l);
    this.layer = (Layer) layer;
    learns = stack.learns(l);
    batch = Math.toIntExact(state.batch());
    int size = Math.toIntExact(state.u().length());
    inputs = Math.toIntExact(state.f().size(1));
    connectivity = layer.connectivity(batch, scratch);
    passage = above.isEmpty() ? null : FusedPassage.of(above, batch);
    GleNeurons conf = (GleNeurons) this.layer.conf().getLayer();
    rate = RateFunctions.of(conf.getActivationFn(), size / batch);
    isBounded = RateFunctions.isFast(conf.getActivationFn());
    timeConstants =
        learns
            ? new TimeConstantGradients(
                conf.getLearnedTimeConstants(), ParameterUpdate.gradients(this.layer))
            : null;
    NeuronParameters<INDArray> source = layer.neurons();
    int constants = Math.toIntExact(source.tauM().length());
    tauM = NativeFloats.of(source.tauM());
    tauR = NativeFloats.of(source.tauR());
    neurons =
        new NeuronParameters<>(
            new float[constants],
            new float[constants],
            source.dt(),
            source.gamma(),
            source.prospectiveErrors());
    u = NativeFloats.toHeap(state.u());
    v = NativeFloats.toHeap(state.v());
    d = NativeFloats.toHeap(state.d());
    q = NativeFloats.toHeap(state.q());
    e = NativeFloats.toHeap(state.e());
    uDot = learns && timeConstants.areWanted() ? new float[size] : null;
    current = scratch.array("current", size);
    r = NativeFloats.toHeap(state.r());
    f = new float[2][Math.multiplyExact(inputs, batch)];
    f[side] = NativeFloats.toHeap(state.f());
    long up = Math.multiplyExact(above.outputs(), batch);
    rates = new FloatPointer[] {new FloatPointer(up), new FloatPointer(up)};
    passUpFast(side);
    parametersChanged();
  }

  /** The state as it stands on a side, as INDArrays. */
  NeuronState state(int side) {
    NeuronState state =
        NeuronState.restore(
            Map.of(
                "u", matrix(u),
                "v", matrix(v),
                "r", matrix(r),
                "d", matrix(d),
                "f", matrix(f[side])));
    NativeFloats.write(q, state.q());
    NativeFloats.write(e, state.e());
    if (uDot != null) {
      NativeFloats.write(uDot, state.uDot());
    }
    return state;
  }

  /** Must be called after the parameters have changed. */
  void parametersChanged() {
    NativeFloats.read(tauM, neurons.tauM());
    NativeFloats.read(tauR, neurons.tauR());
    connectivity.parametersChanged();
  }

  /** Rates on a side, [inputs][batch], for the layer above. */
  FloatPointer rates(int side) {
    return rates[side];
  }

  /** Rates of the latest step, [neurons][batch]. */
  float[] r() {
    return r;
  }

  /** Feedback on a side, [inputs][batch], for the layer below. */
  float[] f(int side) {
    return f[side];
  }

  /**
   * Passes the latest rates up through layers that only ND4J knows. They are shared with inference
   * and may drop rates out, so it is done in the step that reads them: between two steps nothing
   * but the state of the neurons is kept.
   *
   * @param side of the rates that will be read
   * @param learn whether the step learns; else nothing is dropped
   */
  void passUpSlowly(int side, boolean learn) {
    if (passage != null && passage.isSlow()) {
      NativeFloats.write(passage.up(r, learn), rates[side]);
    }
  }

  /**
   * Passes the latest rates up where ND4J is not needed.
   *
   * @param side as for {@link #passUpSlowly}
   */
  void passUpFast(int side) {
    if (passage == null || !passage.isSlow()) {
      NativeFloats.write(passage == null ? r : passage.up(r, false), rates[side]);
    }
  }

  /**
   * The part of a step that advances the error neurons.
   *
   * @param above feedback from the layer above, or the error of the output
   * @param mask [batch], 0 where a sample stands still; null: none does
   */
  void advanceErrors(float[] above, float[] mask) {
    float[] vBefore = mask == null ? null : v.clone();
    kernel.error(neurons, passage == null ? above : passage.down(above), d, v, q, null, e);
    if (mask != null) {
      SampleMask.clear(mask, q);
      SampleMask.clear(mask, e);
      SampleMask.hold(mask, vBefore, v);
    }
  }

  /**
   * The part of a step that advances the membranes.
   *
   * @param below rates of the layer below
   * @param mask as for {@link #advanceErrors}
   */
  void advanceRates(FloatPointer below, float[] mask) {
    float[] uBefore = mask == null ? null : u.clone();
    float[] dBefore = mask == null ? null : d.clone();
    float[] rBefore = mask == null ? null : r.clone();
    connectivity.forward(below, current);
    sizeOfCurrents = connectivity.sizeOfCurrents();
    kernel.membrane(neurons, current, e, u, uDot, current);
    rate.apply(current, r, d);
    if (mask != null) {
      SampleMask.hold(mask, uBefore, u);
      SampleMask.hold(mask, dBefore, d);
      SampleMask.hold(mask, rBefore, r);
    }
  }

  /**
   * The part of a step that uses its errors: gradients and feedback.
   *
   * @param below as for {@link #advanceRates}
   * @param mask as for {@link #advanceErrors}
   * @param side of the feedback before the step; that after it is on the other
   * @param learning whether gradients are computed, unless the layer is frozen
   * @param add whether they are added to those that are there
   */
  void passDown(FloatPointer below, float[] mask, int side, boolean learning, boolean add) {
    boolean learn = learning && learns;
    connectivity.feedback(e, f[1 - side]);
    if (learn) {
      connectivity.gradient(below, -1, add);
      timeConstants.step(q, e, uDot, add);
    }
    if (mask != null) {
      SampleMask.hold(mask, f[side], f[1 - side]);
    }
    sizeOfGradients = learn ? connectivity.sizeOfGradients() : 0;
    suspect =
        !isBounded
            || (neurons.gamma() != 0 && !(connectivity.sizeOfErrors() < SURELY_FINITE))
            || !(sizeOfCurrents < SURELY_FINITE)
            || !((learn ? sizeOfGradients : connectivity.sizeOfErrors()) < SURELY_FINITE);
  }

  /** Whether something may have become infinite or not a number in the last step. */
  boolean isSuspect() {
    return suspect;
  }

  /** Whether the size of the gradients leaves no doubt that an update with them is finite. */
  boolean updateIsSurelyFinite(double learningRate) {
    return sizeOfGradients < SURELY_FINITE // Adam squares it
        && Math.abs(learningRate) * (1.0 + sizeOfGradients) < SURELY_FINITE;
  }

  /**
   * What became infinite or not a number in the last step.
   *
   * @return its name, or null when all is well
   */
  String nonFinite(int side, boolean learning) {
    String[] names = {"u", "v", "q", "e", "r", "d", "f"};
    float[][] values = {u, v, q, e, r, d, f[1 - side]};
    for (int i = 0; i < names.length; i++) {
      int at = Finite.firstNot(values[i]);
      if (at >= 0) {
        return Finite.name(names[i], at, batch);
      }
    }
    if (learning && learns) {
      for (Map.Entry<String, INDArray> gradient :
          ParameterUpdate.gradients(this.layer).entrySet()) {
        if (!Finite.all(gradient.getValue())) {
          return "gradient of " + gradient.getKey();
        }
      }
    }
    return null;
  }

  private INDArray matrix(float[] values) {
    return Nd4j.createFromArray(values).reshape('f', batch, values.length / batch);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What the neurons of one layer carry from one time step to the next, for every sample of a batch,
 * and the working memory of a step. The state belongs to whoever drives the layer; no layer keeps
 * it between calls. All arrays are [batch, neurons] in 'f' order, {@link #f} is [batch, inputs].
 *
 * <p>Neighbouring layers read {@link #r} and {@link #f} while a step is under way, so a step writes
 * {@link #nextR} and {@link #nextF}; after all layers have stepped, {@link #publish} swaps them in.
 */
public final class NeuronState {
  private final INDArray u;
  private final INDArray v;
  private final INDArray d;
  private INDArray r;
  private INDArray f;

  private final INDArray q;
  private final INDArray e;
  private final INDArray uDot;
  private final INDArray vDot;
  private final INDArray p;
  private final INDArray current;
  private INDArray nextR;
  private INDArray nextF;

  private NeuronState(INDArray u, INDArray v, INDArray r, INDArray d, INDArray f) {
    this.u = u;
    this.v = v;
    this.r = r;
    this.d = d;
    this.f = f;
    q = like(u);
    e = like(u);
    uDot = like(u);
    vDot = like(u);
    p = like(u);
    current = like(u);
    nextR = like(u);
    nextF = like(f);
  }

  /**
   * The state before the first step: all zero, {@link #d} included, so that the very first errors
   * are zero whatever the activation function.
   *
   * @param dataType data type of all arrays
   * @param batch number of samples
   * @param neurons number of neurons of the layer
   * @param inputs number of inputs of the layer
   * @return a new state
   */
  public static NeuronState zeros(DataType dataType, long batch, long neurons, long inputs) {
    return new NeuronState(
        matrix(dataType, batch, neurons),
        matrix(dataType, batch, neurons),
        matrix(dataType, batch, neurons),
        matrix(dataType, batch, neurons),
        matrix(dataType, batch, inputs));
  }

  /**
   * A state with the values of a {@link #save saved} one.
   *
   * @param saved arrays by name, copied
   * @return a new state
   * @throws IllegalArgumentException when an array is missing
   */
  public static NeuronState restore(Map<String, INDArray> saved) {
    UnaryOperator<INDArray> copy = array -> array.dup('f');
    return new NeuronState(
        copy.apply(named(saved, "u")),
        copy.apply(named(saved, "v")),
        copy.apply(named(saved, "r")),
        copy.apply(named(saved, "d")),
        copy.apply(named(saved, "f")));
  }

  /**
   * What must be kept to go on later, as copies.
   *
   * @return {@code u, v, r, d, f} by these names
   */
  public Map<String, INDArray> save() {
    Map<String, INDArray> saved = new LinkedHashMap<>();
    saved.put("u", u.dup('f'));
    saved.put("v", v.dup('f'));
    saved.put("r", r.dup('f'));
    saved.put("d", d.dup('f'));
    saved.put("f", f.dup('f'));
    return saved;
  }

  /**
   * An independent copy, with the latest step's {@link #q}, {@link #e} and {@link #uDot}.
   *
   * @return a new state with the same values
   */
  public NeuronState copy() {
    NeuronState copy = restore(save());
    CheckedCopy.copy(q, copy.q);
    CheckedCopy.copy(e, copy.e);
    CheckedCopy.copy(uDot, copy.uDot);
    return copy;
  }

  /**
   * This state for another number of samples: a smaller batch keeps the first rows, a larger one
   * repeats the rows cyclically.
   *
   * @param batch number of samples
   * @return this state when the batch is unchanged, else a new one
   */
  public NeuronState forBatch(long batch) {
    if (batch == batch()) {
      return this;
    }
    int[] rows = new int[(int) batch];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i % (int) batch();
    }
    UnaryOperator<INDArray> select = array -> Nd4j.pullRows(array, 1, rows, 'f');
    return new NeuronState(
        select.apply(u), select.apply(v), select.apply(r), select.apply(d), select.apply(f));
  }

  /** Sets the state to that before the first step. */
  public void reset() {
    for (INDArray array : new INDArray[] {u, v, r, d, f, q, e}) {
      array.assign(0);
    }
  }

  /** What the layer wrote into {@link #nextR} becomes current. */
  public void publishRate() {
    INDArray oldR = r;
    r = nextR;
    nextR = oldR;
  }

  /** Ends a step: what the layer wrote into {@link #nextR} and {@link #nextF} becomes current. */
  public void publish() {
    publishRate();
    publishFeedback();
  }

  /** What the layer wrote into {@link #nextF} becomes current. */
  public void publishFeedback() {
    INDArray oldF = f;
    f = nextF;
    nextF = oldF;
  }

  /**
   * Number of samples.
   *
   * @return the batch size
   */
  public long batch() {
    return u.size(0);
  }

  /**
   * Membrane potential.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray u() {
    return u;
  }

  /**
   * Membrane potential of the error neuron.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray v() {
    return v;
  }

  /**
   * Rate {@code phi(p)} of the step before.
   *
   * @return [batch, neurons]
   */
  public INDArray r() {
    return r;
  }

  /**
   * Derivative {@code phi'(p)} of the step before.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray d() {
    return d;
  }

  /**
   * Feedback {@code W^T e} of the step before, for the layer below.
   *
   * @return [batch, inputs]
   */
  public INDArray f() {
    return f;
  }

  /**
   * Instantaneous error of the latest step.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray q() {
    return q;
  }

  /**
   * Prospective error of the latest step; positive where a higher voltage would lower the loss.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray e() {
    return e;
  }

  /**
   * Derivative by time of the membrane potential in the latest step.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray uDot() {
    return uDot;
  }

  /**
   * Where a step writes the new rate.
   *
   * @return [batch, neurons]
   */
  public INDArray nextR() {
    return nextR;
  }

  /**
   * Where a step writes the new feedback.
   *
   * @return [batch, inputs]
   */
  public INDArray nextF() {
    return nextF;
  }

  /**
   * Working memory: derivative by time of {@link #v}.
   *
   * @return [batch, neurons]
   */
  public INDArray vDot() {
    return vDot;
  }

  /**
   * Working memory: prospective voltage.
   *
   * @return [batch, neurons]
   */
  public INDArray p() {
    return p;
  }

  /**
   * Working memory: current into the membranes.
   *
   * @return [batch, neurons]
   */
  public INDArray current() {
    return current;
  }

  private static INDArray matrix(DataType dataType, long rows, long columns) {
    return Nd4j.create(dataType, new long[] {rows, columns}, 'f');
  }

  private static INDArray like(INDArray array) {
    return matrix(array.dataType(), array.size(0), array.size(1));
  }

  private static INDArray named(Map<String, INDArray> saved, String name) {
    INDArray array = saved.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "saved neuron state has no array \"" + name + "\": it needs u, v, r, d and f");
    }
    return array;
  }
}

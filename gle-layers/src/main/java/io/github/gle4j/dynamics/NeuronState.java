// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
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

  // Working memory, made when it is first asked for: passes over sequences need none.
  private INDArray q;
  private INDArray e;
  private INDArray uDot;
  private INDArray vDot;
  private INDArray p;
  private INDArray current;
  private INDArray nextR;
  private INDArray nextF;

  private NeuronState(INDArray u, INDArray v, INDArray r, INDArray d, INDArray f) {
    this.u = u;
    this.v = v;
    this.r = r;
    this.d = d;
    this.f = f;
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
    Map<String, INDArray> saved = arrays();
    saved.replaceAll((name, array) -> array.dup('f'));
    return saved;
  }

  /**
   * What must be kept to go on later, for a caller that will not use this state any more.
   *
   * @return {@code u, v, r, d, f} by these names, not copies
   */
  public Map<String, INDArray> arrays() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("u", u);
    arrays.put("v", v);
    arrays.put("r", r);
    arrays.put("d", d);
    arrays.put("f", f);
    return arrays;
  }

  /**
   * An independent copy, with the latest step's {@link #q}, {@link #e} and {@link #uDot}.
   *
   * @return a new state with the same values
   */
  public NeuronState copy() {
    NeuronState copy = restore(save());
    copy.q = q == null ? null : q.dup('f');
    copy.e = e == null ? null : e.dup('f');
    copy.uDot = uDot == null ? null : uDot.dup('f');
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
    for (INDArray array : new INDArray[] {u, v, r, d, f, q(), e()}) {
      array.assign(0);
    }
  }

  /** What the layer wrote into {@link #nextR} becomes current. */
  public void publishRate() {
    INDArray oldR = r;
    r = nextR();
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
    f = nextF();
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
    q = madeLike(u, q);
    return q;
  }

  /**
   * Prospective error of the latest step; positive where a higher voltage would lower the loss.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray e() {
    e = madeLike(u, e);
    return e;
  }

  /**
   * Derivative by time of the membrane potential in the latest step.
   *
   * @return [batch, neurons], changed by every step
   */
  public INDArray uDot() {
    uDot = madeLike(u, uDot);
    return uDot;
  }

  /**
   * Where a step writes the new rate.
   *
   * @return [batch, neurons]
   */
  public INDArray nextR() {
    nextR = madeLike(u, nextR);
    return nextR;
  }

  /**
   * Where a step writes the new feedback.
   *
   * @return [batch, inputs]
   */
  public INDArray nextF() {
    nextF = madeLike(f, nextF);
    return nextF;
  }

  /**
   * Working memory: derivative by time of {@link #v}.
   *
   * @return [batch, neurons]
   */
  public INDArray vDot() {
    vDot = madeLike(u, vDot);
    return vDot;
  }

  /**
   * Working memory: prospective voltage.
   *
   * @return [batch, neurons]
   */
  public INDArray p() {
    p = madeLike(u, p);
    return p;
  }

  /**
   * Working memory: current into the membranes.
   *
   * @return [batch, neurons]
   */
  public INDArray current() {
    current = madeLike(u, current);
    return current;
  }

  private static INDArray matrix(DataType dataType, long rows, long columns) {
    return Nd4j.create(dataType, new long[] {rows, columns}, 'f');
  }

  /** The array, or zeros of another's shape when there is none yet. */
  private static INDArray madeLike(INDArray other, INDArray array) {
    if (array != null) {
      return array;
    }
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return matrix(other.dataType(), other.size(0), other.size(1));
    }
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

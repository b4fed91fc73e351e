// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Carries the neurons of a network through time and its parameters through updates.
 *
 * <p>The trainer calls {@link #open} with a batch of sequences, then for its time steps {@link
 * #step}, and {@link #close}. To learn it calls {@link #update} after the last step of an update,
 * also outside of open and close. Between close and open the network's parameters and updater are
 * up to date and may be changed by anyone. Gradients are the network's too, and whether a step's
 * are the first of an update is for the trainer to say: an engine keeps nothing that a checkpoint
 * has not.
 */
interface Engine {

  /** What becomes of a step's gradients. */
  enum Gradients {
    /** There are none. */
    NONE,
    /** They replace all that the network has. */
    FIRST,
    /** They are added to those that the network has. */
    ADDED
  }

  /** The states as they are now, as copies, lowest layer first; empty before the first step. */
  List<State<INDArray>> states();

  /**
   * Goes on from these states.
   *
   * @param states not used by anyone else from now on; empty: the next step starts from zero
   */
  void set(List<State<INDArray>> states);

  /** An engine of the same kind on the same network, without states. */
  Engine fresh();

  /** The top layer's rates as they are between open and close, [batch, outputs], as a copy. */
  INDArray output();

  /** Takes up a batch of sequences; where its size is another, the states' values carry over. */
  void open(SequenceSteps steps);

  /**
   * One time step of all layers at once.
   *
   * @param t the step of the sequences
   * @param gradients whether to learn from the step
   * @param tally told of output and loss, or null
   * @return the loss summed over the samples; 0 without a target
   * @throws NonFiniteException when the fused engine finds a quantity that is no longer finite; the
   *     reference engine looks at gradients, in {@link #update}
   */
  double step(long t, Gradients gradients, Tally tally);

  /**
   * Updates the parameters with the network's gradients, at the latest in the next call.
   *
   * @param batch number of samples the gradients are sums over
   * @throws NonFiniteException when the update is not finite; the parameters are unchanged then
   */
  void update(long batch);

  /** Ends what {@link #open} began. */
  void close();
}

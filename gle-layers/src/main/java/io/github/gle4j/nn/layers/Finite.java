// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.FloatArrays;
import io.github.gle4j.dynamics.Nd4jArrays;
import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.Variable;
import io.github.gle4j.dynamics.Variable.Phase;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Whether values are finite. */
public final class Finite {
  private Finite() {}

  /**
   * Whether all values are.
   *
   * @param array of any shape
   * @return false when one is infinite or not a number
   */
  public static boolean all(INDArray array) {
    // A sum may overflow though its terms are finite, not the other way round.
    return Double.isFinite(size(array)) || firstNot(array) < 0;
  }

  /** Not finite where a value is not; of floats in plain memory without ND4J, which is slow. */
  private static double size(INDArray array) {
    boolean isPlain =
        NativeFloats.obstacle(array.dataType()).isEmpty()
            && array.elementWiseStride() == 1
            && array.length() <= Integer.MAX_VALUE;
    return isPlain ? NativeFloats.sumOfSizes(array) : array.sumNumber().doubleValue();
  }

  /**
   * The place, with the samples of a neuron side by side, of the first value that is not, or -1.
   */
  private static long firstNot(INDArray array) {
    return new Nd4jArrays(array.dataType()).firstNonFinite(array);
  }

  /**
   * Whether all values are.
   *
   * @param values any
   * @return false when one is infinite or not a number
   */
  public static boolean all(float[] values) {
    return FloatArrays.INSTANCE.firstNonFinite(values) < 0;
  }

  /**
   * Whether all values, finite ones, are between two limits.
   *
   * @param array of any shape
   * @param low the least that is
   * @param high the largest that is
   * @return false when one is not
   */
  public static boolean within(INDArray array, double low, double high) {
    if (NativeFloats.obstacle(array.dataType()).isPresent()) {
      return array.minNumber().doubleValue() >= low && array.maxNumber().doubleValue() <= high;
    }
    for (float value : NativeFloats.toHeap(array)) { // faster than ND4J for a single step
      if (value < low || value > high) {
        return false;
      }
    }
    return true;
  }

  /**
   * What is not finite in a layer's state.
   *
   * @param state between two steps
   * @return its name, neuron and sample, or null when all is well
   */
  public static String firstNot(State<INDArray> state) {
    for (Map.Entry<String, INDArray> named : state.arrays().entrySet()) {
      INDArray matrix = named.getValue();
      if (!all(matrix)) {
        return State.place(named.getKey(), firstNot(matrix), state.batch());
      }
    }
    return null;
  }

  /**
   * Refuses what a layer made of a sequence, where a layer above may hide it.
   *
   * @param rates [batch, neurons, time]
   * @param delayed whether they are those before the steps
   * @param after the neurons after the last step
   * @param layer which
   * @param from the first of the steps
   * @throws NonFiniteException naming the neuron, the sample and the step
   */
  public static void requireSequence(
      INDArray rates, boolean delayed, State<INDArray> after, String layer, long from) {
    long last = from + rates.size(2) - 1;
    requireSteps(NeuronModel.RATE, rates, layer, delayed ? from - 1 : from);
    for (Variable variable : after.variables()) {
      if (variable.isSaved() && variable.phase() == Phase.RATES) {
        requireSteps(variable.name(), after.get(variable.name()), layer, last);
      }
    }
  }

  /**
   * Refuses a quantity in the steps of a sequence.
   *
   * @param quantity its letter
   * @param sequence [batch, neurons, time], or [batch, neurons] in a single step
   * @param layer which
   * @param from the first of the steps
   * @throws NonFiniteException naming the neuron, the sample and the step
   */
  public static void requireSteps(String quantity, INDArray sequence, String layer, long from) {
    if (!all(sequence)) {
      long first = firstNot(sequence);
      long step = sequence.size(0) * sequence.size(1);
      long at = Math.max(0, from + first / step); // the state before it counts as the first
      throw NonFiniteException.inSequence(
          State.place(quantity, first % step, sequence.size(0)), layer, at);
    }
  }

  /**
   * Names a layer for a message.
   *
   * @param layer of a network
   * @return its index, and its name if it has one
   */
  static String name(Layer layer) {
    String name = layer.conf().getLayer().getLayerName();
    String index = String.valueOf(layer.getIndex());
    boolean isNamed = name != null && !name.equals("layer" + index); // as DL4J calls them all
    return "layer " + index + (isNamed ? " (" + name + ")" : "");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.Nd4jArrays;
import java.util.Arrays;
import java.util.Locale;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What is allowed as features, labels and masks, and what masks do to them, for streams and for
 * sequences alike. Shape and type are settled before values are looked at.
 */
public final class SequenceArrays {
  private SequenceArrays() {}

  /**
   * Refuses an array whose shape is not the allowed one, or that holds nothing.
   *
   * @param condition whether the shape is right
   * @param name of the array, for the message
   * @param array null is refused, too
   * @param allowed the shape that is
   * @throws IllegalArgumentException when it is refused
   */
  public static void requireShape(boolean condition, String name, INDArray array, String allowed) {
    if (!condition) {
      throw new IllegalArgumentException(
          name
              + (array == null ? " are null" : " of shape " + Arrays.toString(array.shape()))
              + ": shape "
              + allowed
              + " is allowed");
    }
    if (array != null && array.isEmpty()) {
      throw new IllegalArgumentException(
          name
              + " of shape "
              + Arrays.toString(array.shape())
              + " hold nothing: at least one sample and one time step are needed");
    }
  }

  /**
   * An array as numbers of a type.
   *
   * @param name of the array, for the message
   * @param array of numbers or booleans
   * @param dataType of the result
   * @return the array itself if it is of that type
   * @throws IllegalArgumentException when it holds anything else
   */
  public static INDArray numbers(String name, INDArray array, DataType dataType) {
    DataType type = array.dataType();
    if (!type.isNumerical() && type != DataType.BOOL) {
      throw new IllegalArgumentException(
          name + " of type " + type + ": numbers or booleans are allowed");
    }
    return array.castTo(dataType);
  }

  /**
   * A mask as numbers of a type.
   *
   * @param name of the mask, for the message
   * @param mask of numbers or booleans; null: there is none
   * @param largest value that is allowed, 1 or more
   * @param dataType of the result
   * @return null when it is 1 everywhere
   * @throws IllegalArgumentException when a value is not between 0 and the largest
   */
  public static INDArray mask(String name, INDArray mask, double largest, DataType dataType) {
    if (mask == null) {
      return null;
    }
    INDArray values = numbers(name, mask, dataType);
    double low = values.minNumber().doubleValue();
    double high = values.maxNumber().doubleValue();
    double sum = values.sumNumber().doubleValue(); // not a number if any value is not
    if (!(low >= 0 && high <= largest && Double.isFinite(sum))) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s holds %s: 0 (does not count) to %s is allowed",
              name,
              Double.isNaN(sum) ? "NaN" : String.valueOf(low < 0 ? low : high),
              largest == 1 ? "1" : "any finite weight"));
    }
    return low == 1 && high == 1 ? null : values;
  }

  /**
   * A features mask of sequences.
   *
   * @param mask [batch, time]; null: there is none
   * @param batch number of samples
   * @param time number of steps
   * @param dataType of the result
   * @return outside of workspaces; null when it hides nothing
   * @throws IllegalArgumentException when shape, type or values are not allowed
   */
  public static INDArray featuresMask(INDArray mask, long batch, long time, DataType dataType) {
    if (mask == null) {
      return null;
    }
    String name = "features mask";
    requireShape(
        Arrays.equals(mask.shape(), new long[] {batch, time}),
        name,
        mask,
        "[" + batch + ", " + time + "]");
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return mask(name, mask, 1, dataType);
    }
  }

  /**
   * Puts 0 where a mask is 0, whatever is there: a product with 0 would keep what is not finite.
   *
   * @param values changed
   * @param mask of the same type and rank, its sizes 1 or those of the values; null: hides nothing
   */
  public static void hide(INDArray values, INDArray mask) {
    if (mask != null) {
      new Nd4jArrays(values.dataType()).hide(mask, values);
    }
  }

  /**
   * As {@link #hide}, in steps.
   *
   * @param sequence [batch, size, time], changed
   * @param mask [batch, time], or null
   */
  public static void hideSteps(INDArray sequence, INDArray mask) {
    if (mask != null) {
      hide(sequence, mask.dup('f').reshape('f', mask.size(0), 1, mask.size(1)));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Copies between arrays of equal shape. {@link INDArray#assign(INDArray)} compares no shapes and
 * can write past the end of the target, so every copy goes through here.
 */
public final class CheckedCopy {
  private CheckedCopy() {}

  /**
   * Copies all values.
   *
   * @param source where from
   * @param target where to, of the same shape
   * @throws IllegalArgumentException when the shapes differ; the target is unchanged then
   */
  public static void copy(INDArray source, INDArray target) {
    if (!Arrays.equals(source.shape(), target.shape())) {
      throw new IllegalArgumentException(
          "cannot copy an array of shape "
              + Arrays.toString(source.shape())
              + " into one of shape "
              + Arrays.toString(target.shape()));
    }
    target.assign(source);
  }
}

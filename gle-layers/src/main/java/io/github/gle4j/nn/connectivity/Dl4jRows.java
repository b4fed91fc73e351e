// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutional;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The values of a step, [samples, values], as layers of DL4J take and give them. */
public final class Dl4jRows {
  private Dl4jRows() {}

  /**
   * Values as a layer takes them.
   *
   * @param rows [samples, values]; unchanged
   * @param type what the layer takes
   * @return a copy, which the layer may change: of rank 4 for images
   */
  public static INDArray shaped(INDArray rows, InputType type) {
    INDArray copy = rows.dup('c');
    return type instanceof InputTypeConvolutional image
        ? copy.reshape('c', rows.size(0), image.getChannels(), image.getHeight(), image.getWidth())
        : copy;
  }

  /**
   * Values as a layer gives them.
   *
   * @param array its samples first; unchanged
   * @return a copy, [samples, values] in 'c' order
   */
  public static INDArray flat(INDArray array) {
    INDArray plain = array.dup('c');
    return plain.reshape('c', plain.size(0), plain.length() / plain.size(0));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A connectivity of weights and, perhaps, biases by ND4J's operations, for any batch size. */
abstract class ReferenceConnectivity implements Connectivity<INDArray> {
  private final WeightArrays arrays;

  ReferenceConnectivity(WeightArrays arrays) {
    this.arrays = arrays;
  }

  final WeightArrays arrays() {
    return arrays;
  }

  /** Adds the biases to currents with a column for each. */
  final void addBias(INDArray currents) {
    if (arrays.biases() != null) {
      currents.addiRowVector(arrays.biases());
    }
  }

  /** The biases' part of {@link #gradient}, of errors with a column for each. */
  final void addBiasGradient(INDArray errors, boolean add) {
    if (arrays.biases() != null) {
      INDArray sum = errors.sum(true, 0);
      if (add) {
        arrays.biasGradients().subi(sum);
      } else {
        sum.muli(-1, arrays.biasGradients());
      }
    }
  }

  /** Nothing: parameters are read where they are. */
  @Override
  public final void parametersChanged() {}
}

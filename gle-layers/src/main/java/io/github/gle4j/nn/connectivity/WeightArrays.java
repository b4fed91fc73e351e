// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The arrays of a connection that has weights and, perhaps, biases: views of a layer's.
 *
 * @param weights in the shape and order of the connectivity
 * @param feedbackWeights what carries errors down, as weights, or the weights themselves
 * @param weightGradients as weights; null: nothing is learned
 * @param biases one row, or null
 * @param biasGradients as biases; null with weightGradients
 */
public record WeightArrays(
    INDArray weights,
    INDArray feedbackWeights,
    INDArray weightGradients,
    INDArray biases,
    INDArray biasGradients) {}

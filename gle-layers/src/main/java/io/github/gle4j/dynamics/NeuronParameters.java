// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a kernel must know of a layer's neurons. Time is unit-free.
 *
 * @param tauM membrane time constants, [1, neurons], each at least {@code dt}
 * @param tauR prospective time constants, [1, neurons], each at least {@code dt}
 * @param dt length of an Euler step
 * @param gamma apical coupling of the error into the soma, not negative
 * @param prospectiveErrors false: errors are neither filtered nor looked ahead, {@code v = e = q}
 */
public record NeuronParameters(
    INDArray tauM, INDArray tauR, double dt, double gamma, boolean prospectiveErrors) {}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

/**
 * What a kernel must know of a layer's neurons. Time is unit-free.
 *
 * @param tauM membrane time constants, one per neuron, each at least {@code dt}
 * @param tauR prospective time constants, one per neuron, each at least {@code dt}
 * @param dt length of an Euler step
 * @param gamma apical coupling of the error into the soma, not negative
 * @param prospectiveErrors false: errors are neither filtered nor looked ahead, {@code v = e = q}
 * @param <A> type of an array
 */
public record NeuronParameters<A>(
    A tauM, A tauR, double dt, double gamma, boolean prospectiveErrors) {}

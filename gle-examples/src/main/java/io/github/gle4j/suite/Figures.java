// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

/**
 * How well a network did on some sequences.
 *
 * @param loss cross-entropy, averaged over sequences and time steps
 * @param accuracy share of sequences classified right, between 0 and 1; NaN when nobody looked
 */
public record Figures(double loss, double accuracy) {}

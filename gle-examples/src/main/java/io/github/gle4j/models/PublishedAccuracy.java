// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

/**
 * A published accuracy on a test set, in percent.
 *
 * @param mean over the seeds
 * @param sd standard deviation over the seeds; NaN when it was not published
 */
public record PublishedAccuracy(double mean, double sd) {}

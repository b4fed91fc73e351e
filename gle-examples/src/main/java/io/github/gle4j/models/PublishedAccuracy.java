// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

/**
 * A published accuracy on the MNIST-1D test set, in percent.
 *
 * @param mean over the seeds
 * @param sd standard deviation over the seeds
 */
public record PublishedAccuracy(double mean, double sd) {}

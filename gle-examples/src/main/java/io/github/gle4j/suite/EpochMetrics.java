// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

/**
 * What one epoch brought.
 *
 * @param epoch 0 is the untrained network
 * @param train the training set: in epoch 0 evaluated, or null, later as it was seen while
 *     learning, every prediction made before its label was used
 * @param validation the held-out sequences after the epoch; null when none are held out
 * @param test the test set after the epoch
 * @param learningRate the rate the epoch was trained with; in epoch 0 the initial one
 * @param seconds time taken by the epoch, evaluation included
 */
public record EpochMetrics(
    int epoch,
    Figures train,
    Figures validation,
    Figures test,
    double learningRate,
    double seconds) {}

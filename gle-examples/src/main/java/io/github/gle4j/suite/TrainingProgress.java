// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

/**
 * Where a run stands.
 *
 * @param epoch the current epoch; 0 is the evaluation of the untrained network
 * @param activity what is being done, such as "learning"
 * @param done number of sequences of this activity that are done
 * @param total number of sequences of this activity
 * @param learning what was seen while learning in this epoch; null before its first minibatch
 * @param learningRate the current rate
 * @param trainingSteps number of training steps done since the run began
 */
public record TrainingProgress(
    int epoch,
    String activity,
    int done,
    int total,
    Figures learning,
    double learningRate,
    long trainingSteps) {}

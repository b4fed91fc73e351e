// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Adds up what a pass over sequences shows: the loss, and evaluations of the outputs. For every
 * sequence {@link #begin}, then {@link #add} per step, then {@link #end}.
 */
final class Tally {
  private final IActivation outputActivation;
  private final IEvaluation<?>[] evaluations;
  private double loss;
  private double labelled;
  private SequenceSteps sequence;
  private INDArray sum;
  private INDArray hasLabel;

  Tally(IActivation outputActivation, IEvaluation<?>... evaluations) {
    this.outputActivation = outputActivation;
    this.evaluations = evaluations;
  }

  void begin(SequenceSteps steps, long outputs) {
    sequence = steps;
    DataType dataType = steps.features(0).dataType();
    sum = Nd4j.create(dataType, new long[] {steps.batch(), outputs}, 'f');
    hasLabel = Nd4j.create(dataType, new long[] {steps.batch(), 1}, 'f');
  }

  /**
   * Takes a step into account.
   *
   * @param t the step
   * @param output [batch, outputs], before the loss layer's activation
   * @param stepLoss summed over the samples
   */
  void add(long t, INDArray output, double stepLoss) {
    INDArray mask = sequence.labelsMask(t);
    INDArray rows = null;
    loss += stepLoss;
    if (mask == null) {
      labelled += output.size(0);
      sum.addi(output);
      hasLabel.assign(1);
    } else {
      rows = mask.max(true, 1).gt(0).castTo(mask.dataType());
      labelled += rows.sumNumber().doubleValue();
      sum.addi(mask.size(1) == 1 ? output.mulColumnVector(mask) : output.mul(mask));
      Transforms.max(hasLabel, rows, false);
    }
    if (sequence.hasLabelsPerStep()) {
      evaluate(sequence.labels(t), output, rows);
    }
  }

  void end() {
    if (sequence.hasLabels() && !sequence.hasLabelsPerStep()) {
      evaluate(sequence.labels(), sum, hasLabel);
    }
  }

  /** Outputs of the latest sequence summed over its unmasked steps, [batch, outputs]. */
  INDArray sum() {
    return sum;
  }

  /** Mean over the samples and steps that have a label; NaN when none has. */
  double meanLoss() {
    return loss / labelled;
  }

  /**
   * Compares rows whose mask, [batch, 1], is 1.
   *
   * @param mask null: all of them. DL4J takes no mask for a single row, so one that hides nothing
   *     or everything is not handed on.
   */
  private void evaluate(INDArray labels, INDArray output, INDArray mask) {
    if (mask != null && mask.maxNumber().doubleValue() == 0) {
      return;
    }
    INDArray hiding = mask == null || mask.minNumber().doubleValue() == 1 ? null : mask;
    try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      for (IEvaluation<?> evaluation : evaluations) {
        evaluation.eval(labels, outputActivation.getActivation(output.dup(), false), hiding);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds up what a pass over sequences shows: the loss, and evaluations of the outputs. For every
 * sequence {@link #begin}, then {@link #add} per step, then {@link #end}.
 */
final class Tally {
  private static final Logger LOG = LoggerFactory.getLogger(StreamingTrainer.class);
  private static final double ROUNDING = 1e-3;

  private final IActivation outputActivation;
  private final IEvaluation<?>[] evaluations;
  private final boolean onlyClasses;
  private double loss;
  private long labelled;
  private SequenceSteps sequence;
  private INDArray sum;
  private INDArray hasLabel;
  private boolean isEvaluated;
  private long classified; // rows that an evaluation nobody asked for has compared
  private long unclassified; // rows with a label that it has not
  private boolean areClassesOnly = true; // so far
  private float[] plainSum = {};

  /** Fills evaluations the user chose, whatever the labels are. */
  Tally(IActivation outputActivation, IEvaluation<?>... evaluations) {
    this(outputActivation, false, evaluations);
  }

  private Tally(IActivation outputActivation, boolean onlyClasses, IEvaluation<?>... evaluations) {
    this.outputActivation = outputActivation;
    this.onlyClasses = onlyClasses;
    this.evaluations = evaluations;
  }

  /**
   * Fills an evaluation nobody asked for, if labels are classes; other targets have a loss only.
   */
  static Tally ofClasses(IActivation outputActivation, Evaluation evaluation) {
    return new Tally(outputActivation, true, evaluation);
  }

  void begin(SequenceSteps steps, long outputs) {
    sequence = steps;
    if (onlyClasses && steps.hasLabels() && !areClasses(steps.labels())) {
      areClassesOnly = false;
    }
    isEvaluated = steps.hasLabels() && (!onlyClasses || areClassesOnly);
    DataType dataType = steps.features().dataType();
    sum = Nd4j.create(dataType, new long[] {steps.batch(), outputs}, 'f');
    hasLabel = steps.hasLabelsMask() ? Nd4j.create(dataType, new long[] {steps.batch(), 1}) : null;
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
      count(output.size(0));
      sum.addi(output);
    } else {
      rows = mask.max(true, 1).gt(0).castTo(mask.dataType());
      count(rows.sumNumber().longValue());
      sum.addi(mask.size(1) == 1 ? output.mulColumnVector(mask) : output.mul(mask));
      Transforms.max(hasLabel, rows, false);
    }
    if (sequence.hasLabelsPerStep()) {
      evaluate(sequence.labels(t), output, rows);
    }
  }

  /**
   * As {@link #add(long, INDArray, double)}, without allocation where labels are per sequence and
   * all count.
   *
   * @param output [outputs][batch]
   */
  void add(long t, float[] output, double stepLoss) {
    if (sequence.hasLabelsMask() || sequence.hasLabelsPerStep()) {
      add(t, Nd4j.createFromArray(output).reshape('f', sum.shape()), stepLoss);
      return;
    }
    loss += stepLoss;
    count(sum.size(0));
    if (plainSum.length != output.length) {
      plainSum = new float[output.length];
    }
    for (int i = 0; i < output.length; i++) {
      plainSum[i] += output[i];
    }
  }

  /**
   * Takes several steps into account.
   *
   * @param from the first of them
   * @param outputs [batch, outputs, steps] in 'f' order, before the loss layer's activation
   * @param function computes losses
   */
  void addAll(long from, INDArray outputs, OutputLoss function) {
    long time = outputs.size(2);
    if (sequence.hasLabelsMask() || sequence.hasLabelsPerStep()) {
      for (long t = 0; t < time; t++) {
        INDArray output = outputs.get(all(), all(), point(t)).dup('f');
        INDArray mask = sequence.labelsMask(from + t);
        double score =
            sequence.hasLabels()
                ? function.score(from + t, sequence.labels(from + t), output, mask)
                : 0;
        add(from + t, output, score);
      }
      return;
    }
    count(outputs.size(0) * time);
    sum.addi(outputs.sum(2));
    if (sequence.hasLabels()) {
      loss += function.scoreAll(from, sequence.labels(), outputs);
    }
  }

  /** Takes samples of a step into account, which have a label if any has. */
  private void count(long samples) {
    labelled += sequence.hasLabels() ? samples : 0;
  }

  /**
   * Whether labels, [batch, outputs] or [batch, outputs, time], tell classes: probabilities that
   * add up to 1, or to 0 where there is no label; a single output's is 0 or 1.
   */
  private static boolean areClasses(INDArray labels) {
    INDArray total = labels.size(1) == 1 ? labels : labels.sum(1);
    return labels.minNumber().doubleValue() >= 0
        && Transforms.abs(total.mul(total.rsub(1))).maxNumber().doubleValue() < ROUNDING;
  }

  void end() {
    if (plainSum.length > 0) {
      sum.addi(Nd4j.createFromArray(plainSum).reshape('f', sum.shape()));
      plainSum = new float[0];
    }
    if (sequence.hasLabels() && !sequence.hasLabelsPerStep()) {
      evaluate(sequence.labels(), sum, hasLabel);
    }
  }

  /**
   * After {@link #end}: outputs of the latest sequence summed over its unmasked steps, [batch,
   * outputs].
   */
  INDArray sum() {
    return sum;
  }

  /** Mean over the samples and steps that have a label; NaN when none has. */
  double meanLoss() {
    return labelled == 0 ? Double.NaN : loss / labelled;
  }

  /** Whether any sample had a label in any step. */
  boolean hasLabels() {
    return labelled > 0;
  }

  /**
   * What was seen, of an evaluation nobody asked for: where labels of a part are no classes it
   * stays empty, as half an accuracy would mislead.
   */
  StreamingResult result() {
    Evaluation evaluation = (Evaluation) evaluations[0];
    if (!areClassesOnly && classified > 0) {
      LOG.warn(
          "No accuracy: {} of {} rows with a label had labels that are no classes",
          unclassified,
          classified + unclassified);
      evaluation.reset();
      return new StreamingResult(meanLoss(), evaluation, classified + unclassified);
    }
    return new StreamingResult(meanLoss(), evaluation, unclassified);
  }

  /**
   * Compares rows whose mask, [batch, 1], is 1.
   *
   * @param mask null: all of them. DL4J takes no mask for a single row, so one that hides nothing
   *     or everything is not handed on.
   */
  private void evaluate(INDArray labels, INDArray output, INDArray mask) {
    if (onlyClasses) {
      long rows = mask == null ? output.size(0) : mask.sumNumber().longValue();
      classified += isEvaluated ? rows : 0;
      unclassified += isEvaluated ? 0 : rows;
    }
    if (!isEvaluated || (mask != null && mask.maxNumber().doubleValue() == 0)) {
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

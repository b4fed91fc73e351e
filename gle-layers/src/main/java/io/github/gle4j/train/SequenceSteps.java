// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A batch of sequences, cut into time steps, or of still images that are presented for some. Labels
 * may be one per sequence or one per step; a mask that is 1 everywhere counts as no mask.
 */
final class SequenceSteps {
  private final INDArray features; // [batch, inputs, time], or [batch, inputs] presented still
  private final long time;
  private final INDArray labels;
  private final INDArray featuresMask;
  private final INDArray labelsMask;

  /**
   * Checks and arranges a batch.
   *
   * @param features [batch, inputs, time]; or what is presented still: [batch, inputs] or, with
   *     these dimensions as one, more
   * @param presentationSteps for how many steps still features are presented; 0: not allowed
   * @param labels [batch, outputs] or [batch, outputs, time]; null: none
   * @param featuresMask [batch, time] or null
   * @param labelsMask [batch, time], [batch, 1] or as labels per step; null: as the features mask
   */
  SequenceSteps(
      INDArray features,
      long presentationSteps,
      INDArray labels,
      INDArray featuresMask,
      INDArray labelsMask,
      long inputs,
      long outputs,
      DataType dataType) {
    boolean isStill = features != null && features.rank() != 3;
    String still =
        presentationSteps > 0
            ? " or [batch, " + inputs + "] or such images, presented for several steps,"
            : isStill ? " or plain images with presentationSteps" : "";
    requireShape(
        features != null
            && (isStill
                ? presentationSteps > 0 && features.length() == features.size(0) * inputs
                : features.size(1) == inputs),
        "features",
        features,
        "[batch, " + inputs + ", time]" + still);
    long batch = features.size(0);
    time = isStill ? presentationSteps : features.size(2);
    String perStep = "[" + batch + ", " + outputs + ", " + time + "]";
    requireShape(
        labels == null
            || hasShape(labels, batch, outputs)
            || hasShape(labels, batch, outputs, time),
        "labels",
        labels,
        "[" + batch + ", " + outputs + "] or " + perStep);
    requireShape(
        featuresMask == null || hasShape(featuresMask, batch, time),
        "features mask",
        featuresMask,
        "[" + batch + ", " + time + "]");
    INDArray onLabels = labelsMask == null ? featuresMask : labelsMask;
    requireShape(
        onLabels == null
            || hasShape(onLabels, batch, 1)
            || hasShape(onLabels, batch, time)
            || hasShape(onLabels, batch, outputs, time),
        "labels mask",
        onLabels,
        "[" + batch + ", 1], [" + batch + ", " + time + "] or " + perStep);
    INDArray steps = isStill ? features.dup('c').reshape('c', batch, inputs) : features;
    this.features = steps.castTo(dataType).dup('f'); // a step is then one run of memory
    this.labels = labels == null ? null : labels.castTo(dataType).dup('f');
    this.featuresMask = unlessOnes(featuresMask, dataType);
    settleNonFinite();
    this.labelsMask = unlessOnes(onLabels, dataType);
  }

  private SequenceSteps(SequenceSteps steps) {
    features = steps.features;
    time = steps.time;
    featuresMask = steps.featuresMask;
    labels = null;
    labelsMask = null;
  }

  /** The same without labels. */
  SequenceSteps withoutLabels() {
    return new SequenceSteps(this);
  }

  /** Where a sample stands still its input does not matter; anywhere else it must be a number. */
  private void settleNonFinite() {
    if (Double.isFinite(features.sumNumber().doubleValue())) {
      return;
    }
    for (long b = 0; b < batch(); b++) {
      for (long i = 0; i < features.size(1); i++) {
        for (long t = 0; t < features.length() / batch() / features.size(1); t++) {
          double value = isStill() ? features.getDouble(b, i) : features.getDouble(b, i, t);
          if (!Double.isFinite(value)) {
            if (isStill() || featuresMask == null || featuresMask.getDouble(b, t) != 0) {
              throw new IllegalArgumentException(
                  "features of sample %d, input %d, step %d = %s: finite numbers are allowed"
                      .formatted(b, i, t, value));
            }
            features.putScalar(b, i, t, 0);
          }
        }
      }
    }
  }

  long batch() {
    return features.size(0);
  }

  long time() {
    return time;
  }

  private boolean isStill() {
    return features.rank() == 2;
  }

  /** Which step of {@link #features()} holds step t. */
  long offset(long t) {
    return isStill() ? 0 : t;
  }

  boolean hasLabelsPerStep() {
    return labels != null && labels.rank() == 3;
  }

  boolean hasLabels() {
    return labels != null;
  }

  /** Whether some labels do not count in full. */
  boolean hasLabelsMask() {
    return labelsMask != null;
  }

  /** Labels per sequence, [batch, outputs], or per step, [batch, outputs, time], in 'f' order. */
  INDArray labels() {
    return labels;
  }

  /** Features of all steps, [batch, inputs, time] in 'f' order; those of one if they are still. */
  INDArray features() {
    return features;
  }

  /** Features of some steps, [batch, inputs, to - from] in 'f' order. */
  INDArray features(long from, long to) {
    if (isStill()) {
      long[] shape = {batch(), features.size(1), to - from};
      INDArray repeated = Nd4j.createUninitialized(features.dataType(), shape, 'f');
      for (long t = 0; t < to - from; t++) {
        repeated.get(all(), all(), point(t)).assign(features);
      }
      return repeated;
    }
    return features.get(all(), all(), interval(from, to)).dup('f');
  }

  INDArray features(long t) {
    return isStill() ? features : features.get(all(), all(), point(t));
  }

  INDArray labels(long t) {
    return hasLabelsPerStep() ? labels.get(all(), all(), point(t)) : labels;
  }

  /** [batch, 1], or null where time passes for all samples. */
  INDArray featuresMask(long t) {
    return featuresMask == null ? null : unlessOnes(featuresMask.getColumn(t, true).dup());
  }

  /** [batch, to - from], or null where time passes for all samples. */
  INDArray featuresMask(long from, long to) {
    return featuresMask == null ? null : featuresMask.get(all(), interval(from, to));
  }

  /** [batch, 1] or [batch, outputs], or null where all labels count. */
  INDArray labelsMask(long t) {
    if (labelsMask == null) {
      return null;
    }
    if (labelsMask.rank() == 3) {
      return labelsMask.get(all(), all(), point(t)).dup();
    }
    return labelsMask.size(1) == 1 ? labelsMask : labelsMask.getColumn(t, true).dup();
  }

  private static INDArray unlessOnes(INDArray mask, DataType dataType) {
    return mask == null ? null : unlessOnes(mask.castTo(dataType));
  }

  private static INDArray unlessOnes(INDArray mask) {
    return mask.minNumber().doubleValue() == 1 && mask.maxNumber().doubleValue() == 1 ? null : mask;
  }

  private static boolean hasShape(INDArray array, long... shape) {
    return Arrays.equals(array.shape(), shape);
  }

  /** Refuses an array whose shape is not the allowed one. */
  static void requireShape(boolean condition, String name, INDArray array, String allowed) {
    if (!condition) {
      throw new IllegalArgumentException(
          name
              + (array == null ? " are null" : " of shape " + Arrays.toString(array.shape()))
              + ": shape "
              + allowed
              + " is allowed");
    }
  }
}

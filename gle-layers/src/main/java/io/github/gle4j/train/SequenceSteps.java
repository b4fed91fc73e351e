// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import java.util.Locale;
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
    this.featuresMask = unlessOnes("features mask", featuresMask, dataType);
    this.labelsMask = unlessOnes("labels mask", onLabels, dataType);
    settleNonFinite("features", "input", this.features, this::countsFeature);
    settleNonFinite("labels", "output", this.labels, this::countsLabel);
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

  private boolean countsFeature(long sample, long input, long t) {
    return featuresMask == null || featuresMask.getDouble(sample, t) != 0;
  }

  private boolean countsLabel(long sample, long output, long t) {
    if (labelsMask == null) {
      return true;
    }
    return labelsMask.rank() == 3
        ? labelsMask.getDouble(sample, output, t) != 0
        : labelsMask.getDouble(sample, labelsMask.size(1) == 1 ? 0 : t) != 0;
  }

  private interface Counts {
    boolean at(long sample, long column, long t);
  }

  /** What a mask hides does not matter and becomes 0; anything else must be a number. */
  private void settleNonFinite(String name, String column, INDArray array, Counts counts) {
    if (array == null || Finite.all(array)) {
      return;
    }
    boolean isConstant = array.rank() == 2; // one value for all steps
    for (long b = 0; b < array.size(0); b++) {
      for (long i = 0; i < array.size(1); i++) {
        for (long t = 0; t < time; t++) {
          double value = isConstant ? array.getDouble(b, i) : array.getDouble(b, i, t);
          if (!Double.isFinite(value) && counts.at(b, i, t)) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "%s of sample %d, %s %d, step %d = %s: finite numbers are allowed",
                    name,
                    b,
                    column,
                    i,
                    t,
                    value));
          }
        }
      }
    }
    for (long i = 0; i < array.length(); i++) { // an array of our own, without gaps
      if (!Double.isFinite(array.data().getDouble(i))) {
        array.data().put(i, 0);
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

  private static INDArray unlessOnes(String name, INDArray mask, DataType dataType) {
    if (mask != null && !Finite.all(mask)) {
      throw new IllegalArgumentException(
          name + " holds values that are not finite: 0 (does not count) to 1 are allowed");
    }
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

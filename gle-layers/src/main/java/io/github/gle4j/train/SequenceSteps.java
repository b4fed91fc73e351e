// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.nn.layers.SequenceArrays.requireShape;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.nn.layers.Finite;
import io.github.gle4j.nn.layers.SequenceArrays;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoublePredicate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A batch of sequences, cut into time steps, or of still images that are presented for some. Labels
 * may be one per sequence or one per step; a mask that is 1 everywhere counts as no mask. What a
 * mask hides is 0 here, whatever it was.
 */
final class SequenceSteps {
  private final INDArray features; // [batch, inputs, time], or [batch, inputs] presented still
  private final long time;
  private final INDArray labels;
  private final INDArray featuresMask; // [batch, time]
  private final INDArray labelsMask; // [batch, 1 or outputs, 1 or time]

  /**
   * Checks and arranges a batch.
   *
   * @param features [batch, inputs, time]; or what is presented still: [batch, inputs] or, with
   *     these dimensions as one, more
   * @param presentationSteps for how many steps still features are presented; 0: not allowed
   * @param labels [batch, outputs] or [batch, outputs, time]; null: none
   * @param featuresMask [batch, time] or null
   * @param labelsMask [batch, time], [batch, 1], as labels per step or, if these are one per
   *     sequence, as they; null: as the features mask
   * @param masksPerOutput whether the loss takes masks that differ between outputs
   */
  SequenceSteps(
      INDArray features,
      long presentationSteps,
      INDArray labels,
      INDArray featuresMask,
      INDArray labelsMask,
      boolean masksPerOutput,
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
    if (labels != null) {
      requireShape(
          hasShape(labels, batch, outputs) || hasShape(labels, batch, outputs, time),
          "labels",
          labels,
          String.format(Locale.ROOT, "[%d, %d] or [%1$d, %2$d, %d]", batch, outputs, time));
    }
    this.featuresMask = SequenceArrays.featuresMask(featuresMask, batch, time, dataType);
    this.labelsMask = labelsMask(labels, labelsMask, masksPerOutput, batch, outputs, dataType);
    INDArray values = SequenceArrays.numbers("features", features, dataType);
    INDArray steps = isStill ? values.dup('c').reshape('c', batch, inputs) : values;
    this.features = steps.dup('f'); // a step is then one run of memory
    this.labels =
        labels == null ? null : SequenceArrays.numbers("labels", labels, dataType).dup('f');
    hideFeatures();
    hideLabels();
    requireFinite("features", "input", this.features);
    if (labels != null) {
      requireFinite("labels", "output", this.labels);
    }
  }

  private SequenceSteps(SequenceSteps steps) {
    features = steps.features;
    time = steps.time;
    featuresMask = steps.featuresMask;
    labels = null;
    labelsMask = null;
  }

  /** A labels mask, or what stands for it, as [batch, 1 or outputs, 1 or time]; or null. */
  private INDArray labelsMask(
      INDArray labels,
      INDArray given,
      boolean masksPerOutput,
      long batch,
      long outputs,
      DataType dataType) {
    if (given == null) {
      return featuresMask == null ? null : featuresMask.dup('f').reshape('f', batch, 1, time);
    }
    boolean perSequence = labels != null && labels.rank() == 2;
    boolean isPerOutput = perSequence && hasShape(given, batch, outputs);
    boolean isPerStep = hasShape(given, batch, time);
    requireShape(
        isPerOutput
            || isPerStep
            || hasShape(given, batch, 1)
            || hasShape(given, batch, outputs, time),
        "labels mask",
        given,
        String.format(
            Locale.ROOT,
            "[%1$d, 1], "
                + (perSequence ? "[%1$d, %3$d], " : "")
                + "[%1$d, %2$d] or [%1$d, %3$d, %2$d]",
            batch,
            time,
            outputs));
    INDArray mask = SequenceArrays.mask("labels mask", given, Double.MAX_VALUE, dataType);
    if (mask == null) {
      return null;
    }
    if (mask.rank() == 2 && mask.equals(mask.getColumn(0, true).broadcast(mask.shape()))) {
      return mask.getColumn(0, true).dup('f').reshape('f', batch, 1, 1); // however it is read
    }
    if (isPerOutput && hidesFirstColumnAlone(mask)) { // DL4J merges [batch, 1] so
      if (isPerStep || masksPerOutput) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "labels mask of shape %s hides its first column alone, as DL4J leaves masks [batch, 1]"
                    + " that it merges: shape [%d, 1] is allowed, or a labels mask per step",
                Arrays.toString(given.shape()),
                batch));
      }
      return mask.getColumn(0, true).dup('f').reshape('f', batch, 1, 1);
    }
    if (isPerOutput && isPerStep && masksPerOutput) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "labels mask of shape [%d, %d] is ambiguous, as there are %2$d outputs and %2$d steps:"
                  + " labels and mask of shape [%1$d, %2$d, %2$d] are allowed",
              batch,
              outputs));
    }
    return mask.rank() == 3
        ? mask
        : mask.dup('f').reshape('f', batch, isPerStep ? 1 : outputs, isPerStep ? time : 1);
  }

  private static boolean hidesFirstColumnAlone(INDArray mask) {
    return mask.get(all(), interval(1, mask.size(1))).minNumber().doubleValue() == 1
        && mask.maxNumber().doubleValue() == 1;
  }

  private void hideFeatures() {
    if (!isStill()) {
      SequenceArrays.hideSteps(features, featuresMask);
    } else if (featuresMask != null) {
      SequenceArrays.hide(features, featuresMask.max(true, 1));
    }
  }

  private void hideLabels() {
    if (labels == null || labelsMask == null) {
      return;
    }
    if (hasLabelsPerStep()) {
      SequenceArrays.hide(labels, labelsMask);
    } else {
      SequenceArrays.hide(labels, labelsMask.max(2)); // in every step
    }
  }

  /** What is not hidden must be finite. */
  private void requireFinite(String name, String column, INDArray array) {
    if (!Finite.all(array)) {
      refuse(name, column, array, value -> !Double.isFinite(value), "finite numbers are allowed");
    }
  }

  /**
   * Refuses labels that count and are not between two values.
   *
   * @param allowed what is, for the message
   */
  void requireLabels(double low, double high, String allowed) {
    if (labels != null && !Finite.within(labels, low, high)) {
      refuse("labels", "output", labels, value -> value < low || value > high, allowed);
    }
  }

  /**
   * Refuses labels that count and are 0 for all outputs.
   *
   * @param allowed what is, for the message
   */
  void requireSomeClass(String allowed) {
    if (labels == null) {
      return;
    }
    INDArray sizes = labels.norm1(true, 1); // [batch, 1] or [batch, 1, time]
    if (labelsMask != null) { // what is hidden is 0
      INDArray mask = labelsMask.max(true, 1);
      INDArray hidden = (labels.rank() == 2 ? mask.max(true, 2).reshape(batch(), 1) : mask).eq(0);
      sizes = sizes.add(hidden.castTo(sizes.dataType()));
    }
    if (sizes.minNumber().doubleValue() > 0) {
      return;
    }
    INDArray rows = sizes.dup('c').reshape('c', batch(), sizes.length() / batch());
    for (long b = 0; b < rows.size(0); b++) {
      for (long t = 0; t < rows.size(1); t++) {
        if (rows.getDouble(b, t) == 0) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "labels of sample %d, step %d are 0 for all outputs: %s",
                  b,
                  t,
                  allowed));
        }
      }
    }
  }

  private void refuse(
      String name, String column, INDArray array, DoublePredicate isWrong, String allowed) {
    long steps = array.rank() == 2 ? 1 : time; // or one value for all steps
    for (long b = 0; b < array.size(0); b++) {
      for (long i = 0; i < array.size(1); i++) {
        for (long t = 0; t < steps; t++) {
          double value = array.rank() == 2 ? array.getDouble(b, i) : array.getDouble(b, i, t);
          if (isWrong.test(value)) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "%s of sample %d, %s %d, step %d = %s: %s",
                    name,
                    b,
                    column,
                    i,
                    t,
                    value,
                    allowed));
          }
        }
      }
    }
  }

  /** The same without labels. */
  SequenceSteps withoutLabels() {
    return new SequenceSteps(this);
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
    if (featuresMask == null) {
      return null;
    }
    INDArray mask = featuresMask.getColumn(t, true).dup();
    return mask.minNumber().doubleValue() == 1 ? null : mask;
  }

  /** [batch, to - from], or null where time passes for all samples. */
  INDArray featuresMask(long from, long to) {
    return featuresMask == null ? null : featuresMask.get(all(), interval(from, to));
  }

  /** [batch, 1] or [batch, outputs], or null where all labels count. */
  INDArray labelsMask(long t) {
    return labelsMask == null
        ? null
        : labelsMask.get(all(), all(), point(labelsMask.size(2) == 1 ? 0 : t)).dup();
  }

  /** Whether the outputs of a step may count differently. */
  boolean hasLabelsMaskPerOutput() {
    return labelsMask != null
        && labelsMask.size(1) > 1
        && labelsMask.max(1).distance1(labelsMask.min(1)) > 0;
  }

  private static boolean hasShape(INDArray array, long... shape) {
    return Arrays.equals(array.shape(), shape);
  }
}

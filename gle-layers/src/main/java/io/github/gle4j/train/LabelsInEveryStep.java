// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.layers.SequenceArrays;
import java.util.Objects;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Repeats labels per sequence in every time step, as DL4J's own {@code fit}, {@code evaluate},
 * {@code score} and {@code EvaluativeListener} want them for an output over time: {@code
 * iterator.setPreProcessor(new LabelsInEveryStep())}. {@link StreamingTrainer} takes either.
 *
 * <p>Labels [batch, outputs] become [batch, outputs, time]; labels per step stay as they are.
 * Labels without a mask of their own count in the steps that the features mask shows. DL4J's {@code
 * evaluate} then counts every such step as an example, where {@link StreamingTrainer#evaluate}
 * decides once per sequence.
 */
public final class LabelsInEveryStep implements DataSetPreProcessor {
  private static final long serialVersionUID = 1L;

  private final RNNFormat format;

  /** For sequences [batch, size, time]. */
  public LabelsInEveryStep() {
    this(RNNFormat.NCW);
  }

  /**
   * For sequences of a format.
   *
   * @param format of features and of labels in every step
   */
  public LabelsInEveryStep(RNNFormat format) {
    this.format = Objects.requireNonNull(format, "format");
  }

  /**
   * Changes the labels and their mask; the features stay as they are.
   *
   * @throws IllegalArgumentException when features, labels or masks do not fit each other
   */
  @Override
  public void preProcess(DataSet batch) {
    INDArray given = batch.getLabels();
    if (given == null) {
      return;
    }
    INDArray features = batch.getFeatures();
    SequenceArrays.requireShape(
        features != null && features.rank() == 3, "features", features, "[batch, inputs, time]");
    INDArray sequences = channelsFirst(features);
    SequenceArrays.requireShape(
        given.rank() == 2 || given.rank() == 3,
        "labels",
        given,
        "[batch, outputs] or [batch, outputs, time]");
    INDArray labels = given.rank() == 3 ? channelsFirst(given) : given;
    SequenceSteps steps =
        new SequenceSteps(
            sequences,
            0,
            labels,
            batch.getFeaturesMaskArray(),
            batch.getLabelsMaskArray(),
            false,
            sequences.size(1),
            labels.size(1),
            features.dataType() == DataType.DOUBLE ? DataType.DOUBLE : DataType.FLOAT);
    batch.setLabels(
        channelsFirst(
            steps.hasLabelsPerStep() ? steps.labels() : repeated(steps.labels(), steps.time())));
    batch.setLabelsMaskArray(mask(steps, labels.size(1)));
  }

  /**
   * The same labels in every step.
   *
   * @param labels [batch, outputs]
   * @param time number of steps
   * @return [batch, outputs, time], in 'f' order
   */
  public static INDArray repeated(INDArray labels, long time) {
    INDArray step = labels.dup('f').reshape('f', 1, labels.length());
    INDArray steps = step.repeat(0, time).dup('c'); // one step after the other
    return steps.transpose().reshape('f', labels.size(0), labels.size(1), time);
  }

  private INDArray mask(SequenceSteps steps, long outputs) {
    if (!steps.hasLabelsMask()) {
      return null;
    }
    long rows = steps.hasLabelsMaskPerOutput() ? outputs : 1;
    INDArray mask =
        Nd4j.createUninitialized(
            steps.labels().dataType(), new long[] {steps.batch(), rows, steps.time()}, 'f');
    for (long t = 0; t < steps.time(); t++) {
      INDArray column = steps.labelsMask(t);
      mask.tensorAlongDimension(t, 0, 1)
          .assign(rows == 1 ? column.getColumn(0, true) : column.broadcast(steps.batch(), rows));
    }
    return rows == 1 ? mask.reshape('f', steps.batch(), steps.time()) : channelsFirst(mask);
  }

  /** [batch, size, time], or back again, whichever the format is. */
  private INDArray channelsFirst(INDArray sequences) {
    return format == RNNFormat.NCW ? sequences : sequences.permute(0, 2, 1);
  }
}

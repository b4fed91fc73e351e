// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.FloatMath;
import io.github.gle4j.nn.connectivity.NativeFloats;
import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.Arrays;
import java.util.Set;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossKLD;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossMultiLabel;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;

/** The loss of a network's output, and the error that it causes there. */
final class OutputLoss {
  /** Losses whose labels are probabilities. */
  private static final Set<Class<?>> PROBABILITIES =
      Set.of(
          LossMCXENT.class,
          LossNegativeLogLikelihood.class,
          LossBinaryXENT.class,
          LossKLD.class,
          LossMultiLabel.class);

  /** Losses of a softmax, whose probabilities add up to 1. */
  private static final Set<Class<?>> DISTRIBUTIONS =
      Set.of(LossMCXENT.class, LossNegativeLogLikelihood.class, LossKLD.class);

  private static final double ROUNDING = 1e-3;

  private final RnnLossLayer top;
  private final double beta;

  /** How {@link #of(float[], float[], INDArray, float[], int)} computes: ANY by ND4J. */
  private enum Kind {
    CROSS_ENTROPY,
    SQUARES,
    ANY
  }

  private final Kind kind;
  private final double lowest; // logarithm of a probability
  private final double highest;
  private final double share; // of the sum of squares
  private float[] scratch = {};
  private float[] work = {};

  /**
   * The loss of a loss layer.
   *
   * @param top its function and activation
   * @param beta nudging strength, the factor of the error
   */
  OutputLoss(RnnLossLayer top, double beta, long outputs) {
    this.top = top;
    this.beta = beta;
    ILossFunction loss = top.getLossFn();
    IActivation activation = top.getActivationFn();
    boolean isCrossEntropy =
        (loss.getClass() == LossMCXENT.class || loss.getClass() == LossNegativeLogLikelihood.class)
            && activation.getClass() == ActivationSoftmax.class
            && ((LossMCXENT) loss).getWeights() == null;
    boolean isSquares =
        (loss.getClass() == LossMSE.class || loss.getClass() == LossL2.class)
            && activation.getClass() == ActivationIdentity.class
            && ((LossL2) loss).getWeights() == null;
    kind = isCrossEntropy ? Kind.CROSS_ENTROPY : isSquares ? Kind.SQUARES : Kind.ANY;
    double clip = isCrossEntropy ? ((LossMCXENT) loss).getSoftmaxClipEps() : 0; // as ND4J clips
    lowest = Math.log(clip);
    highest = Math.log1p(-clip);
    share = loss.getClass() == LossMSE.class ? 1.0 / outputs : 1;
  }

  /** Whether Java arrays go through ND4J, because it alone knows the loss. */
  boolean isSlow() {
    return kind == Kind.ANY;
  }

  /**
   * Refuses labels and masks that this loss cannot be of.
   *
   * @throws IllegalArgumentException naming the loss
   */
  void requireFitting(SequenceSteps steps) {
    if (PROBABILITIES.contains(top.getLossFn().getClass())) {
      steps.requireLabels(
          -ROUNDING, 1 + ROUNDING, "probabilities, 0 to 1, are allowed with " + top.getLossFn());
    }
    if (DISTRIBUTIONS.contains(top.getLossFn().getClass()) && !takesMasksPerOutput()) {
      steps.requireSomeClass(
          "a class, or a labels mask of 0 where there is none, is allowed with " + top.getLossFn());
    }
    if (steps.hasLabels() && !takesMasksPerOutput() && steps.hasLabelsMaskPerOutput()) {
      throw new IllegalArgumentException(
          "labels mask that differs between the outputs of a softmax: one per sample is allowed,"
              + " as its outputs are one distribution");
    }
  }

  /** Whether masks may differ between outputs: those of a softmax are one distribution. */
  boolean takesMasksPerOutput() {
    return !(top.getActivationFn() instanceof ActivationSoftmax);
  }

  /** Loss, summed over the rows, and error at the output: {@code -beta} times the gradient. */
  Pair<Double, INDArray> of(INDArray labels, INDArray output, INDArray mask) {
    Double weight = weight(mask);
    INDArray ofRows = weight == null ? mask : null;
    double factor = weight == null ? 1 : weight;
    Pair<Double, INDArray> scored =
        top.getLossFn()
            .computeGradientAndScore(labels, output.dup(), top.getActivationFn(), ofRows, false);
    return new Pair<>(
        factor * scored.getFirst(),
        scored.getSecond().castTo(output.dataType()).mul(-beta * factor));
  }

  /** What a mask of one value says, which ND4J takes for one per output; else null. */
  private static Double weight(INDArray mask) {
    return mask != null && mask.length() == 1 ? (Double) mask.getDouble(0) : null;
  }

  /**
   * Loss alone, summed over the rows.
   *
   * @throws NonFiniteException when it is not finite in this step
   */
  double score(long step, INDArray labels, INDArray output, INDArray mask) {
    Double weight = weight(mask);
    INDArray ofRows = weight == null ? mask : null;
    double factor = weight == null ? 1 : weight;
    return finite(
        step,
        factor
            * top.getLossFn()
                .computeScore(labels, output.dup(), top.getActivationFn(), ofRows, false));
  }

  private static double finite(long step, double loss) {
    if (!Double.isFinite(loss)) {
      throw NonFiniteException.inSequence("loss", "the loss layer", step);
    }
    return loss;
  }

  /**
   * Loss alone of several steps with the same labels, summed over samples and steps.
   *
   * @param from the first of them
   * @param labels [batch, outputs]
   * @param outputs [batch, outputs, steps] in 'f' order
   * @throws NonFiniteException when it is not finite in a step
   */
  double scoreAll(long from, INDArray labels, INDArray outputs) {
    double loss = 0;
    if (kind == Kind.ANY || NativeFloats.obstacle(outputs.dataType()).isPresent()) {
      for (long t = 0; t < outputs.size(2); t++) {
        loss += score(from + t, labels, outputs.get(all(), all(), point(t)), null);
      }
      return loss;
    }
    float[] label = NativeFloats.toHeap(labels);
    float[] output = new float[label.length];
    float[] error = new float[label.length];
    FloatPointer steps = NativeFloats.of(outputs);
    for (long t = 0; t < outputs.size(2); t++) {
      NativeFloats.read(steps.position(t * output.length), output);
      double ofStep = of(label, output, null, error, Math.toIntExact(outputs.size(0)));
      loss += finite(from + t, ofStep);
    }
    return loss;
  }

  /**
   * As {@link #of(INDArray, INDArray, INDArray)}, on Java arrays [outputs][batch], without
   * allocation for cross entropy of a softmax and for squared errors without a mask.
   *
   * @param mask null: all labels count
   * @param error out
   * @return the loss summed over the batch
   */
  double of(float[] labels, float[] output, INDArray mask, float[] error, int batch) {
    if (mask != null || kind == Kind.ANY) {
      long outputs = output.length / batch;
      Pair<Double, INDArray> scored =
          of(
              Nd4j.createFromArray(labels).reshape('f', batch, outputs),
              Nd4j.createFromArray(output).reshape('f', batch, outputs),
              mask);
      NativeFloats.read(scored.getSecond().dup('f'), error);
      return scored.getFirst();
    }
    return kind == Kind.SQUARES
        ? squares(labels, output, error)
        : crossEntropy(labels, output, error, batch);
  }

  private double squares(float[] labels, float[] output, float[] error) {
    float factor = (float) (2 * beta * share);
    double loss = 0;
    for (int i = 0; i < error.length; i++) {
      float difference = labels[i] - output[i];
      error[i] = factor * difference;
      loss += difference * difference;
    }
    return share * loss;
  }

  private double crossEntropy(float[] labels, float[] output, float[] error, int batch) {
    if (scratch.length != 2 * batch || work.length != output.length) {
      scratch = new float[2 * batch];
      work = new float[output.length];
    }
    // scratch: the largest output of every sample, then the sum of the exponentials
    System.arraycopy(output, 0, scratch, 0, batch);
    for (int from = batch; from < output.length; from += batch) {
      for (int b = 0; b < batch; b++) {
        scratch[b] = Math.max(scratch[b], output[from + b]);
      }
    }
    Arrays.fill(scratch, batch, 2 * batch, 0);
    for (int from = 0; from < output.length; from += batch) {
      for (int b = 0; b < batch; b++) {
        error[from + b] = output[from + b] - scratch[b];
      }
    }
    FloatMath.expOfNegative(error, work, error);
    for (int from = 0; from < output.length; from += batch) {
      for (int b = 0; b < batch; b++) {
        scratch[batch + b] += error[from + b];
      }
    }
    double loss = 0;
    float strength = (float) beta;
    for (int from = 0; from < output.length; from += batch) {
      for (int b = 0; b < batch; b++) {
        float probability = error[from + b] / scratch[batch + b];
        float label = labels[from + b];
        error[from + b] = strength * (label - probability);
        if (label != 0) {
          double logarithm = output[from + b] - scratch[b] - Math.log(scratch[batch + b]);
          loss -= label * Math.max(lowest, Math.min(highest, logarithm));
        }
      }
    }
    return loss;
  }
}

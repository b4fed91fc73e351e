// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import org.nd4j.evaluation.classification.Evaluation;

/**
 * What a pass over data showed.
 *
 * @param loss the network's loss function, averaged over samples and time steps with a label
 * @param evaluation DL4J's evaluation. Labels per sequence are compared with the outputs summed
 *     over time, labels per time step with the outputs of each step. It stays empty where labels
 *     are not classes: negative, or not adding up to 1; a single output's class is 0 or 1.
 * @param unclassified number of labels that the evaluation left out, since not all of them are
 *     classes: of sequences, or of samples and time steps. Labels that a mask hides count nowhere.
 */
public record StreamingResult(double loss, Evaluation evaluation, long unclassified) {

  /**
   * A result whose labels were all classes.
   *
   * @param loss as {@link #loss}
   * @param evaluation as {@link #evaluation}
   */
  public StreamingResult(double loss, Evaluation evaluation) {
    this(loss, evaluation, 0);
  }

  /**
   * Share of right classifications.
   *
   * @return between 0 and 1; NaN when nothing was classified
   */
  public double accuracy() {
    return evaluation.getNumRowCounter() == 0 ? Double.NaN : evaluation.accuracy();
  }
}

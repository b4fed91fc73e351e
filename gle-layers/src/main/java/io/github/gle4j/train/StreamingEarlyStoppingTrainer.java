// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.Objects;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.earlystopping.trainer.BaseEarlyStoppingTrainer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * DL4J's early stopping for a {@link StreamingTrainer}: configured and run as DL4J's own {@code
 * EarlyStoppingTrainer}, with an update per time step. The iterations of termination conditions are
 * batches of sequences. As in DL4J, an exception ends the training with a result that has the best
 * model so far.
 */
public final class StreamingEarlyStoppingTrainer
    extends BaseEarlyStoppingTrainer<MultiLayerNetwork> {
  private final StreamingTrainer trainer;

  /**
   * Puts early stopping around a trainer; {@link #fit()} starts it.
   *
   * @param configuration when to stop, what to watch (such as {@link #lossOn}) and where the best
   *     model goes
   * @param trainer trains its network
   * @param train sequences with labels
   */
  public StreamingEarlyStoppingTrainer(
      EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
      StreamingTrainer trainer,
      DataSetIterator train) {
    super(configuration, trainer.network(), train, null, null);
    this.trainer = trainer;
  }

  /**
   * Watches the loss on other data, as {@link StreamingTrainer#evaluate} finds it.
   *
   * @param trainer the one that trains
   * @param data sequences with labels
   * @return the score that is smallest for the best model
   */
  public static ScoreCalculator<MultiLayerNetwork> lossOn(
      StreamingTrainer trainer, DataSetIterator data) {
    Objects.requireNonNull(trainer, "trainer");
    Objects.requireNonNull(data, "data");
    return new ScoreCalculator<>() {
      @Override
      public double calculateScore(MultiLayerNetwork network) {
        return trainer.evaluate(data).loss();
      }

      @Override
      public boolean minimizeScore() {
        return true;
      }
    };
  }

  @Override
  protected void fit(DataSet data) {
    trainer.fit(data);
  }

  /** Not called: the iterator gives DataSets. */
  @Override
  protected void fit(MultiDataSet data) {
    throw new UnsupportedOperationException("a streaming trainer takes DataSets");
  }

  /**
   * Refuses: layers that are pretrained cannot be streamed.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  protected void pretrain(DataSet data) {
    throw new UnsupportedOperationException("GLE layers are not pretrained");
  }

  /** Not called: the iterator gives DataSets. */
  @Override
  protected void pretrain(MultiDataSet data) {
    throw new UnsupportedOperationException("GLE layers are not pretrained");
  }
}

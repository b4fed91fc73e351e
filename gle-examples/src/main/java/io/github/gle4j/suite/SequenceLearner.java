// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.train.LabelsInEveryStep;
import io.github.gle4j.train.NetworkState;
import io.github.gle4j.train.StreamingTrainer;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DL4J's {@code fit}: an update after every segment of a minibatch of sequences. Neurons carry on
 * from segment to segment and start every minibatch, and every evaluation, from rest.
 */
final class SequenceLearner implements Learner {
  private final MultiLayerNetwork network;
  private final StreamingTrainer trainer;
  private final Annealing annealing;
  private final Watch watch = new Watch();
  private final int length;
  private final int segment;

  SequenceLearner(TrainingPlan plan) {
    length = plan.model().shape().length();
    segment = plan.segmentLength();
    network = (MultiLayerNetwork) plan.network();
    annealing = Annealing.of(plan);
    MultiLayerConfiguration configuration = network.getLayerWiseConfigurations();
    if (segment < length) {
      configuration.setBackpropType(BackpropType.TruncatedBPTT);
      configuration.setTbpttFwdLength(segment);
      configuration.setTbpttBackLength(segment);
    }
    network.init();
    network.addListeners(watch);
    trainer = StreamingTrainer.builder(network).carryState(false).build();
  }

  @Override
  public Seen learn(DataSet sequences) {
    INDArray labels = sequences.getLabels();
    watch.begin(labels);
    network.fit(sequences.getFeatures(), LabelsInEveryStep.repeated(labels, length));
    Evaluation evaluation = new Evaluation();
    evaluation.eval(labels, watch.summedOutput);
    return new Seen(new Figures(watch.loss / length, evaluation.accuracy()), length);
  }

  @Override
  public int updatesPerBatch() {
    return (length + segment - 1) / segment;
  }

  @Override
  public double evaluate(DataSetIterator sequences, Evaluation evaluation) {
    return trainer.doEvaluation(sequences, evaluation);
  }

  @Override
  public void endEpoch(double watchedLoss) {
    network.incrementEpochCount();
    trainer.reduceLearningRate(annealing.observe(watchedLoss));
  }

  @Override
  public double learningRate() {
    return trainer.learningRate();
  }

  @Override
  public long updates() {
    return network.getIterationCount();
  }

  @Override
  public MultiLayerNetwork network() {
    return network;
  }

  @Override
  public void save(Checkpoint.Builder to) {
    NetworkState.save(network, to);
    annealing.save(to);
  }

  @Override
  public void restore(Checkpoint from) {
    annealing.restore(from);
    NetworkState.restore(network, from);
  }

  /** Sees a minibatch as the network does while it learns. */
  private static final class Watch extends BaseTrainingListener {
    private INDArray summedOutput; // [batch, classes]
    private double loss; // summed over time, averaged over the sequences

    void begin(INDArray labels) {
      summedOutput = Nd4j.zeros(labels.dataType(), labels.shape());
      loss = 0;
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
      INDArray output = activations.get(activations.size() - 1); // what the loss layer reads
      summedOutput.addi(output.sum(2));
    }

    /**
     * Ends training before an update that would do damage.
     *
     * @throws ArithmeticException when the gradient is not finite
     */
    @Override
    public void onGradientCalculation(Model model) {
      loss += model.score();
      INDArray gradient = ((MultiLayerNetwork) model).getFlattenedGradients();
      if (!Double.isFinite(model.score() + gradient.norm1Number().doubleValue())) {
        throw new ArithmeticException(
            String.format(
                    Locale.ROOT,
                    "the loss or its gradient is not finite before update %d; the parameters are those",
                    ((MultiLayerNetwork) model).getIterationCount())
                + " before it. Is the learning rate too high?");
      }
    }
  }
}

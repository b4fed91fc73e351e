// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Finds out whether a network that is given whole sequences can read them one point at a time: in a
 * configuration this is not written.
 */
public final class StepByStep {
  private static final double TOLERANCE = 1e-4;

  private StepByStep() {}

  /**
   * Whether DL4J's {@code rnnTimeStep}, point by point, puts out what {@code output} says of the
   * whole sequence: at every time step, or in the end where there is one output for all. Of layers
   * below a {@link LastTimeStep} or a {@link GlobalPoolingLayer}, which {@code rnnTimeStep} does
   * not know, what they put out there.
   *
   * @param model gets sequences
   * @return false, too, where {@code rnnTimeStep} is impossible
   */
  public static boolean isPossible(TaskModel model) {
    SequenceShape shape = model.shape();
    INDArray sequence = noise(shape.channels(), shape.length());
    try {
      Model network = overTime(model.network(1));
      network.init();
      INDArray whole = TaskModel.output(network, sequence);
      boolean isPerStep = whole.rank() == 3 && whole.size(2) == shape.length();
      if (whole.rank() == 3 && !isPerStep) {
        return false; // time was thinned out
      }
      for (int t = 0; t < shape.length(); t++) {
        INDArray seen = step(network, at(sequence, t));
        boolean isLast = t == shape.length() - 1;
        if ((isPerStep || isLast) && !isEqual(seen, isPerStep ? at(whole, t) : whole)) {
          return false;
        }
      }
      return true;
    } catch (RuntimeException e) { // DL4J says by any exception that a layer cannot do this
      return false;
    }
  }

  /** The network up to where one output of all time steps is made. */
  private static Model overTime(Model network) {
    if (!(network instanceof MultiLayerNetwork layers)) {
      return network; // a graph's vertices do that, and know rnnTimeStep
    }
    MultiLayerConfiguration configuration = layers.getLayerWiseConfigurations().clone();
    List<NeuralNetConfiguration> below = new ArrayList<>();
    for (NeuralNetConfiguration layer : configuration.getConfs()) {
      if (layer.getLayer() instanceof GlobalPoolingLayer) {
        break;
      }
      below.add(layer);
      if (layer.getLayer() instanceof LastTimeStep last) {
        layer.setLayer(last.getUnderlying());
        break;
      }
    }
    configuration.setConfs(below);
    return new MultiLayerNetwork(configuration);
  }

  /** Not ND4J's random numbers, whose state belongs to those who train. */
  private static INDArray noise(int channels, int length) {
    Random random = new Random(1);
    INDArray sequence = Nd4j.create(DataType.FLOAT, 1, channels, length);
    for (int channel = 0; channel < channels; channel++) {
      for (int t = 0; t < length; t++) {
        sequence.putScalar(0, channel, t, random.nextGaussian());
      }
    }
    return sequence;
  }

  private static INDArray at(INDArray sequence, int t) {
    return sequence
        .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(t, t + 1))
        .dup();
  }

  private static INDArray step(Model network, INDArray point) {
    return network instanceof ComputationGraph graph
        ? graph.rnnTimeStep(point)[0]
        : ((MultiLayerNetwork) network).rnnTimeStep(point);
  }

  private static boolean isEqual(INDArray seen, INDArray expected) {
    if (seen.length() != expected.length()) {
      return false;
    }
    for (long i = 0; i < expected.length(); i++) {
      if (!(Math.abs(seen.getDouble(i) - expected.getDouble(i)) < TOLERANCE)) {
        return false;
      }
    }
    return true;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.checkpoint.Checkpoint;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a DL4J network needs to go on learning with the same numbers: parameters, updater state,
 * numbers of updates and epochs, learning rates, and ND4J's random generator. For {@link
 * StreamingTrainer} see its own {@code save}, for networks trained by {@code fit} this is all,
 * between two calls of {@code fit}.
 */
public final class NetworkState {
  private static final String PARAMETERS = "network/parameters";
  private static final String UPDATER = "network/updater";
  private static final String COUNTS = "network/updates-epochs";
  private static final String RATES = "network/learning-rates";
  private static final String RANDOM = "random/nd4j";

  private NetworkState() {}

  /**
   * Saves the state of a network.
   *
   * @param network a {@link MultiLayerNetwork} or {@link ComputationGraph}, initialised
   * @param to gets entries whose names begin with {@code network/} and {@code random/}
   */
  public static void save(Model network, Checkpoint.Builder to) {
    to.put(PARAMETERS, network.params());
    INDArray updater = updaterState(network);
    if (updater != null) {
      to.put(UPDATER, updater);
    }
    to.put(COUNTS, updates(network), epochs(network));
    to.put(RATES, LearningRates.fixed(network));
    Random random = Nd4j.getRandom();
    to.put(RANDOM, random.rootState(), random.nodeState());
  }

  /**
   * Brings a network to a saved state.
   *
   * @param network of the same configuration as the saved one
   * @param from has what {@link #save} put in
   * @throws IllegalArgumentException when the saved state is not that of such a network; nothing
   *     changes then
   */
  public static void restore(Model network, Checkpoint from) {
    INDArray parameters = fitting("parameters", network.params(), from.array(PARAMETERS));
    INDArray updater = updaterState(network);
    INDArray savedUpdater = from.has(UPDATER) ? from.array(UPDATER) : null;
    fitting("updater state", updater, savedUpdater);
    int[] counts = from.counts(COUNTS, 2);
    double[] rates = from.doubles(RATES, LearningRates.fixed(network).length);
    long[] random = from.longs(RANDOM, 2);

    network.setParams(parameters);
    if (updater != null) {
      updater.assign(savedUpdater.reshape(updater.shape()));
    }
    if (network instanceof ComputationGraph graph) {
      graph.getConfiguration().setIterationCount(counts[0]);
      graph.getConfiguration().setEpochCount(counts[1]);
    } else {
      ((MultiLayerNetwork) network).setIterationCount(counts[0]);
      ((MultiLayerNetwork) network).setEpochCount(counts[1]);
    }
    LearningRates.setFixed(network, rates);
    Nd4j.getRandom().setStates(random[0], random[1]);
  }

  /** Null when no updater has a state. */
  private static INDArray updaterState(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getUpdater().getStateViewArray()
        : ((MultiLayerNetwork) network).getUpdater().getStateViewArray();
  }

  private static long updates(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().getIterationCount()
        : ((MultiLayerNetwork) network).getIterationCount();
  }

  private static long epochs(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().getEpochCount()
        : ((MultiLayerNetwork) network).getEpochCount();
  }

  /**
   * Requires a saved array to fit the one it is to replace; both may be null.
   *
   * @throws IllegalArgumentException when it does not
   */
  static INDArray fitting(String what, INDArray there, INDArray saved) {
    String has = there == null ? "none" : there.length() + " of " + there.dataType();
    String needed = saved == null ? "none" : saved.length() + " of " + saved.dataType();
    if (!has.equals(needed)) {
      throw new IllegalArgumentException(
          "the checkpoint's " + what + ": " + needed + ", but the network has " + has);
    }
    return saved;
  }
}

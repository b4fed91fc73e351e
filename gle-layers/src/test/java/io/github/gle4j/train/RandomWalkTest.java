// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.RmsProp;

/**
 * Random calls to a trainer on the fused engine and to one on the reference engine: both agree
 * after every call, and so does a new trainer that takes up a checkpoint, at any point.
 */
class RandomWalkTest {
  private static final int CALLS = 60;
  private static final double TOLERANCE = 2e-4;

  /** What is special about a network. */
  enum Kind {
    PLAIN,
    GAMMA,
    DROPOUT,
    ACTIVATION
  }

  private final List<INDArray> expected = new ArrayList<>();
  private final List<INDArray> actual = new ArrayList<>();
  private Random random;
  private Propagation propagation;
  private MultiLayerConfiguration configuration;
  private int interval;
  private boolean carryState;
  private StreamingTrainer fused;
  private StreamingTrainer reference;
  private List<Map<String, INDArray>> savedFused = List.of();
  private List<Map<String, INDArray>> savedReference = List.of();

  @ParameterizedTest
  @CsvSource({
    "1, 1, adam, DELAYED, ACTIVATION",
    "2, 3, adam, DELAYED, GAMMA",
    "3, 5, adam, SWEEP, PLAIN",
    "4, 3, adam, DELAYED, DROPOUT",
    "5, 5, rmsprop, SWEEP, DROPOUT",
    "6, 1, rmsprop, DELAYED, GAMMA",
    "7, 3, rmsprop, DELAYED, PLAIN",
  })
  void bothEnginesAgreeAfterEveryCall(
      long usualSeed, int updateInterval, String updater, Propagation order, Kind kind) {
    long seed = Long.getLong("gle.seed", usualSeed);
    random = new Random(seed);
    propagation = order;
    interval = updateInterval;
    carryState = random.nextInt(4) > 0;
    configuration = network(updater, kind);
    fused = trainer(new MultiLayerNetwork(configuration.clone()), true);
    reference = trainer(new MultiLayerNetwork(configuration.clone()), false);
    StringBuilder path = new StringBuilder("-Dgle.seed=" + seed + ":");
    for (int call = 0; call < CALLS; call++) {
      int kindOfCall = random.nextInt(17);
      path.append(' ').append(kindOfCall);
      try {
        call(kindOfCall);
        compare();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("after the calls " + path, e);
      }
    }
  }

  private static MultiLayerConfiguration network(String updaterName, Kind kind) {
    // Large epsilons: a gradient of rounding errors must not become an update of full size.
    IUpdater updater =
        updaterName.equals("adam")
            ? new Adam(0.005, 0.9, 0.999, 1e-2)
            : new RmsProp(0.002, 0.9, 1e-2);
    double gamma = kind == Kind.GAMMA ? 0.2 : 0;
    var first = hidden(2).learnTimeConstants(LearnedTimeConstants.BOTH).gamma(gamma).build();
    var second = hidden(4).gamma(gamma).build();
    List<Layer> layers = new ArrayList<>(List.of(first, second, readout(4, 3).build(), classes()));
    if (kind == Kind.DROPOUT) {
      layers.add(1, new DropoutLayer.Builder(0.5).build());
    } else if (kind == Kind.ACTIVATION) {
      layers.add(1, new ActivationLayer(Activation.TANH));
    }
    MultiLayerConfiguration configuration = configuration(updater, layers.toArray(Layer[]::new));
    configuration.setDataType(DataType.FLOAT);
    configuration.getConfs().forEach(conf -> conf.setDataType(DataType.FLOAT));
    return configuration;
  }

  private StreamingTrainer trainer(MultiLayerNetwork network, boolean isFused) {
    return StreamingTrainer.builder(network)
        .fused(isFused)
        .threads(2)
        .updateInterval(interval)
        .carryState(carryState)
        .propagation(propagation)
        .build();
  }

  private void call(int kind) {
    int batch = random.nextInt(4) > 0 ? 3 : 1 + random.nextInt(4);
    switch (kind) {
      case 0, 1, 2, 3, 4, 5 -> step(batch);
      case 6, 7 -> fit(sequences(batch));
      case 8 -> evaluate(sequences(batch));
      case 9 -> predict(batch);
      case 10 -> {
        fused.resetState();
        reference.resetState();
      }
      case 11 -> {
        savedFused = fused.saveState();
        savedReference = reference.saveState();
      }
      case 12 -> {
        fused.restoreState(savedFused);
        reference.restoreState(savedReference);
      }
      case 13 -> setParams();
      case 14 -> output(batch);
      case 15 -> {
        fused.finishUpdate();
        reference.finishUpdate();
      }
      default -> takeUpByNewTrainers();
    }
  }

  private DataSet sequences(int batch) {
    int time = 1 + random.nextInt(6);
    int seed = random.nextInt();
    INDArray labels = oneHot(seed, batch, 3);
    INDArray features = gaussian(seed, batch, 2, time);
    INDArray mask = Nd4j.ones(batch, time);
    for (int i = 0; i < mask.length(); i++) {
      mask.putScalar(i, random.nextInt(5) == 0 ? 0 : 1);
    }
    mask.putScalar(0, 0, 1);
    return switch (random.nextInt(3)) {
      case 0 -> new DataSet(features, labels);
      case 1 -> new DataSet(features, everyStep(labels, time), mask, null);
      default -> new DataSet(features, labels, null, mask);
    };
  }

  private void step(int batch) {
    int seed = random.nextInt();
    INDArray features = gaussian(seed, batch, 2);
    INDArray labels = random.nextInt(3) == 0 ? null : oneHot(seed, batch, 3);
    boolean learn = random.nextInt(4) > 0;
    both(trainer -> trainer.step(features, labels, learn));
  }

  private void fit(DataSet data) {
    both(trainer -> Nd4j.scalar(trainer.fit(data).loss()));
  }

  private void evaluate(DataSet data) {
    both(trainer -> Nd4j.scalar(trainer.evaluate(new SingletonDataSetIterator(data)).loss()));
  }

  private void predict(int batch) {
    INDArray features = gaussian(random.nextInt(), batch, 2, 5);
    both(trainer -> trainer.summedOutput(features, null));
  }

  private void output(int batch) {
    INDArray features = gaussian(random.nextInt(), batch, 2, 5).castTo(DataType.FLOAT);
    both(trainer -> trainer.network().output(features));
  }

  private void setParams() {
    for (StreamingTrainer trainer : List.of(fused, reference)) {
      trainer.network().setParams(trainer.network().params().mul(1.001));
    }
  }

  private void takeUpByNewTrainers() {
    boolean goOn = random.nextBoolean();
    fused = takenUp(fused, true, goOn);
    reference = takenUp(reference, false, goOn);
  }

  /** Another one goes on bit by bit as this one does; either goes back and walks on. */
  private StreamingTrainer takenUp(StreamingTrainer trainer, boolean isFused, boolean goOn) {
    Checkpoint.Builder saved = Checkpoint.builder();
    trainer.save(saved);
    long root = Nd4j.getRandom().rootState();
    long node = Nd4j.getRandom().nodeState();
    feed(trainer);
    StreamingTrainer other = trainer(new MultiLayerNetwork(configuration.clone()), isFused);
    other.restore(saved.build());
    feed(other);
    assertEquals(trainer.network().params(), other.network().params(), "a complete checkpoint");
    Nd4j.getRandom().setStates(root, node);
    StreamingTrainer next = goOn ? trainer : other;
    next.restore(saved.build());
    return next;
  }

  private void feed(StreamingTrainer trainer) {
    for (int t = 0; t < interval + 1; t++) {
      trainer.step(gaussian(t, 3, 2), oneHot(t, 3, 3));
    }
  }

  private interface Call {
    INDArray on(StreamingTrainer trainer);
  }

  private void both(Call call) {
    long root = Nd4j.getRandom().rootState();
    long node = Nd4j.getRandom().nodeState();
    actual.add(call.on(fused).castTo(DataType.DOUBLE));
    Nd4j.getRandom().setStates(root, node); // both drop the same rates out
    expected.add(call.on(reference).castTo(DataType.DOUBLE));
  }

  private void compare() {
    expected.add(reference.network().params());
    actual.add(fused.network().params());
    List<Map<String, INDArray>> states = reference.saveState();
    assertEquals(states.size(), fused.saveState().size(), "layers with a state");
    for (int l = 0; l < states.size(); l++) {
      for (String name : states.get(l).keySet()) {
        expected.add(states.get(l).get(name));
        actual.add(fused.saveState().get(l).get(name));
      }
    }
    assertEquals(
        reference.network().getIterationCount(), fused.network().getIterationCount(), "updates");
    for (int i = 0; i < expected.size(); i++) {
      INDArray is = expected.get(i).castTo(DataType.DOUBLE);
      INDArray of = actual.get(i).castTo(DataType.DOUBLE);
      assertEquals(List.of(is.shapeInfoToString()), List.of(of.shapeInfoToString()));
      double scale = Math.max(1, is.amaxNumber().doubleValue());
      double difference = is.sub(of).amaxNumber().doubleValue() / scale;
      assertTrue(difference < TOLERANCE, i + ": " + difference);
    }
    expected.clear();
    actual.clear();
  }
}

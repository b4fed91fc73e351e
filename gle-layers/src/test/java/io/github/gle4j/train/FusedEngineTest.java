// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.configuration;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.State;
import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.conf.Momentum;
import io.github.gle4j.nn.layers.NonFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** The fused engine against the reference, in single precision. */
class FusedEngineTest {
  private static final int TIME = 12;

  /** What both engines are given. */
  private record Case(
      String name,
      MultiLayerConfiguration network,
      DataSet data,
      Consumer<StreamingTrainer.Builder> options) {
    Case(String name, MultiLayerConfiguration network) {
      this(name, network, sequences(5), options -> {});
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static DataSet sequences(int batch) {
    return new DataSet(gaussian(batch, batch, 2, TIME), oneHot(batch, batch, 3));
  }

  private static Layer[] layers(GleDense.Builder first) {
    return new Layer[] {first.build(), hidden(4).build(), readout(4, 3).build(), classes()};
  }

  private static MultiLayerConfiguration network(IUpdater updater, GleDense.Builder first) {
    return configuration(updater, layers(first));
  }

  private static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("sgd", network(new Sgd(0.1), hidden(2))));
    cases.add(new Case("adam", network(new Adam(0.01), hidden(2))));
    cases.add(
        new Case(
            "adam with schedule",
            network(new Adam(new StepSchedule(ScheduleType.ITERATION, 0.02, 0.5, 5)), hidden(2))));
    cases.add(new Case("momentum", network(new Momentum(0.02, 0.9), hidden(2))));
    cases.add(new Case("another updater", network(new RmsProp(0.01), hidden(2))));
    cases.add(
        new Case("two updaters", network(new Sgd(0.1), hidden(2).biasUpdater(new Adam(0.01)))));
    cases.add(new Case("l2", network(new Adam(0.01), hidden(2).l2(0.1))));
    cases.add(
        new Case(
            "clipped gradients",
            network(
                new Sgd(0.1),
                hidden(2)
                    .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                    .gradientNormalizationThreshold(0.01))));
    cases.add(new Case("no bias", network(new Adam(0.01), hidden(2).hasBias(false))));
    cases.add(new Case("gamma", network(new Sgd(0.1), hidden(2).gamma(0.3))));
    cases.add(
        new Case(
            "instantaneous errors", network(new Sgd(0.1), hidden(2).prospectiveErrors(false))));
    cases.add(
        new Case(
            "learned time constants",
            network(new Sgd(0.1), hidden(2).learnTimeConstants(LearnedTimeConstants.BOTH, 0.3))));
    cases.add(
        new Case(
            "squared errors",
            configuration(new Sgd(0.05), hidden(2).build(), readout(4, 3).build(), squares())));
    cases.add(
        new Case(
            "mean squared errors",
            configuration(
                new Sgd(0.05),
                hidden(2).build(),
                readout(4, 3).build(),
                new RnnLossLayer.Builder(LossFunction.MSE)
                    .activation(Activation.IDENTITY)
                    .build())));
    cases.add(
        new Case(
            "another loss",
            configuration(
                new Sgd(0.05),
                hidden(2).build(),
                readout(4, 3).build(),
                new RnnLossLayer.Builder(LossFunction.XENT)
                    .activation(Activation.SIGMOID)
                    .build())));
    MultiLayerConfiguration plain = network(new Adam(0.01), hidden(2));
    DataSet data = sequences(5);
    INDArray features = data.getFeatures();
    INDArray perStep = everyStep(data.getLabels(), TIME);
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 5, TIME);
    for (int b = 0; b < 5; b++) {
      for (int t = TIME - 2 * b; t < TIME; t++) {
        mask.putScalar(b, t, 0);
      }
    }
    cases.add(new Case("labels per step", plain, new DataSet(features, perStep), options -> {}));
    cases.add(
        new Case("masked", plain, new DataSet(features, data.getLabels(), mask, null), o -> {}));
    cases.add(
        new Case(
            "masked labels", plain, new DataSet(features, perStep, null, mask), options -> {}));
    cases.add(new Case("beta", plain, data, options -> options.beta(0.1)));
    cases.add(new Case("update interval", plain, data, options -> options.updateInterval(5)));
    cases.add(new Case("no carried state", plain, data, options -> options.carryState(false)));
    cases.add(
        new Case(
            "update interval without carried state",
            plain,
            data,
            options -> options.carryState(false).updateInterval(5)));
    cases.add(new Case("one sample", plain, sequences(1), options -> {}));
    cases.add(new Case("many samples", plain, sequences(33), options -> {}));
    return cases.stream();
  }

  /** The same network twice, trained by both engines. */
  private static final class Twins {
    final MultiLayerNetwork fusedNetwork;
    final MultiLayerNetwork referenceNetwork;
    final StreamingTrainer fused;
    final StreamingTrainer reference;

    Twins(MultiLayerConfiguration configuration, Consumer<StreamingTrainer.Builder> options) {
      MultiLayerNetwork original = new MultiLayerNetwork(configuration);
      original.init();
      fusedNetwork = original.convertDataType(DataType.FLOAT);
      referenceNetwork = original.convertDataType(DataType.FLOAT);
      fused = trainer(fusedNetwork, options);
      reference = trainer(referenceNetwork, options.andThen(builder -> builder.fused(false)));
    }

    private static StreamingTrainer trainer(
        MultiLayerNetwork network, Consumer<StreamingTrainer.Builder> options) {
      StreamingTrainer.Builder builder = StreamingTrainer.builder(network);
      options.accept(builder);
      return builder.build();
    }

    void fit(DataSet data) {
      StreamingResult expected = reference.fit(data);
      StreamingResult result = fused.fit(data);
      assertEquals(expected.loss(), result.loss(), 1e-4 * (1 + expected.loss()), "loss");
      assertEquals(expected.accuracy(), result.accuracy(), "accuracy");
    }

    void assertSame() {
      assertEquals(referenceNetwork.score(), fusedNetwork.score(), 1e-4, "score");
      assertEquals(referenceNetwork.getIterationCount(), fusedNetwork.getIterationCount());
      close("parameters", referenceNetwork.params(), fusedNetwork.params());
      INDArray updater = referenceNetwork.getUpdater().getStateViewArray();
      if (updater != null) {
        close("updater", updater, fusedNetwork.getUpdater().getStateViewArray());
      }
      for (int l = 0; l < referenceNetwork.getnLayers() - 1; l++) {
        State<INDArray> expected = reference.state(l);
        State<INDArray> state = fused.state(l);
        close("u", expected.get("u"), state.get("u"));
        close("v", expected.get("v"), state.get("v"));
        close("r", expected.get("r"), state.get("r"));
        close("d", expected.get("d"), state.get("d"));
        close("f", expected.get("f"), state.get("f"));
        close("q", expected.get("q"), state.get("q"));
        close("e", expected.get("e"), state.get("e"));
      }
    }

    private static void close(String name, INDArray expected, INDArray actual) {
      double size = 1 + expected.amaxNumber().doubleValue();
      assertEquals(0, difference(expected, actual) / size, 3e-4, name);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void bothEnginesLearnTheSame(Case one) {
    Twins twins = new Twins(one.network(), one.options());
    twins.fit(one.data());
    twins.fit(one.data());
    twins.assertSame();
    StreamingResult expected =
        twins.reference.evaluate(new ExistingDataSetIterator(List.of(one.data())));
    StreamingResult result = twins.fused.evaluate(new ExistingDataSetIterator(List.of(one.data())));
    assertEquals(expected.loss(), result.loss(), 1e-4);
    twins.assertSame();
    assertNotEquals(
        0,
        difference(
            twins.fusedNetwork.params(),
            new Twins(one.network(), one.options()).fusedNetwork.params()));
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"RRELU", "SOFTMAX"}) // one is random, the other refused
  void allActivationsWork(Activation activation) {
    Twins twins = new Twins(network(new Sgd(0.1), hidden(2).activation(activation)), options -> {});
    twins.fit(sequences(5));
    twins.assertSame();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void theNumberOfThreadsDoesNotMatter(int threads) {
    MultiLayerNetwork alone = trained(1);
    MultiLayerNetwork shared = trained(threads);
    assertEquals(0, difference(alone.params(), shared.params()));
    assertEquals(
        0,
        difference(
            alone.getUpdater().getStateViewArray(), shared.getUpdater().getStateViewArray()));
    assertEquals(0, difference(alone.params(), trained(1).params()), "run again");
  }

  /** Layers of awkward sizes, so that every one takes another time. */
  private static MultiLayerNetwork trained(int threads) {
    int[] sizes = {1, 3, 17, 53, 90, 127, 2};
    Layer[] layers = new Layer[sizes.length];
    for (int l = 0; l + 1 < sizes.length; l++) {
      layers[l] =
          readout(sizes[l], sizes[l + 1])
              .activation(l + 2 < sizes.length ? Activation.TANH : Activation.IDENTITY)
              .timeConstants(TimeConstants.constant(1.2, 0.6))
              .build();
    }
    layers[sizes.length - 1] = classes();
    MultiLayerNetwork original = new MultiLayerNetwork(configuration(new Adam(0.01), layers));
    original.init();
    MultiLayerNetwork network = original.convertDataType(DataType.FLOAT);
    StreamingTrainer trainer = StreamingTrainer.builder(network).threads(threads).build();
    for (int i = 0; i < 5; i++) {
      trainer.fit(new DataSet(gaussian(i, 101, 1, 50), oneHot(i, 101, 2)));
    }
    return network;
  }

  @Test
  void singleStepsAndSequencesAreTheSame() {
    Twins twins = new Twins(network(new Adam(0.01), hidden(2)), options -> {});
    DataSet data = sequences(4);
    twins.fused.fit(data);
    StreamingTrainer steps = StreamingTrainer.builder(twins.referenceNetwork).build();
    for (int t = 0; t < TIME; t++) {
      steps.step(data.getFeatures().slice(t, 2), data.getLabels());
    }
    assertEquals(0, difference(twins.fusedNetwork.params(), twins.referenceNetwork.params()));
    assertEquals(0, difference(twins.fused.state(1).get("u"), steps.state(1).get("u")));
  }

  @Test
  void stepsWithAndWithoutTargetOrLearning() {
    Twins twins =
        new Twins(network(new Adam(0.01), hidden(2)), options -> options.updateInterval(3));
    for (int k = 0; k < 30; k++) {
      INDArray x = gaussian(k, k < 15 ? 4 : 6, 2);
      INDArray y = k % 4 == 0 ? null : oneHot(k, (int) x.size(0), 3);
      boolean learn = k % 5 != 0;
      INDArray expected = twins.reference.step(x, y, learn);
      assertEquals(0, difference(expected, twins.fused.step(x, y, learn)), 1e-4, "step " + k);
    }
    twins.assertSame();
  }

  @Test
  void listenersSeeEveryUpdateAndMayChangeWhatTheySee() {
    Twins twins = new Twins(network(new Adam(0.01), hidden(2)), options -> {});
    List<INDArray> seen = new ArrayList<>();
    for (MultiLayerNetwork network : List.of(twins.referenceNetwork, twins.fusedNetwork)) {
      network.setListeners(
          new BaseTrainingListener() {
            @Override
            public void onGradientCalculation(Model model) {
              seen.add(model.gradient().gradient().dup());
              network.getFlattenedGradients().muli(0.5);
            }

            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
              seen.add(model.params().dup());
              model.params().muli(0.99);
            }
          });
    }
    twins.fit(sequences(5));
    twins.assertSame();
    assertEquals(4 * TIME, seen.size());
    for (int i = 0; i < 2 * TIME; i++) {
      assertEquals(
          0, difference(seen.get(i).reshape(-1), seen.get(2 * TIME + i).reshape(-1)), 1e-4);
    }
  }

  @Test
  void aListenerMayChangeTheUpdater() {
    Twins twins = new Twins(network(new Adam(0.01), hidden(2)), options -> {});
    for (MultiLayerNetwork network : List.of(twins.referenceNetwork, twins.fusedNetwork)) {
      network.setListeners(
          new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
              if (iteration == 4) {
                network.setLearningRate(0.002); // builds another updater
              } else if (iteration == 8) {
                network.setUpdater(null);
                network.getUpdater().setStateViewArray(network, updaterState(), false);
              }
            }

            private INDArray updaterState() {
              return Nd4j.valueArrayOf(
                  network.getUpdater().getStateViewArray().shape(), 0.1, DataType.FLOAT);
            }
          });
    }
    twins.fit(sequences(5));
    twins.assertSame();
  }

  @Test
  void whatIsChangedBetweenCallsCounts() {
    Twins twins = new Twins(network(new Adam(0.01), hidden(2)), options -> {});
    twins.fit(sequences(5));
    for (MultiLayerNetwork network : List.of(twins.referenceNetwork, twins.fusedNetwork)) {
      network.params().muli(0.5);
      network.getUpdater().getStateViewArray().muli(2);
      network.setLearningRate(0.03);
    }
    twins.fit(sequences(5));
    twins.assertSame();
    for (MultiLayerNetwork network : List.of(twins.referenceNetwork, twins.fusedNetwork)) {
      DataSet data = sequences(5);
      data.setLabels(everyStep(data.getLabels(), TIME));
      network.fit(data); // DL4J's own training leaves gradients behind
      network.setParams(network.params().mul(0.9));
    }
    twins.fit(sequences(7));
    twins.assertSame();
  }

  @Test
  void whatIsChangedWithinAnUpdateIntervalCounts() {
    Twins twins =
        new Twins(network(new Adam(0.01), hidden(2)), options -> options.updateInterval(8));
    for (StreamingTrainer trainer : List.of(twins.reference, twins.fused)) {
      for (int k = 0; k < 15; k++) {
        trainer.step(gaussian(k, 5, 2), oneHot(k, 5, 3));
      }
      trainer.network().setLearningRate(0.002);
      trainer.finishUpdate();
      trainer.step(gaussian(20, 5, 2), oneHot(20, 5, 3));
    }
    twins.assertSame();
  }

  @Test
  void anAbsurdLearningRateIsStoppedBeforeItsUpdate() {
    for (IUpdater updater :
        List.of(
            new Sgd(1e38),
            new Adam(1e38),
            new Adam(1e-3, 0.9, 0.999, 0), // 0 / 0 in the first step
            new Momentum(1e38, 0.9),
            new RmsProp(1e38))) {
      MultiLayerNetwork network =
          new Twins(network(updater, hidden(2)), options -> {}).fusedNetwork;
      StreamingTrainer trainer = StreamingTrainer.builder(network).threads(2).build();
      INDArray[] before = new INDArray[1];
      NonFiniteException stopped =
          assertThrows(
              NonFiniteException.class,
              () -> {
                for (int k = 0; k < 100; k++) {
                  before[0] = network.params().dup();
                  trainer.step(gaussian(k, 5, 2).castTo(DataType.FLOAT), oneHot(k, 5, 3));
                }
              });
      assertTrue(
          stopped
              .getMessage()
              .matches(
                  "the [a-zA-Z]+ of .* in layer \\d is not finite in step 0, before update \\d+; .*"),
          stopped::getMessage);
      assertEquals(0, difference(before[0], network.params()), updater.toString());
    }
  }

  @Test
  void aStepThatFailedIsOverAfterAReset() {
    Twins twins = new Twins(network(new Sgd(0.1), hidden(2)), options -> options.updateInterval(6));
    INDArray x = gaussian(1, 5, 2);
    INDArray y = oneHot(1, 5, 3);
    for (StreamingTrainer trainer : List.of(twins.reference, twins.fused)) {
      trainer.step(x, y);
      trainer.step(x, y);
      List<Map<String, INDArray>> saved = trainer.saveState();
      saved.get(1).get("v").muli(0).addi(Float.MAX_VALUE);
      trainer.restoreState(saved);
      assertThrows(
          NonFiniteException.class,
          () -> {
            for (int k = 0; k < 6; k++) {
              trainer.step(x, y);
            }
          });
      trainer.resetState();
      for (int k = 0; k < 12; k++) {
        trainer.step(x, y);
      }
    }
    twins.assertSame();
  }

  @Test
  void anUpdateIsAppliedOnceWhateverTheLossThrows() {
    for (int threads : new int[] {1, 2}) {
      Twins twins = new Twins(network(new Sgd(0.5), hidden(2)), options -> {});
      int[] calls = new int[1];
      LossMCXENT failing =
          new LossMCXENT() {
            @Override
            public Pair<Double, INDArray> computeGradientAndScore(
                INDArray labels, INDArray output, IActivation phi, INDArray mask, boolean average) {
              if (++calls[0] == 4) {
                throw new IllegalStateException("the fourth");
              }
              return super.computeGradientAndScore(labels, output, phi, mask, average);
            }
          };
      ((RnnLossLayer) twins.fusedNetwork.getOutputLayer().conf().getLayer()).setLossFn(failing);
      StreamingTrainer trainer =
          StreamingTrainer.builder(twins.fusedNetwork).threads(threads).build();
      DataSet data = sequences(5);
      assertThrows(IllegalStateException.class, () -> trainer.fit(data));
      for (int t = 0; t < 3; t++) {
        twins.reference.step(data.getFeatures().slice(t, 2), data.getLabels());
      }
      assertEquals(
          0, difference(twins.referenceNetwork.params(), twins.fusedNetwork.params()), 1e-5);
    }
  }

  @Test
  void aSubclassOfAnActivationIsAFunctionOfItsOwn() {
    Twins twins =
        new Twins(network(new Sgd(0.1), hidden(2).activation(new Steep())), options -> {});
    twins.fit(sequences(5));
    twins.assertSame();
    Twins plain = new Twins(network(new Sgd(0.1), hidden(2)), options -> {});
    plain.fit(sequences(5));
    assertTrue(difference(plain.fusedNetwork.params(), twins.fusedNetwork.params()) > 1e-3);
  }

  /** Hyperbolic tangent of twice the voltage. */
  public static final class Steep extends ActivationTanH {
    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      return super.getActivation(in.muli(2), training);
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
      Pair<INDArray, INDArray> result = super.backprop(in.muli(2), epsilon);
      result.getFirst().muli(2);
      return result;
    }
  }

  @Test
  void parametersAndStatesThatAreNotFiniteAreRefused() {
    MultiLayerNetwork network =
        new Twins(network(new Adam(0.1), hidden(2)), options -> {}).fusedNetwork;
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(sequences(5));
    var saved = trainer.saveState();
    saved.get(2).get("r").putScalar(0, 1, Float.NaN);
    assertEquals(
        "saved r of layer 2 is not finite",
        assertThrows(IllegalArgumentException.class, () -> trainer.restoreState(saved))
            .getMessage());
    trainer.restoreState(trainer.saveState());
    network.getParam("1_W").putScalar(0, 0, Float.POSITIVE_INFINITY);
    assertEquals(
        "parameter W of layer 1 is not finite: set it to finite values",
        assertThrows(IllegalStateException.class, () -> trainer.fit(sequences(5))).getMessage());
    network.getParam("1_W").putScalar(0, 0, 1);
    INDArray moments = network.getUpdater().getStateViewArray();
    moments.putScalar(0, 1, Float.NaN); // belongs to the first layer's weights
    assertEquals(
        "updater state M of parameter W of layer 0 is not finite: set it to finite values",
        assertThrows(IllegalStateException.class, () -> trainer.fit(sequences(5))).getMessage());
    moments.putScalar(0, 1, 0);
    trainer.fit(sequences(5));
  }

  @Test
  void anExceptionInAThreadReachesTheCaller() {
    try (Crew crew =
        new Crew(
            3,
            part -> {
              if (part == 2) {
                throw new IllegalStateException("part 2");
              }
            })) {
      assertEquals("part 2", assertThrows(IllegalStateException.class, crew::run).getMessage());
    }
    int[] done = new int[3];
    try (Crew crew = new Crew(3, part -> done[part]++)) {
      for (int i = 0; i < 1000; i++) {
        crew.run();
      }
    }
    assertArrayEquals(new int[] {1000, 1000, 1000}, done);
  }

  @Test
  void aNumberOfThreadsBelowOneIsRefused() {
    MultiLayerNetwork network =
        new Twins(network(new Sgd(0.1), hidden(2)), options -> {}).fusedNetwork;
    assertEquals(
        "threads = 0: at least 1 is allowed",
        assertThrows(
                IllegalArgumentException.class, () -> StreamingTrainer.builder(network).threads(0))
            .getMessage());
  }
}

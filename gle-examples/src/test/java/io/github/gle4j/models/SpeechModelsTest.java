// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.dynamics.Population;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.speech.FeatureOptions;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class SpeechModelsTest {
  private final SpeechModels models = new SpeechModels(12, 20);

  private TaskModel named(String name) {
    return new TaskModels(models.all()).named(name);
  }

  /** The numbers of the publication. */
  @ParameterizedTest
  @CsvSource({
    "gle-gsc, 1160262, 32, 820, true, 91.44",
    "mlp, 495744, 10, 25, false, 88.0",
    "tcn, 476734, 10, 49, false, 92.32",
    "gru, 498012, 9, 49, false, 94.93",
    "lstm, 492620, 10, 49, false, 94.0"
  })
  void hasThePublishedNumberOfParameters(
      String name, long parameters, int channels, int length, boolean online, double published) {
    TaskModel model = named(name);
    assertEquals(parameters, model.learnedParameters());
    assertEquals(new SequenceShape(channels, length, 12), model.shape());
    assertEquals(channels, models.features(model).rows());
    assertEquals(length, models.features(model).steps());
    assertEquals(online, model.online());
    assertEquals(published, model.published().mean());
  }

  @Test
  void gleNetworksHaveThePublishedConstants() {
    assertEquals(
        new TrainingSettings(256, 420, 1.953e-5, new RateSchedule.Plateau(0.9, 3)),
        named("gle-gsc").settings());
    for (String name : List.of("gle-gsc", "gle-gsc-small")) {
      TaskModel model = named(name);
      int each = name.equals("gle-gsc") ? 150 : 30;
      MultiLayerConfiguration network =
          ((MultiLayerNetwork) model.network(1)).getLayerWiseConfigurations();
      assertEquals(5, network.getConfs().size());
      for (int layer = 0; layer < 4; layer++) {
        GleDense dense = (GleDense) network.getConf(layer).getLayer();
        assertEquals(0.05, dense.getDt());
        assertEquals(0, dense.getGamma());
        assertTrue(dense.isProspectiveErrors());
        String activation = layer == 0 || layer == 3 ? "identity" : "tanh";
        assertEquals(activation, dense.getActivationFn().toString());
        assertEquals(
            layer == 3
                ? List.of(Population.of(12, 2.4, 2.4))
                : List.of(
                    Population.of(each, 2.4, 2.4),
                    Population.of(each, 0.6, 0.1),
                    Population.of(each, 1.2, 0.1),
                    Population.of(each, 1.8, 0.1),
                    Population.of(each, 2.4, 0.1)),
            dense.getTimeConstants());
      }
    }
  }

  /** A coarser upsampling keeps the time constants in windows, and is not the published network. */
  @Test
  void theEulerStepIsATimeStep() {
    SpeechModels coarse = new SpeechModels(35, 10);
    TaskModel model = coarse.all().get(0);
    assertEquals(new SequenceShape(32, 410, 35), model.shape());
    MultiLayerNetwork network = (MultiLayerNetwork) model.network(1);
    assertEquals(
        0.1, ((GleDense) network.getLayerWiseConfigurations().getConf(0).getLayer()).getDt());
    assertNull(model.published());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new SpeechModels(12, 9));
    assertEquals(
        "upsampling = 9: 10 to 100 allowed, as the shortest time constant is 0.1 windows",
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"mlp", "tcn", "gru", "lstm"})
  void baselinesLearn(String name) {
    TaskModel model = named(name);
    ComputationGraph network = (ComputationGraph) model.initialised(3);
    SequenceShape shape = model.shape();
    INDArray features =
        model.shaped(Nd4j.randn(DataType.FLOAT, 8, shape.channels(), shape.length()));
    INDArray output = network.outputSingle(features);
    assertArrayEquals(new long[] {8, 12}, output.shape());
    assertEquals(8, output.sumNumber().doubleValue(), 1e-4);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 8, 12);
    for (int i = 0; i < 8; i++) {
      labels.putScalar(i, i, 1);
    }
    DataSet batch = new DataSet(features, labels);
    double before = network.score(batch, true);
    for (int update = 0; update < 10; update++) {
      network.fit(batch);
    }
    double after = network.score(batch, true);
    assertTrue(after < 0.8 * before, () -> before + " -> " + after);
  }

  /** The recurrent networks answer while a clip arrives, with what they say at its end. */
  @ParameterizedTest
  @CsvSource({"gru", "lstm"})
  void recurrentBaselinesStream(String name) {
    TaskModel model = named(name);
    ComputationGraph network = (ComputationGraph) model.initialised(3);
    INDArray clip = Nd4j.randn(DataType.FLOAT, 1, model.shape().channels(), 49);
    INDArray whole = network.outputSingle(clip).dup();
    network.rnnClearPreviousState();
    INDArray streamed = null;
    for (int t = 0; t < 49; t++) {
      INDArray step =
          clip.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(t, t + 1));
      streamed = network.rnnTimeStep(step.dup())[0];
    }
    assertArrayEquals(new long[] {1, 12}, streamed.shape());
    assertTrue(whole.equalsWithEps(streamed, 1e-5), () -> "" + whole);
  }

  @Test
  void coefficientsAreStandardisedOverTheClip() {
    for (String name : List.of("mlp", "tcn", "gru", "lstm")) {
      FeatureOptions features = models.features(named(name));
      assertEquals(FeatureOptions.Normalisation.BAND, features.normalisation());
      assertEquals(640, features.window());
    }
    assertEquals(640, models.features(named("mlp")).hop());
    assertEquals(320, models.features(named("tcn")).hop());
    assertEquals(FeatureOptions.melSpectrogram(), models.features(named("gle-gsc")));
  }
}

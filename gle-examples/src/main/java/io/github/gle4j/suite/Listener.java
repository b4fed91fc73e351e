// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.speech.FeatureExtractor;
import io.github.gle4j.speech.FeatureOptions;
import io.github.gle4j.speech.FeatureOptions.Normalisation;
import io.github.gle4j.suite.Listening.Step;
import io.github.gle4j.train.StreamingTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Lets a network listen to recordings of any length, second by second: it learned from clips of one
 * second, each standardised and begun from rest. What is missing from the last second is silence.
 */
public final class Listener {
  /** Windows without sound that end a word: 100 ms, longer than the stop in "right". */
  public static final int PAUSE = 4;

  /** How much weaker than the loudest window the end of a word may be. */
  public static final double WORD_DECIBELS = 20;

  private static final FeatureOptions POWERS =
      FeatureOptions.melSpectrogram().toBuilder()
          .normalisation(Normalisation.NONE)
          .upsampling(1)
          .build();

  /** Time from one window of the spectrogram to the next. */
  public static final double WINDOW_MILLIS = 1000.0 * POWERS.hop() / POWERS.sampleRate();

  private static final double SMALLEST_STEP = 0x1p-15;

  private final TrainedSpeechModel model;
  private final FeatureExtractor features;
  private final FeatureExtractor powers = new FeatureExtractor(POWERS);
  private final StreamingTrainer engine; // null for a graph

  /**
   * A listener.
   *
   * @param model the network
   */
  public Listener(TrainedSpeechModel model) {
    this.model = model;
    features = new FeatureExtractor(model.features());
    engine =
        model.network() instanceof MultiLayerNetwork network
            ? StreamingTrainer.builder(network).build()
            : null;
  }

  /**
   * The sound of a file, which is opened once and read to its end.
   *
   * @param file a WAV file, or a pipe that one comes from
   * @return samples, at least one
   * @throws io.github.gle4j.speech.InvalidWavException when the file is damaged, or of a kind that
   *     is not read
   * @throws IOException when it cannot be read at all
   */
  public float[] sound(Path file) throws IOException {
    return features.samples(file);
  }

  /**
   * How many seconds a recording has.
   *
   * @param sound its samples
   * @return begun seconds, at least 1
   */
  public int seconds(float[] sound) {
    int clip = model.features().clipSamples();
    return Math.max(1, (sound.length + clip - 1) / clip);
  }

  /**
   * Listens to one second, from rest.
   *
   * @param sound samples of the recording
   * @param second which one, less than {@link #seconds}
   * @return what the network said
   */
  public Listening to(float[] sound, int second) {
    FeatureOptions options = model.features();
    int from = second * options.clipSamples();
    float[] clip =
        Arrays.copyOfRange(sound, from, Math.min(from + options.clipSamples(), sound.length));
    double start = 1000.0 * from / options.sampleRate();
    float[][] input = features.clip(clip); // [row][step]
    UnaryOperator<INDArray> network = networkAtRest();
    List<Step> steps = new ArrayList<>();
    INDArray sum = Nd4j.zeros(DataType.FLOAT, 1, model.classes().size());
    for (int t = 0; t < options.steps(); t++) {
      float[][] column = new float[1][input.length];
      for (int row = 0; row < input.length; row++) {
        column[0][row] = input[row][t];
      }
      INDArray output = network.apply(Nd4j.createFromArray(column));
      sum.addi(output);
      INDArray probabilities = model.online() ? Transforms.softmax(output) : output;
      int prediction = (model.online() ? sum : output).argMax(1).getInt(0);
      steps.add(new Step(start + milliseconds(options, t), list(probabilities), prediction));
    }
    float[][] spectrogram = powers.clip(clip);
    double wordEnd = isSilent(clip) ? Double.NaN : start + WINDOW_MILLIS * lastLoud(spectrogram);
    return new Listening(model.classes(), steps, Arrays.asList(spectrogram), start, wordEnd);
  }

  /** Whether samples vary by no more than rounding to 16 bits may make them. */
  private static boolean isSilent(float[] clip) {
    float least = clip[0];
    float most = clip[0];
    for (float sample : clip) {
      least = Math.min(least, sample);
      most = Math.max(most, sample);
    }
    return most - least <= 2 * SMALLEST_STEP;
  }

  private static List<Float> list(INDArray row) {
    List<Float> values = new ArrayList<>();
    for (float value : row.toFloatVector()) {
      values.add(value);
    }
    return values;
  }

  /** A step of the network, from [1, rows] to logits of a GLE network, probabilities of others. */
  private UnaryOperator<INDArray> networkAtRest() {
    if (engine == null) {
      ComputationGraph graph = (ComputationGraph) model.network();
      graph.rnnClearPreviousState();
      return input -> graph.rnnTimeStep(input.reshape(1, input.size(1), 1))[0];
    }
    engine.resetState();
    return input -> engine.step(input, null, false);
  }

  /** The middle of the window, or between the middles that upsampling interpolates between. */
  private static double milliseconds(FeatureOptions options, int step) {
    double window = Math.max(0, (step + 0.5) / options.upsampling() - 0.5);
    double first = options.centred() ? 0 : options.window() / 2.0;
    double samples = first + options.hop() * Math.min(window, options.frames() - 1);
    return 1000 * samples / options.sampleRate();
  }

  /** From the loudest window on, the last loud one before a pause. */
  private static int lastLoud(float[][] spectrogram) {
    double[] power = new double[spectrogram[0].length];
    int loudest = 0;
    for (int window = 0; window < power.length; window++) {
      for (float[] band : spectrogram) {
        power[window] += Math.pow(2, band[window]);
      }
      loudest = power[window] > power[loudest] ? window : loudest;
    }
    double threshold = power[loudest] * Math.pow(10, -WORD_DECIBELS / 10);
    int last = loudest;
    for (int window = loudest; window < power.length && window <= last + PAUSE; window++) {
      last = power[window] >= threshold ? window : last;
    }
    return last;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.speech.FeatureExtractor;
import io.github.gle4j.speech.FeatureOptions;
import io.github.gle4j.speech.FeatureOptions.Normalisation;
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
 * What a network said while a clip streamed through it, one time step after the other, from rest.
 *
 * <p>The features are standardised over the clip, so the file is read as a whole before the first
 * step. A step's time is the middle of the window of sound it stands for; the window reaches half
 * its length (20 or 32 ms) further.
 *
 * @param classes names of the classes
 * @param steps what the network said, step by step
 * @param spectrogram binary logarithms of the power in mel bands, every {@link #WINDOW_MILLIS}: the
 *     windows of each band, lowest band first
 * @param wordEnd end of the word, in milliseconds: from the loudest window on, the middle of the
 *     last one at most {@link #WORD_DECIBELS} weaker, before a pause of {@value #PAUSE} windows
 */
public record Listening(
    List<String> classes, List<Step> steps, List<float[]> spectrogram, double wordEnd) {

  /**
   * A time step.
   *
   * @param milliseconds when it is, since the beginning of the clip
   * @param probabilities of the classes, by the output of the step
   * @param prediction the class if the clip ended after this step: of a GLE network the one with
   *     the largest sum of outputs so far, of others the most probable one
   */
  public record Step(double milliseconds, List<Float> probabilities, int prediction) {
    /**
     * Copies the list.
     *
     * @param milliseconds when it is
     * @param probabilities of the classes
     * @param prediction the class
     */
    public Step {
      probabilities = List.copyOf(probabilities);
    }
  }

  /**
   * Copies the lists.
   *
   * @param classes names of the classes
   * @param steps what the network said
   * @param spectrogram the windows of each band
   * @param wordEnd in milliseconds
   */
  public Listening {
    classes = List.copyOf(classes);
    steps = List.copyOf(steps);
    spectrogram = List.copyOf(spectrogram);
  }

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

  /**
   * Lets a network listen to the first second of a file.
   *
   * @param model the network
   * @param file a WAV file
   * @return what it said
   * @throws io.github.gle4j.speech.InvalidWavException when the file is damaged, or of a kind that
   *     is not read
   * @throws IOException when it cannot be read at all
   */
  public static Listening to(TrainedSpeechModel model, Path file) throws IOException {
    FeatureOptions options = model.features();
    float[][] input = new FeatureExtractor(options).clip(file); // [row][step]
    UnaryOperator<INDArray> network = network(model);
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
      steps.add(new Step(milliseconds(options, t), list(probabilities), prediction));
    }
    float[][] spectrogram = new FeatureExtractor(POWERS).clip(file);
    return new Listening(
        model.classes(), steps, Arrays.asList(spectrogram), WINDOW_MILLIS * lastLoud(spectrogram));
  }

  private static List<Float> list(INDArray row) {
    List<Float> values = new ArrayList<>();
    for (float value : row.toFloatVector()) {
      values.add(value);
    }
    return values;
  }

  /** A step of the network, from [1, rows] to logits of a GLE network, probabilities of others. */
  private static UnaryOperator<INDArray> network(TrainedSpeechModel model) {
    if (model.network() instanceof ComputationGraph graph) {
      graph.rnnClearPreviousState();
      return input -> graph.rnnTimeStep(input.reshape(1, input.size(1), 1))[0];
    }
    StreamingTrainer engine = StreamingTrainer.builder((MultiLayerNetwork) model.network()).build();
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

  /**
   * The step from which the prediction no longer changes.
   *
   * @return 0 or more
   */
  public int decisionStep() {
    int step = steps.size() - 1;
    while (step > 0 && steps.get(step - 1).prediction() == decision()) {
      step--;
    }
    return step;
  }

  /**
   * The prediction at the end of the clip.
   *
   * @return a place in the list of classes
   */
  public int decision() {
    return steps.get(steps.size() - 1).prediction();
  }

  /**
   * The time from the end of the word to the decision.
   *
   * @return in milliseconds; negative when the word was recognised before its end
   */
  public double delay() {
    return steps.get(decisionStep()).milliseconds() - wordEnd;
  }
}

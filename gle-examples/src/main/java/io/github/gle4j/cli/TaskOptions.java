// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.images.ImageSet;
import io.github.gle4j.models.ImageModels;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.SpeechModels;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.ImageTask;
import io.github.gle4j.suite.Mnist1dTask;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.SpeechTask;
import io.github.gle4j.suite.Task;
import java.io.IOException;
import java.util.function.Supplier;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What to train on. */
final class TaskOptions {
  /** Seed of the split of Speech Commands; the same for all runs, whatever their seed. */
  private static final int SPLIT_SEED = 0;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      paramLabel = "DATASET",
      description = "mnist1d, gsc (Google Speech Commands 0.02), cifar10 or mnist.")
  private Names.DataSetName dataSet;

  @Option(
      names = "--protocol",
      paramLabel = "P",
      description = {
        "mnist1d: holdout (default): a tenth of the training set is held out and its loss "
            + "decides when to lower the learning rate; the test set is for reporting only.",
        "paper: as published, trains on the whole training set; the loss on the test set decides."
      })
  private Protocol protocol;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "mnist1d: sequences, a fifth of them for testing (default: "
              + Mnist1dTask.PUBLISHED_SAMPLES
              + ").")
  private Integer samples;

  @Mixin private SpeechOptions speech;

  @Option(
      names = "--upsampling",
      paramLabel = "N",
      description =
          "gsc: time steps of GLE networks per window of 25 ms, 10 to 100 (default: "
              + SpeechModels.PUBLISHED_UPSAMPLING
              + ", as published); fewer are faster.")
  private Integer upsampling;

  @Option(
      names = "--no-augmentation",
      description = "gsc: training clips as they are, without noise and shifts.")
  private boolean notAugmented;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "cifar10, mnist: time steps for which LE networks see an image, "
              + ImageModels.FEWEST_STEPS
              + " to "
              + ImageModels.MOST_STEPS
              + " (default: the model's); fewer are faster.")
  private Integer steps;

  /** The data set's name. */
  Names.DataSetName dataSet() {
    return dataSet;
  }

  /** Refuses an option that only sequences of MNIST-1D have. */
  void onlyMnist1d(String option, Object value) {
    if (value != null && dataSet != Names.DataSetName.MNIST1D) {
      throw onlyWith("mnist1d", option + " = " + value);
    }
  }

  /**
   * The task.
   *
   * @param points number of points of a sequence of MNIST-1D for networks of users; null: the
   *     published number
   * @throws ParameterException when options cannot be used
   * @throws BadInputException when the data cannot be used
   * @throws IOException when it cannot be had
   */
  Task task(Integer points) throws IOException {
    return switch (dataSet) {
      case MNIST1D -> mnist1d(points);
      case GSC -> speechCommands();
      case CIFAR10, MNIST -> images();
    };
  }

  private ParameterException onlyWith(String dataSets, String option) {
    return new ParameterException(
        spec.commandLine(), option + ": only with " + dataSets + " allowed");
  }

  private boolean isImages() {
    return dataSet == Names.DataSetName.CIFAR10 || dataSet == Names.DataSetName.MNIST;
  }

  /** Refuses an option that images do not have. */
  void notImages(String option, boolean given) {
    if (given && isImages()) {
      throw onlyWith("mnist1d, gsc", option);
    }
  }

  private void onlyImages() {
    if (steps != null) {
      throw onlyWith("cifar10, mnist", "--steps = " + steps);
    }
  }

  private void onlySpeech() {
    String misplaced =
        upsampling != null
            ? "--upsampling = " + upsampling
            : notAugmented ? "--no-augmentation" : speech.givenBesidesData();
    if (misplaced != null) {
      throw onlyWith("gsc", misplaced);
    }
  }

  private Task images() throws IOException {
    onlySpeech();
    onlyMnist1d("--samples", samples);
    onlyMnist1d("--protocol", protocol == null ? null : protocol.protocolName());
    if (steps != null) {
      checked(() -> ImageModels.requireSteps(steps)); // before anything is read
    }
    ImageSet data = ImageReport.load(dataSet, speech.data(), spec.commandLine().getOut());
    try {
      return new ImageTask(data, steps);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  private Task mnist1d(Integer points) {
    onlySpeech();
    onlyImages();
    if (speech.data() != null) {
      throw onlyWith("gsc, cifar10, mnist", "--data = " + speech.data());
    }
    Protocol chosen = protocol == null ? Protocol.HOLDOUT : protocol;
    int wanted = samples == null ? Mnist1dTask.PUBLISHED_SAMPLES : samples;
    int length = points == null ? PublishedModel.SHAPE.length() : points;
    return checked(() -> new Mnist1dTask(chosen, wanted, length));
  }

  private Task speechCommands() throws IOException {
    onlyMnist1d("--samples", samples);
    onlyMnist1d("--protocol", protocol == null ? null : protocol.protocolName());
    onlyImages();
    int fineness = upsampling == null ? SpeechModels.PUBLISHED_UPSAMPLING : upsampling;
    checked(() -> SpeechModels.requireUpsampling(fineness)); // before anything is read
    SpeechCommands data = speech.load(spec.commandLine(), SPLIT_SEED);
    if (!notAugmented && !data.hasNoise()) {
      spec.commandLine()
          .getOut()
          .println(data.folder() + ": no background noise, so training clips get shifts only");
    }
    try {
      return new SpeechTask(data, speech.split().toString(), !notAugmented, fineness);
    } catch (InvalidWavException | IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  /** A model of the task by its name; null: its default. */
  TaskModel model(Task task, String name) {
    String wanted = name == null ? task.description().defaultModel() : name;
    try {
      return task.models().named(wanted);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--model: " + e.getMessage(), e);
    }
  }

  /** What an option asks for. */
  <T> T checked(Supplier<T> wanted) {
    try {
      return wanted.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }
}

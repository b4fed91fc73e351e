// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.models.SequenceShape;
import io.github.gle4j.models.SpeechModels;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import io.github.gle4j.speech.Augmentation;
import io.github.gle4j.speech.Part;
import io.github.gle4j.speech.SpeechClasses;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.speech.SpeechCommandsDataSetIterator;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Speech Commands. The clips for validation decide when learning rates are lowered. Features are
 * computed on demand, in threads that read ahead. Safe for use by several threads.
 */
public final class SpeechTask implements Task {
  /** What users call it. */
  public static final String NAME = "gsc";

  private static final int THREADS = 2;
  private static final int TEST_SET_CLIPS = 4_890;
  private static final Map<Part, Integer> PUBLISHED_CLIPS =
      Map.of(Part.TRAIN, 36_923, Part.VALIDATION, 4_445, Part.TEST, TEST_SET_CLIPS);

  private final SpeechCommands data;
  private final String split;
  private final boolean augmented;
  private final SpeechModels models;
  private final Map<Part, String> sha256 = new EnumMap<>(Part.class);

  /**
   * The task. This reads every clip once, so that none turns out to be damaged later.
   *
   * @param data the clips
   * @param split how they were divided, in a word
   * @param augmented whether training clips get noise and shifts, as published; only shifts where
   *     the data has no background noise
   * @param upsampling time steps per window, for GLE networks
   * @throws IllegalArgumentException when a part has no clip, or the upsampling does not fit the
   *     GLE networks
   * @throws io.github.gle4j.speech.InvalidWavException when a clip is damaged
   * @throws IOException when a clip cannot be read
   */
  public SpeechTask(SpeechCommands data, String split, boolean augmented, int upsampling)
      throws IOException {
    this.data = data;
    this.split = split;
    this.augmented = augmented;
    models = new SpeechModels(data.classes().names().size(), upsampling);
    requireClips();
    parts(models.all().get(0), 0).close();
    for (Part part : Part.values()) {
      sha256.put(part, data.sha256(part));
    }
  }

  private void requireClips() {
    for (Part part : Part.values()) {
      if (data.clips(part).isEmpty()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: split by %s leaves no clip for %s: another split, such as files, or more clips allowed",
                data.folder(),
                split,
                part.name().toLowerCase(Locale.ROOT)));
      }
    }
  }

  @Override
  public TaskDescription description() {
    return new TaskDescription(
        NAME,
        "Speech Commands",
        data.classes().names(),
        models.all().get(0).name(),
        Protocol.HOLDOUT,
        String.format(
                Locale.ROOT,
                "Google Speech Commands 0.02, %d classes, split by %s: %d clips for training, %d for",
                data.classes().names().size(),
                split,
                clips(Part.TRAIN),
                clips(Part.VALIDATION))
            + String.format(
                Locale.ROOT,
                " validation, %d in the test set%s.",
                clips(Part.TEST),
                augmentationInWords()),
        "The loss on the clips for validation decides when learning rates are lowered, as published"
            + " for GLE, unless they have another schedule. The test set decides nothing.",
        isPublishedData(),
        publishedOn());
  }

  private int clips(Part part) {
    return data.clips(part).size();
  }

  private boolean isPublishedData() {
    return augmented
        && data.hasNoise()
        && data.classes().equals(SpeechClasses.twelve())
        && PUBLISHED_CLIPS.entrySet().stream()
            .allMatch(part -> clips(part.getKey()) == part.getValue());
  }

  private String publishedOn() {
    if (isPublishedData()) {
      return "the same data";
    }
    int all = Arrays.stream(Part.values()).mapToInt(this::clips).sum();
    return all == TEST_SET_CLIPS
        ? "full data, not comparable with a split of the test set"
        : "full data, not comparable with these clips";
  }

  @Override
  public String identity(TaskModel model) {
    return String.join(
        "\n",
        "data " + NAME + " " + String.join(" ", data.classes().names()),
        "train " + sha256.get(Part.TRAIN),
        "validation " + sha256.get(Part.VALIDATION),
        "test " + sha256.get(Part.TEST),
        "augmentation " + augmentation(),
        "features " + models.features(model));
  }

  @Override
  public TaskModels models() {
    return new TaskModels(models.all());
  }

  @Override
  public SequenceShape shape() {
    return models.shape();
  }

  @Override
  public Parts parts(TaskModel model, int seed) {
    return new Parts(
        part(iterator(model, Part.TRAIN).shuffleSeed(seed).augmentation(augmentation(), seed)),
        part(iterator(model, Part.VALIDATION)),
        part(iterator(model, Part.TEST)));
  }

  private Augmentation augmentation() {
    if (!augmented) {
      return null;
    }
    Augmentation published = Augmentation.published();
    return data.hasNoise()
        ? published
        : new Augmentation(0, published.decibels(), published.maximumShift());
  }

  private String augmentationInWords() {
    return !augmented
        ? ""
        : data.hasNoise()
            ? "; training clips get noise and shifts"
            : "; training clips get shifts, no noise, as there is none";
  }

  private static Parts.Part part(SpeechCommandsDataSetIterator.Builder builder) {
    SpeechCommandsDataSetIterator iterator = builder.build();
    return new Parts.Part(iterator, iterator.size());
  }

  private SpeechCommandsDataSetIterator.Builder iterator(TaskModel model, Part part) {
    return SpeechCommandsDataSetIterator.builder()
        .data(data)
        .part(part)
        .features(models.features(model))
        .batchSize(model.settings().batchSize())
        .threads(THREADS);
  }

  @Override
  public Map<String, Object> manifest(TaskModel model) {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("name", NAME);
    manifest.put("folder", data.folder().toString());
    manifest.put("split", split);
    manifest.put("classes", data.classes().names());
    for (Part part : Part.values()) {
      manifest.put(part.name().toLowerCase(Locale.ROOT) + "Clips", clips(part));
    }
    manifest.put("length", model.shape().length());
    manifest.put("augmentation", augmentation());
    manifest.put("features", models.features(model));
    sha256.forEach(
        (part, hash) -> manifest.put(part.name().toLowerCase(Locale.ROOT) + "Sha256", hash));
    return manifest;
  }
}

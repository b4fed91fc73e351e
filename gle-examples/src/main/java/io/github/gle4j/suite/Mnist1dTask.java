// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.mnist1d.Mnist1d;
import io.github.gle4j.mnist1d.Mnist1dDataSetIterator;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.SequenceShape;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** MNIST-1D, always that of the published seed. Safe for use by several threads. */
public final class Mnist1dTask implements Task {
  /** Number of sequences of the published data. */
  public static final int PUBLISHED_SAMPLES = 5000;

  private static final int DATA_SEED = 42;

  /** With fewer, a tenth of the training sequences would be none. */
  private static final int FEWEST_SAMPLES = 20;

  private final Protocol protocol;
  private final int samples;
  private final SequenceShape shape;
  private final Map<Integer, Mnist1d> dataByLength = new ConcurrentHashMap<>();

  /**
   * The task.
   *
   * @param protocol which sequences are trained on and which loss lowers the learning rate
   * @param samples number of sequences, a fifth of them for testing
   * @param length number of points of a sequence, for networks of users
   * @throws IllegalArgumentException when a number cannot be had; the message says what is allowed
   */
  public Mnist1dTask(Protocol protocol, int samples, int length) {
    if (samples < FEWEST_SAMPLES) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "samples = %d: %d or more allowed", samples, FEWEST_SAMPLES));
    }
    this.protocol = protocol;
    this.samples = samples;
    dataOptions(length).options(); // checks them
    shape = new SequenceShape(1, length, PublishedModel.SHAPE.classes());
  }

  private Mnist1d.Builder dataOptions(int length) {
    return Mnist1d.builder().length(length).samples(samples).seed(DATA_SEED);
  }

  /** The data of that length, generated at the first call. */
  Mnist1d data(int length) {
    return dataByLength.computeIfAbsent(length, wanted -> dataOptions(wanted).build());
  }

  @Override
  public TaskDescription description() {
    return new TaskDescription(
        "mnist1d",
        "MNIST-1D",
        IntStream.range(0, shape.classes()).mapToObj(Integer::toString).toList(),
        PublishedModel.GLE_15K.modelName(),
        protocol,
        String.format(
            Locale.ROOT,
            "MNIST-1D, %d sequences of the published seed %d, %s in the test set.",
            samples,
            DATA_SEED,
            samples / 5),
        rates(),
        samples == PUBLISHED_SAMPLES,
        samples == PUBLISHED_SAMPLES
            ? "the same data" + (protocol == Protocol.PAPER ? "" : " by protocol paper")
            : String.format(Locale.ROOT, "%d sequences", PUBLISHED_SAMPLES));
  }

  private String rates() {
    return protocol == Protocol.PAPER
        ? "As published, all models train on the whole training set, and the learning rate of the"
            + " GLE models (gle-15k, gle-42k, lagnet-le) is lowered when the loss on the test set"
            + " stops falling: their test accuracy is not independent of the test set. The other"
            + " models have a fixed learning rate. --protocol holdout lets a tenth of the training"
            + " set decide instead."
        : "A tenth of the training set is held out and decides when the learning rate of the GLE"
            + " models (gle-15k, gle-42k, lagnet-le) is lowered; the others have a fixed one. The"
            + " test set decides nothing. The published values were trained on the whole training"
            + " set, and the test set decided.";
  }

  @Override
  public String identity(TaskModel model) {
    return "protocol " + protocol.protocolName() + "\ndata " + DATA_SEED + " " + samples;
  }

  @Override
  public TaskModels models() {
    return TaskModels.mnist1d();
  }

  @Override
  public SequenceShape shape() {
    return shape;
  }

  @Override
  public Parts parts(TaskModel model, int seed) {
    boolean holdsOut = protocol.validationFraction() > 0;
    return new Parts(
        part(iterator(model, Mnist1dDataSetIterator.Part.TRAIN).shuffleSeed(seed)),
        holdsOut ? part(iterator(model, Mnist1dDataSetIterator.Part.VALIDATION)) : null,
        part(iterator(model, Mnist1dDataSetIterator.Part.TEST)));
  }

  private static Parts.Part part(Mnist1dDataSetIterator.Builder builder) {
    Mnist1dDataSetIterator iterator = builder.build();
    return new Parts.Part(iterator, iterator.size());
  }

  private Mnist1dDataSetIterator.Builder iterator(
      TaskModel model, Mnist1dDataSetIterator.Part part) {
    return Mnist1dDataSetIterator.builder()
        .data(data(model.shape().length()))
        .part(part)
        .batchSize(model.settings().batchSize())
        .validationFraction(protocol.validationFraction());
  }

  @Override
  public Map<String, Object> manifest(TaskModel model) {
    Mnist1d data = data(model.shape().length());
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("name", description().name());
    manifest.put("seed", DATA_SEED);
    manifest.put("length", data.length());
    manifest.put("trainSequences", data.trainSize());
    manifest.put("trainedSequences", parts(model, 0).train().size());
    manifest.put("testSequences", data.testSize());
    manifest.put("trainSha256", data.trainSha256());
    manifest.put("testSha256", data.testSha256());
    return manifest;
  }
}

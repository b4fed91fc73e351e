// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import io.github.gle4j.images.Cifar10;
import io.github.gle4j.images.Cifar10DataSetIterator;
import io.github.gle4j.images.ImageDataSetIterator;
import io.github.gle4j.images.ImageSet;
import io.github.gle4j.images.Mnist;
import io.github.gle4j.images.MnistIdxDataSetIterator;
import io.github.gle4j.images.Part;
import io.github.gle4j.models.ImageModels;
import io.github.gle4j.models.SequenceShape;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.models.TaskModels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * CIFAR-10 or MNIST, values from 0 to 1. A tenth of the training images, always the same ones, is
 * held out. Safe for use by several threads.
 */
public final class ImageTask implements Task {
  /** With fewer, a tenth of the training images would be none. */
  private static final int FEWEST_IMAGES = 5;

  private static final Protocol PROTOCOL = Protocol.HOLDOUT;

  private final ImageSet data;
  private final boolean isCifar10;
  private final List<TaskModel> models;

  /**
   * The task.
   *
   * @param data the images
   * @param steps for how many time steps networks that learn online see an image; null: the models'
   *     own number
   * @throws IllegalArgumentException when there are too few images to hold some out, or the steps
   *     are too few or too many; the message says what is allowed
   */
  public ImageTask(ImageSet data, Integer steps) {
    if (data.trainSize() < FEWEST_IMAGES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d training images: %d or more allowed, as a tenth is held out",
              data.trainSize(),
              FEWEST_IMAGES));
    }
    this.data = data;
    isCifar10 = data instanceof Cifar10;
    models = isCifar10 ? ImageModels.cifar10(steps) : ImageModels.mnist(steps);
  }

  @Override
  public TaskDescription description() {
    String title = isCifar10 ? "CIFAR-10" : "MNIST";
    Parts parts = parts(models.get(0), 0);
    return new TaskDescription(
        name(),
        title,
        data.classNames(),
        models.get(0).name(),
        PROTOCOL,
        String.format(
            Locale.ROOT,
            "%s: %d images for training, %d for validation, %d in the test set.",
            title,
            parts.train().size(),
            parts.validation().size(),
            parts.test().size()),
        "All learning rates are fixed. A tenth of the training images is held out; settings were"
            + " chosen by the accuracy on it. The test set decides nothing.",
        false,
        String.format(
            Locale.ROOT,
            "all %d training images, without any held out",
            isCifar10 ? 50_000 : 60_000));
  }

  private String name() {
    return isCifar10 ? "cifar10" : "mnist";
  }

  @Override
  public TaskModels models() {
    return new TaskModels(models);
  }

  @Override
  public SequenceShape shape() {
    return models.get(0).shape();
  }

  @Override
  public String identity(TaskModel model) {
    return String.join(
        "\n",
        "data " + name(),
        "train " + data.trainSha256(),
        "test " + data.testSha256(),
        "held out " + PROTOCOL.validationFraction(),
        "streaming " + model.streaming());
  }

  @Override
  public Parts parts(TaskModel model, int seed) {
    return new Parts(
        part(iterator(model, Part.TRAIN).shuffleSeed(seed)),
        part(iterator(model, Part.VALIDATION)),
        part(iterator(model, Part.TEST)));
  }

  private static Parts.Part part(ImageDataSetIterator.Builder<?> builder) {
    ImageDataSetIterator iterator = builder.build();
    return new Parts.Part(iterator, iterator.size());
  }

  private ImageDataSetIterator.Builder<?> iterator(TaskModel model, Part part) {
    ImageDataSetIterator.Builder<?> builder =
        data instanceof Cifar10 cifar10
            ? Cifar10DataSetIterator.builder().data(cifar10)
            : MnistIdxDataSetIterator.builder().data((Mnist) data);
    return builder
        .part(part)
        .flattened(true)
        .validationFraction(PROTOCOL.validationFraction())
        .batchSize(model.settings().batchSize());
  }

  @Override
  public Map<String, Object> manifest(TaskModel model) {
    Parts parts = parts(model, 0);
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("name", name());
    manifest.put("trainImages", parts.train().size());
    manifest.put("validationImages", parts.validation().size());
    manifest.put("testImages", parts.test().size());
    manifest.put("stepsPerImage", model.shape().length());
    manifest.put("trainSha256", data.trainSha256());
    manifest.put("testSha256", data.testSha256());
    return manifest;
  }
}

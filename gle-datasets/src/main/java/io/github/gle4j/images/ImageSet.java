// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.util.List;

/**
 * Training and test images in memory, one byte per value. The object never changes, so any number
 * of iterators and threads can share it.
 */
public abstract sealed class ImageSet permits Cifar10, Mnist {
  private final int channels;
  private final int height;
  private final int width;
  private final List<String> classNames;
  private final LabelledImages train;
  private final LabelledImages test;

  ImageSet(
      int channels,
      int height,
      int width,
      List<String> classNames,
      LabelledImages train,
      LabelledImages test) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.classNames = classNames;
    this.train = train;
    this.test = test;
  }

  /**
   * Number of colours.
   *
   * @return 3, or 1 for shades of grey
   */
  public final int channels() {
    return channels;
  }

  /**
   * Number of rows of an image.
   *
   * @return at least 1
   */
  public final int height() {
    return height;
  }

  /**
   * Number of columns of an image.
   *
   * @return at least 1
   */
  public final int width() {
    return width;
  }

  /**
   * The names of the classes.
   *
   * @return an unmodifiable list; a label is a place in it
   */
  public final List<String> classNames() {
    return classNames;
  }

  /**
   * Number of training images, those held out for validation included.
   *
   * @return at least 1
   */
  public final int trainSize() {
    return train.size();
  }

  /**
   * Number of test images.
   *
   * @return at least 1
   */
  public final int testSize() {
    return test.size();
  }

  /**
   * How many training images each class has.
   *
   * @return a count for each of {@link #classNames()}
   */
  public final int[] trainLabelCounts() {
    return train.labelCounts(classNames.size());
  }

  /**
   * How many test images each class has.
   *
   * @return a count for each of {@link #classNames()}
   */
  public final int[] testLabelCounts() {
    return test.labelCounts(classNames.size());
  }

  /**
   * SHA-256 of the training images: a byte for each label, then a byte for each value, image after
   * image, channel after channel, row after row.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public final String trainSha256() {
    return train.sha256();
  }

  /**
   * SHA-256 of the test images, in the same way.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public final String testSha256() {
    return test.sha256();
  }

  /** Number of values of an image. */
  final int values() {
    return channels * height * width;
  }

  final LabelledImages train() {
    return train;
  }

  final LabelledImages test() {
    return test;
  }

  static void require(boolean valid, String option, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException(option + " = " + value + ": " + allowed + " allowed");
    }
  }
}

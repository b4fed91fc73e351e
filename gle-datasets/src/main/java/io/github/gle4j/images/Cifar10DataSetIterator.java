// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

/**
 * Minibatches of {@link Cifar10}.
 *
 * <pre>{@code
 * Cifar10 data = Cifar10.download(new DownloadCache()); // or Cifar10.read(Path)
 * DataSetIterator train = Cifar10DataSetIterator.builder()
 *     .data(data).part(Part.TRAIN).validationFraction(0.1).batchSize(128).shuffleSeed(7)
 *     .standardised(true).augmentation(ImageAugmentation.usual(), 7)
 *     .build();
 * DataSetIterator test = Cifar10DataSetIterator.builder()
 *     .data(data).part(Part.TEST).validationFraction(0.1).batchSize(128).standardised(true).build();
 * }</pre>
 *
 * <p>Features have shape [minibatch, 3, 32, 32], labels [minibatch, 10].
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class Cifar10DataSetIterator extends ImageDataSetIterator {
  private Cifar10DataSetIterator(Builder builder) {
    super(builder);
  }

  /**
   * A builder for the training images, 32 at a time, in given order, as they are.
   *
   * @return the builder; it still needs the images
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects what an iterator needs. */
  public static final class Builder extends ImageDataSetIterator.Builder<Builder> {
    private Builder() {}

    /**
     * The images to iterate over.
     *
     * @param data the images; share one object among iterators
     * @return this builder
     */
    public Builder data(Cifar10 data) {
      return images(data);
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public Cifar10DataSetIterator build() {
      check();
      return new Cifar10DataSetIterator(this);
    }
  }
}

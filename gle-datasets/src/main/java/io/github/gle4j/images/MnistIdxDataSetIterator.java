// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

/**
 * Minibatches of {@link Mnist}, from idx files.
 *
 * <pre>{@code
 * Mnist data = Mnist.download(new DownloadCache()); // or Mnist.read(Path)
 * DataSetIterator train = MnistIdxDataSetIterator.builder()
 *     .data(data).part(Part.TRAIN).validationFraction(0.1).batchSize(100).shuffleSeed(7).build();
 * DataSetIterator test = MnistIdxDataSetIterator.builder()
 *     .data(data).part(Part.TEST).batchSize(100).build();
 * }</pre>
 *
 * <p>Features have shape [minibatch, 1, 28, 28] or, flattened, [minibatch, 784] as those of DL4J's
 * {@code MnistDataSetIterator}; labels [minibatch, 10].
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class MnistIdxDataSetIterator extends ImageDataSetIterator {
  private MnistIdxDataSetIterator(Builder builder) {
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
    public Builder data(Mnist data) {
      return images(data);
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public MnistIdxDataSetIterator build() {
      check();
      return new MnistIdxDataSetIterator(this);
    }
  }
}

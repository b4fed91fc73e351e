// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static io.github.gle4j.images.ImageSet.require;

import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Minibatches of an {@link ImageSet}, what the iterators over one data set have in common.
 *
 * <p>Features are floats of shape [minibatch, channels, height, width], 0 to 1 unless they are
 * standardised; labels are one-hot floats of shape [minibatch, classes]. The last minibatch of an
 * epoch is smaller when the images do not divide evenly. Every minibatch is made of new arrays.
 * {@link ImageStreamDataSetIterator} presents each image for several time steps.
 *
 * <p>One iterator is for one thread. Although the interface extends {@code Serializable}, this
 * iterator cannot be serialised.
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public abstract sealed class ImageDataSetIterator implements DataSetIterator
    permits Cifar10DataSetIterator, MnistIdxDataSetIterator {
  private static final int SHADES = 256;
  private static final long HELD_OUT_SEED = 0;

  private final ImageSet data;
  private final LabelledImages images;
  private final int[] given; // places in images, in given order
  private final int batchSize;
  private final boolean flattened;
  private final float[][] values; // by channel and pixel
  private final Random shuffling;
  private final ImageAugmentation augmentation;
  private final SplittableRandom augmentations;
  private SplittableRandom changes; // of this epoch
  private DataSetPreProcessor preProcessor;
  private int[] order;
  private int position;

  ImageDataSetIterator(Builder<?> builder) {
    data = builder.images;
    images = builder.part == Part.TEST ? data.test() : data.train();
    given = builder.places(builder.part);
    batchSize = builder.batchSize;
    flattened = builder.flattened;
    values = builder.standardised ? standardised(data, builder.places(Part.TRAIN)) : scaled(data);
    shuffling = builder.shuffleSeed == null ? null : new Random(builder.shuffleSeed);
    augmentation = builder.augmentation;
    augmentations = new SplittableRandom(builder.augmentationSeed);
    startEpoch();
  }

  /**
   * The next minibatch.
   *
   * @return {@link #batch()} images, or as many as are left
   * @throws NoSuchElementException when no image is left
   */
  @Override
  public final DataSet next() {
    return next(batchSize);
  }

  /**
   * The next minibatch, with another size than usual.
   *
   * @param num number of images, at least 1
   * @return that many images, or as many as are left
   * @throws IllegalArgumentException when num is less than 1
   * @throws NoSuchElementException when no image is left
   */
  @Override
  public final DataSet next(int num) {
    require(num >= 1, "num", num, "1 or more");
    if (!hasNext()) {
      throw new NoSuchElementException("all " + size() + " images have been returned: reset()");
    }
    int[] places = Arrays.copyOfRange(order, position, Math.min(order.length, position + num));
    DataSet batch = new DataSet(features(places), labels(places));
    position += places.length;
    if (preProcessor != null) {
      preProcessor.preProcess(batch);
    }
    return batch;
  }

  @Override
  public final boolean hasNext() {
    return position < order.length;
  }

  /**
   * Starts a new epoch: in given order without a shuffle seed, in the seed's next order with one;
   * with new changes, if images are changed.
   */
  @Override
  public final void reset() {
    startEpoch();
  }

  /**
   * True: any number of epochs can be had.
   *
   * @return true
   */
  @Override
  public final boolean resetSupported() {
    return true;
  }

  /**
   * False: the data is in memory already, so fetching ahead in another thread gains nothing.
   *
   * @return false
   */
  @Override
  public final boolean asyncSupported() {
    return false;
  }

  /**
   * Number of values of an image.
   *
   * @return channels x height x width
   */
  @Override
  public final int inputColumns() {
    return data.values();
  }

  /**
   * Number of classes.
   *
   * @return at least 2
   */
  @Override
  public final int totalOutcomes() {
    return data.classNames().size();
  }

  @Override
  public final int batch() {
    return batchSize;
  }

  /**
   * Number of images in an epoch.
   *
   * @return at least 1
   */
  public final int size() {
    return order.length;
  }

  @Override
  public final void setPreProcessor(DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public final DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  /**
   * The names of the classes.
   *
   * @return the names, a label being a place in this list
   */
  @Override
  public final List<String> getLabels() {
    return data.classNames();
  }

  private void startEpoch() {
    order = given;
    if (shuffling != null) {
      order = given.clone();
      shuffle(order, shuffling);
    }
    changes = augmentations.split(); // whatever the epoch before has used of its own
    position = 0;
  }

  private static void shuffle(int[] places, Random random) {
    for (int i = places.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int place = places[i];
      places[i] = places[other];
      places[other] = place;
    }
  }

  private INDArray features(int[] places) {
    int size = data.values();
    float[] features = new float[places.length * size];
    for (int i = 0; i < places.length; i++) {
      if (augmentation == null) {
        copy(places[i] * size, false, 0, 0, features, i * size);
      } else {
        int padding = augmentation.padding();
        boolean flip = augmentation.horizontalFlips() && changes.nextBoolean();
        int down = changes.nextInt(2 * padding + 1) - padding;
        int right = changes.nextInt(2 * padding + 1) - padding;
        copy(places[i] * size, flip, down, right, features, i * size);
      }
    }
    return flattened
        ? Nd4j.create(features, new long[] {places.length, size}, 'c')
        : Nd4j.create(
            features,
            new long[] {places.length, data.channels(), data.height(), data.width()},
            'c');
  }

  /**
   * Copies an image.
   *
   * @param from where it begins
   * @param flip whether left and right are exchanged
   * @param down by how many rows it is then moved, and by how many columns to the right; what comes
   *     in is black
   */
  private void copy(int from, boolean flip, int down, int right, float[] to, int start) {
    int height = data.height();
    int width = data.width();
    int target = start;
    for (int channel = 0; channel < data.channels(); channel++) {
      float[] value = values[channel];
      for (int row = -down; row < height - down; row++) {
        int rowStart = from + (channel * height + row) * width;
        for (int column = -right; column < width - right; column++) {
          boolean inside = row >= 0 && row < height && column >= 0 && column < width;
          int source = rowStart + (flip ? width - 1 - column : column);
          to[target] = value[inside ? images.pixel(source) : 0];
          target++;
        }
      }
    }
  }

  private INDArray labels(int[] places) {
    int classes = totalOutcomes();
    float[] labels = new float[places.length * classes];
    for (int i = 0; i < places.length; i++) {
      labels[i * classes + images.label(places[i])] = 1;
    }
    return Nd4j.create(labels, new long[] {places.length, classes}, 'c');
  }

  private static float[][] scaled(ImageSet data) {
    float[][] values = new float[data.channels()][SHADES];
    for (float[] channel : values) {
      for (int shade = 0; shade < SHADES; shade++) {
        channel[shade] = shade / (SHADES - 1f);
      }
    }
    return values;
  }

  /** Zero mean and unit variance over the given training images, for each channel. */
  private static float[][] standardised(ImageSet data, int[] places) {
    float[][] values = scaled(data);
    int channelSize = data.height() * data.width();
    for (int channel = 0; channel < values.length; channel++) {
      long[] counts = new long[SHADES];
      for (int place : places) {
        int start = place * data.values() + channel * channelSize;
        for (int i = start; i < start + channelSize; i++) {
          counts[data.train().pixel(i)]++;
        }
      }
      standardise(values[channel], counts, (double) places.length * channelSize);
    }
    return values;
  }

  private static void standardise(float[] values, long[] counts, double total) {
    double mean = 0;
    for (int shade = 0; shade < SHADES; shade++) {
      mean += counts[shade] / total * values[shade];
    }
    double variance = 0;
    for (int shade = 0; shade < SHADES; shade++) {
      double deviation = values[shade] - mean;
      variance += counts[shade] / total * deviation * deviation;
    }
    double scale = variance > 0 ? 1 / Math.sqrt(variance) : 1; // one colour only
    for (int shade = 0; shade < SHADES; shade++) {
      values[shade] = (float) ((values[shade] - mean) * scale);
    }
  }

  /**
   * Collects what an iterator needs.
   *
   * @param <B> the builder itself
   */
  public abstract static sealed class Builder<B extends Builder<B>>
      permits Cifar10DataSetIterator.Builder, MnistIdxDataSetIterator.Builder {
    private ImageSet images;
    private Part part = Part.TRAIN;
    private int batchSize = 32;
    private double validationFraction;
    private Integer shuffleSeed;
    private boolean standardised;
    private boolean flattened;
    private ImageAugmentation augmentation;
    private long augmentationSeed;

    Builder() {}

    abstract B self();

    final B images(ImageSet images) {
      this.images = images;
      return self();
    }

    /**
     * Which images to iterate over.
     *
     * @param part the part, default {@link Part#TRAIN}
     * @return this builder
     */
    public final B part(Part part) {
      this.part = part;
      return self();
    }

    /**
     * Number of images in a minibatch.
     *
     * @param batchSize at least 1, default 32
     * @return this builder
     */
    public final B batchSize(int batchSize) {
      this.batchSize = batchSize;
      return self();
    }

    /**
     * The part of the training images held out for validation, rounded to whole images. They are
     * drawn at random, always the same ones. Give the iterators of all parts the same fraction.
     *
     * @param validationFraction from 0, the default, to less than 1
     * @return this builder
     */
    public final B validationFraction(double validationFraction) {
      this.validationFraction = validationFraction;
      return self();
    }

    /**
     * Shuffles the images, anew at every {@link ImageDataSetIterator#reset()}. The same seed gives
     * the same series of orders.
     *
     * @param shuffleSeed 0 or more; null, the default, keeps the given order
     * @return this builder
     */
    public final B shuffleSeed(Integer shuffleSeed) {
      this.shuffleSeed = shuffleSeed;
      return self();
    }

    /**
     * Whether each channel is brought to a mean of 0 and a variance of 1 over all images of part
     * TRAIN. Parts VALIDATION and TEST are shifted and scaled by the same numbers.
     *
     * @param standardised default false: values from 0 to 1
     * @return this builder
     */
    public final B standardised(boolean standardised) {
      this.standardised = standardised;
      return self();
    }

    /**
     * Whether an image is a row of values, for networks of dense layers.
     *
     * @param flattened true for features of shape [minibatch, channels x height x width]; default
     *     false: [minibatch, channels, height, width]
     * @return this builder
     */
    public final B flattened(boolean flattened) {
      this.flattened = flattened;
      return self();
    }

    /**
     * Changes training images at random, differently in each epoch. The same seed gives the same
     * series of changes.
     *
     * @param augmentation the changes, for part TRAIN only; null, the default, for none
     * @param seed the seed
     * @return this builder
     */
    public final B augmentation(ImageAugmentation augmentation, long seed) {
      this.augmentation = augmentation;
      this.augmentationSeed = seed;
      return self();
    }

    /**
     * Makes the iterator.
     *
     * @return the iterator, at the start of its first epoch
     * @throws IllegalArgumentException when a value is outside its range or contradicts another, or
     *     the part has no image
     */
    public abstract ImageDataSetIterator build();

    final void check() {
      require(images != null, "data", images, "images");
      require(part != null, "part", part, "TRAIN, VALIDATION or TEST");
      require(batchSize >= 1, "batchSize", batchSize, "1 or more");
      require(
          validationFraction >= 0 && validationFraction < 1,
          "validationFraction",
          validationFraction,
          "0 <= x < 1");
      require(shuffleSeed == null || shuffleSeed >= 0, "shuffleSeed", shuffleSeed, "0 or more");
      require(
          augmentation == null || part == Part.TRAIN,
          "augmentation",
          augmentation,
          "only for part TRAIN");
      require(
          heldOut() < images.trainSize(),
          "validationFraction",
          validationFraction,
          "a smaller one that leaves something of " + images.trainSize() + " to train");
      require(
          part != Part.VALIDATION || heldOut() > 0,
          "validationFraction",
          validationFraction,
          "for part VALIDATION at least 0.5 / " + images.trainSize());
    }

    private int heldOut() {
      return (int) Math.round(images.trainSize() * validationFraction);
    }

    /** The images of a part, in given order. */
    private int[] places(Part wanted) {
      int[] places = new int[wanted == Part.TEST ? images.testSize() : images.trainSize()];
      Arrays.setAll(places, i -> i);
      if (wanted == Part.TEST || heldOut() == 0) {
        return places;
      }
      shuffle(places, new Random(HELD_OUT_SEED));
      int trained = places.length - heldOut();
      int[] chosen =
          wanted == Part.TRAIN
              ? Arrays.copyOf(places, trained)
              : Arrays.copyOfRange(places, trained, places.length);
      Arrays.sort(chosen);
      return chosen;
    }
  }
}

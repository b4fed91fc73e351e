// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static io.github.gle4j.mnist1d.Mnist1dOptions.require;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Minibatches of {@link Mnist1d}, after Greydanus &amp; Kobak, "Scaling down deep learning with
 * MNIST-1D".
 *
 * <pre>{@code
 * Mnist1d data = Mnist1d.builder().length(360).build();
 * DataSetIterator train = Mnist1dDataSetIterator.builder()
 *     .data(data).part(Part.TRAIN).validationFraction(0.1).batchSize(100).shuffleSeed(7).build();
 * DataSetIterator validation = Mnist1dDataSetIterator.builder()
 *     .data(data).part(Part.VALIDATION).validationFraction(0.1).batchSize(100).build();
 * }</pre>
 *
 * <p>Features are floats of shape [minibatch, 1, length]; labels are one-hot floats, [minibatch,
 * 10] or, per time step, [minibatch, 10, length]. All are in 'f' order, in which one time step of a
 * minibatch is contiguous. The last minibatch of an epoch is smaller when the sequences do not
 * divide evenly. Every minibatch is made of new arrays.
 *
 * <p>One iterator is for one thread. Although the interface extends {@code Serializable}, this
 * iterator cannot be serialised.
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class Mnist1dDataSetIterator implements DataSetIterator {
  /** Which of the sequences to iterate over. */
  public enum Part {
    /** The training sequences without those held out for validation. */
    TRAIN,
    /** The training sequences held out for validation: the last ones. */
    VALIDATION,
    /** The test sequences. */
    TEST
  }

  private final Mnist1d data;
  private final int first;
  private final int size;
  private final int batchSize;
  private final boolean labelsPerStep;
  private final NumpyRandom random;
  private DataSetPreProcessor preProcessor;
  private int[] order;
  private int position;

  private Mnist1dDataSetIterator(Builder builder, Mnist1d data, int first, int size) {
    this.data = data;
    this.first = first;
    this.size = size;
    this.batchSize = builder.batchSize;
    this.labelsPerStep = builder.labelsPerStep;
    this.random = builder.shuffleSeed == null ? null : new NumpyRandom(builder.shuffleSeed);
    this.order = nextOrder();
  }

  /**
   * A builder for the training sequences of the published data, 32 at a time, in given order.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The next minibatch.
   *
   * @return {@link #batch()} sequences, or as many as are left
   * @throws NoSuchElementException when no sequence is left
   */
  @Override
  public DataSet next() {
    return next(batchSize);
  }

  /**
   * The next minibatch, with another size than usual.
   *
   * @param num number of sequences, at least 1
   * @return that many sequences, or as many as are left
   * @throws IllegalArgumentException when num is less than 1
   * @throws NoSuchElementException when no sequence is left
   */
  @Override
  public DataSet next(int num) {
    require(num >= 1, "num", num, "1 or more");
    if (!hasNext()) {
      throw new NoSuchElementException("all " + size + " sequences have been returned: reset()");
    }
    int count = Math.min(num, size - position);
    DataSet batch = new DataSet(features(count), labels(count));
    position += count;
    if (preProcessor != null) {
      preProcessor.preProcess(batch);
    }
    return batch;
  }

  @Override
  public boolean hasNext() {
    return position < size;
  }

  /**
   * Starts a new epoch: in given order without a shuffle seed, in the seed's next order with one.
   */
  @Override
  public void reset() {
    order = nextOrder();
    position = 0;
  }

  /**
   * True: any number of epochs can be had.
   *
   * @return true
   */
  @Override
  public boolean resetSupported() {
    return true;
  }

  /**
   * False: the data is in memory already, so fetching ahead in another thread gains nothing.
   *
   * @return false
   */
  @Override
  public boolean asyncSupported() {
    return false;
  }

  /**
   * Number of input channels.
   *
   * @return 1
   */
  @Override
  public int inputColumns() {
    return 1;
  }

  /**
   * Number of classes.
   *
   * @return 10
   */
  @Override
  public int totalOutcomes() {
    return Templates.CLASSES;
  }

  @Override
  public int batch() {
    return batchSize;
  }

  /**
   * Number of sequences in an epoch.
   *
   * @return at least 1
   */
  public int size() {
    return size;
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  /**
   * The names of the classes.
   *
   * @return "0" to "9"
   */
  @Override
  public List<String> getLabels() {
    List<String> names = new ArrayList<>();
    for (int label = 0; label < Templates.CLASSES; label++) {
      names.add(Integer.toString(label));
    }
    return names;
  }

  /** The order of the next epoch; null is the given order. */
  private int[] nextOrder() {
    return random == null ? null : random.permutation(size);
  }

  private int sequence(int index) {
    return first + (order == null ? index : order[index]);
  }

  private INDArray features(int count) {
    int length = data.length();
    float[] values = new float[count * length];
    for (int i = 0; i < count; i++) {
      int sequence = sequence(position + i);
      for (int t = 0; t < length; t++) {
        values[t * count + i] = data.value(sequence, t);
      }
    }
    return array(values, count, 1, length);
  }

  private INDArray labels(int count) {
    int steps = labelsPerStep ? data.length() : 1;
    float[] values = new float[count * Templates.CLASSES * steps];
    for (int i = 0; i < count; i++) {
      int label = data.label(sequence(position + i));
      for (int t = 0; t < steps; t++) {
        values[(t * Templates.CLASSES + label) * count + i] = 1;
      }
    }
    return labelsPerStep
        ? array(values, count, Templates.CLASSES, steps)
        : array(values, count, Templates.CLASSES);
  }

  private static INDArray array(float[] values, long... shape) {
    return Nd4j.create(values, shape, 'f');
  }

  /** Collects what an iterator needs. */
  public static final class Builder {
    private Mnist1d data;
    private Integer length;
    private Part part = Part.TRAIN;
    private int batchSize = 32;
    private double validationFraction = 0;
    private Integer shuffleSeed;
    private boolean labelsPerStep = false;

    /** A builder for the training sequences of the published data. */
    public Builder() {}

    /**
     * The data to iterate over; share one {@link Mnist1d} among iterators to generate it only once.
     *
     * @param data the data; default: the published data of the wanted {@link #length}
     * @return this builder
     */
    public Builder data(Mnist1d data) {
      this.data = data;
      return this;
    }

    /**
     * Number of points of each sequence. For other options of the generator, give the {@link
     * #data}.
     *
     * @param length at least 2; default that of the given data, or 40
     * @return this builder
     */
    public Builder length(int length) {
      this.length = length;
      return this;
    }

    /**
     * Which sequences to iterate over.
     *
     * @param part the part, default {@link Part#TRAIN}
     * @return this builder
     */
    public Builder part(Part part) {
      this.part = part;
      return this;
    }

    /**
     * Number of sequences in a minibatch.
     *
     * @param batchSize at least 1, default 32
     * @return this builder
     */
    public Builder batchSize(int batchSize) {
      this.batchSize = batchSize;
      return this;
    }

    /**
     * The part of the training sequences held out for validation, rounded to whole sequences. They
     * are the last of the training sequences, which the generator has already put in random order.
     * Give the iterators of both parts the same fraction.
     *
     * @param validationFraction from 0, the default, to less than 1
     * @return this builder
     */
    public Builder validationFraction(double validationFraction) {
      this.validationFraction = validationFraction;
      return this;
    }

    /**
     * Shuffles the sequences, anew at every {@link Mnist1dDataSetIterator#reset()}. The same seed
     * gives the same series of orders.
     *
     * @param shuffleSeed 0 or more; null, the default, keeps the given order
     * @return this builder
     */
    public Builder shuffleSeed(Integer shuffleSeed) {
      this.shuffleSeed = shuffleSeed;
      return this;
    }

    /**
     * Whether the label is given at every time step, for networks with an output per step, or once
     * per sequence.
     *
     * @param labelsPerStep true for labels of shape [minibatch, 10, length]; default false:
     *     [minibatch, 10]
     * @return this builder
     */
    public Builder labelsPerStep(boolean labelsPerStep) {
      this.labelsPerStep = labelsPerStep;
      return this;
    }

    /**
     * Makes the iterator, and the data when none was given.
     *
     * @return the iterator, at the start of its first epoch
     * @throws IllegalArgumentException when a value is outside its range, the part has no sequence,
     *     or the given data has another length
     */
    public Mnist1dDataSetIterator build() {
      require(part != null, "part", part, "TRAIN, VALIDATION or TEST");
      require(batchSize >= 1, "batchSize", batchSize, "1 or more");
      require(
          validationFraction >= 0 && validationFraction < 1,
          "validationFraction",
          validationFraction,
          "0 <= x < 1");
      require(shuffleSeed == null || shuffleSeed >= 0, "shuffleSeed", shuffleSeed, "0 or more");
      if (data != null && length != null) {
        require(length == data.length(), "length", length, "the data's " + data.length());
      }
      Mnist1d source = data != null ? data : generated();
      int heldOut = (int) Math.round(source.trainSize() * validationFraction);
      int trained = source.trainSize() - heldOut;
      require(
          part != Part.TRAIN || trained > 0,
          "validationFraction",
          validationFraction,
          "a smaller one that leaves something of " + source.trainSize() + " to train");
      require(
          part != Part.VALIDATION || heldOut > 0,
          "validationFraction",
          validationFraction,
          "for part VALIDATION at least 0.5 / " + source.trainSize());
      return switch (part) {
        case TRAIN -> new Mnist1dDataSetIterator(this, source, 0, trained);
        case VALIDATION -> new Mnist1dDataSetIterator(this, source, trained, heldOut);
        case TEST ->
            new Mnist1dDataSetIterator(this, source, source.trainSize(), source.testSize());
      };
    }

    private Mnist1d generated() {
      Mnist1d.Builder generator = Mnist1d.builder();
      return length == null ? generator.build() : generator.length(length).build();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static io.github.gle4j.speech.FeatureOptions.require;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Minibatches of {@link SpeechCommands} as sequences of features, for any recurrent network.
 *
 * <pre>{@code
 * SpeechCommands data = SpeechCommands.builder().folder(folder).build();
 * DataSetIterator train = SpeechCommandsDataSetIterator.builder()
 *     .data(data).part(Part.TRAIN).batchSize(256).shuffleSeed(7)
 *     .augmentation(Augmentation.published(), 7).build();
 * DataSetIterator validation = SpeechCommandsDataSetIterator.builder()
 *     .data(data).part(Part.VALIDATION).batchSize(256).build();
 * }</pre>
 *
 * <p>Features are floats of shape [minibatch, rows, steps], by default [minibatch, 32, 820]; labels
 * are one-hot floats, [minibatch, classes] or, per time step, [minibatch, classes, steps]. All are
 * in 'f' order, in which one time step of a minibatch is contiguous. The last minibatch of an epoch
 * is smaller when the clips do not divide evenly. Every minibatch is made of new arrays.
 *
 * <p>From the first minibatch of an epoch on, threads of the iterator read and transform the clips
 * of the next two minibatches while the caller uses the last one. The same seeds give the same
 * minibatches for every number of threads.
 *
 * <p>A clip that cannot be read ends in an {@link UncheckedIOException} whose message names the
 * file. The same minibatch can be asked for again.
 *
 * <p>One iterator is for one thread. Although the interface extends {@code Serializable}, this
 * iterator cannot be serialised.
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class SpeechCommandsDataSetIterator implements DataSetIterator, AutoCloseable {
  private static final int BATCHES_AHEAD = 2;

  private final SpeechCommands data;
  private final List<Clip> clips;
  private final FeatureOptions options;
  private final int classes;
  private final int batchSize;
  private final Integer shuffleSeed;
  private final boolean balanced;
  private final long augmentationSeed;
  private final boolean labelsPerStep;
  private final ClipFeatures features;
  private final ReadAhead<float[]> readAhead;
  private DataSetPreProcessor preProcessor;
  private int[] order;
  private int epoch;
  private int position;
  private boolean started;
  private float[] assembled = {};

  private SpeechCommandsDataSetIterator(Builder builder) {
    data = builder.data;
    clips = data.clips(builder.part);
    options = builder.options;
    classes = data.classes().names().size();
    batchSize = builder.batchSize;
    shuffleSeed = builder.shuffleSeed;
    balanced = builder.balanced;
    augmentationSeed = builder.augmentationSeed;
    labelsPerStep = builder.labelsPerStep;
    FeatureCache cache =
        builder.cacheFolder == null ? null : new FeatureCache(builder.cacheFolder, options);
    features = new ClipFeatures(data, builder.part, options, builder.augmentation, cache);
    readAhead =
        new ReadAhead<>(
            "speech-features",
            builder.threads,
            BATCHES_AHEAD * Math.min(batchSize, size()),
            float[][]::new);
    order = nextOrder();
  }

  /**
   * A builder for the training clips, 32 at a time, in given order, as mel spectrograms.
   *
   * @return the builder; it still needs the clips
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The next minibatch.
   *
   * @return {@link #batch()} sequences, or as many as are left
   * @throws NoSuchElementException when no sequence is left
   * @throws UncheckedIOException when a clip cannot be read; its message names the file
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
   * @throws UncheckedIOException when a clip cannot be read; its message names the file
   */
  @Override
  public DataSet next(int num) {
    require(num >= 1, "num", num, "1 or more");
    if (!hasNext()) {
      throw new NoSuchElementException("all " + size() + " clips have been returned: reset()");
    }
    int count = Math.min(num, size() - position);
    DataSet batch = new DataSet(features(count), labels(count));
    position += count;
    if (preProcessor != null) {
      preProcessor.preProcess(batch);
    }
    return batch;
  }

  @Override
  public boolean hasNext() {
    return position < size();
  }

  /**
   * Starts a new epoch: in given order without a shuffle seed, in the seed's next order with one;
   * with new augmentation, if there is any.
   */
  @Override
  public void reset() {
    epoch++;
    order = nextOrder();
    position = 0;
    started = false;
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
   * False: the iterator reads ahead by itself.
   *
   * @return false
   */
  @Override
  public boolean asyncSupported() {
    return false;
  }

  /**
   * Number of values at a time step.
   *
   * @return the number of mel bands or cepstral coefficients
   */
  @Override
  public int inputColumns() {
    return options.rows();
  }

  /**
   * Number of classes.
   *
   * @return 2 or more
   */
  @Override
  public int totalOutcomes() {
    return classes;
  }

  @Override
  public int batch() {
    return batchSize;
  }

  /**
   * Number of clips in an epoch.
   *
   * @return at least 1
   */
  public int size() {
    return clips.size();
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
   * @return the names, a label being a place in this list
   */
  @Override
  public List<String> getLabels() {
    return data.classes().names();
  }

  /**
   * Ends the threads at once; without this, they end when they have nothing to do for a few
   * seconds. The iterator cannot be used any more.
   */
  @Override
  public void close() {
    readAhead.close();
    position = size();
  }

  /** The order of the next epoch; null is the given order. */
  private int[] nextOrder() {
    if (shuffleSeed == null) {
      return null;
    }
    Random random = Seeds.random(shuffleSeed, epoch);
    return balanced ? balancedOrder(random) : permutation(random);
  }

  private int[] permutation(Random random) {
    int[] result = new int[size()];
    for (int i = 0; i < result.length; i++) {
      int other = random.nextInt(i + 1);
      result[i] = result[other];
      result[other] = i;
    }
    return result;
  }

  /** Draws with replacement, each class as often as the others on average. */
  private int[] balancedOrder(Random random) {
    List<List<Integer>> byClass = new ArrayList<>();
    for (int label = 0; label < classes; label++) {
      byClass.add(new ArrayList<>());
    }
    for (int i = 0; i < size(); i++) {
      byClass.get(clips.get(i).label()).add(i);
    }
    byClass.removeIf(List::isEmpty);
    int[] result = new int[size()];
    for (int i = 0; i < result.length; i++) {
      List<Integer> ofClass = byClass.get(random.nextInt(byClass.size()));
      result[i] = ofClass.get(random.nextInt(ofClass.size()));
    }
    return result;
  }

  private static int clip(int[] order, int place) {
    return order == null ? place : order[place];
  }

  private INDArray features(int count) {
    if (!started) {
      int[] places = order;
      int now = epoch;
      readAhead.restart(
          position,
          size(),
          place -> {
            int clip = clip(places, place);
            return features.of(clips.get(clip), clip, Seeds.random(augmentationSeed, now, place));
          });
      started = true;
    }
    int rows = options.rows();
    int group = rows * count;
    float[] values = new float[options.frames() * group];
    List<float[]> taken = take(count);
    for (int i = 0; i < count; i++) {
      float[] clip = taken.get(i);
      for (int k = 0; k < clip.length; k++) {
        values[k * count + i] = clip[k];
      }
    }
    int wanted = options.steps() * group;
    if (assembled.length != wanted) {
      assembled = new float[wanted];
    }
    Upsampling.upsample(values, group, options.upsampling(), assembled);
    return array(assembled, count, rows, options.steps());
  }

  private List<float[]> take(int count) {
    List<float[]> taken = new ArrayList<>(count);
    started = false; // after a failure the next call begins here again
    try {
      for (int i = 0; i < count; i++) {
        taken.add(readAhead.next());
      }
      started = true;
      return taken;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException failure) {
        throw new UncheckedIOException(failure.getMessage(), failure);
      }
      throw new IllegalStateException("features cannot be computed: " + cause, cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for clips", e);
    }
  }

  private INDArray labels(int count) {
    int steps = labelsPerStep ? options.steps() : 1;
    float[] values = new float[count * classes * steps];
    for (int i = 0; i < count; i++) {
      int label = clips.get(clip(order, position + i)).label();
      for (int t = 0; t < steps; t++) {
        values[(t * classes + label) * count + i] = 1;
      }
    }
    return labelsPerStep ? array(values, count, classes, steps) : array(values, count, classes);
  }

  private static INDArray array(float[] values, long... shape) {
    return Nd4j.create(values, shape, 'f');
  }

  /** Collects what an iterator needs. */
  public static final class Builder {
    private SpeechCommands data;
    private Part part = Part.TRAIN;
    private FeatureOptions options = FeatureOptions.melSpectrogram();
    private Augmentation augmentation;
    private long augmentationSeed;
    private int batchSize = 32;
    private Integer shuffleSeed;
    private boolean balanced;
    private boolean labelsPerStep;
    private int threads = Runtime.getRuntime().availableProcessors();
    private Path cacheFolder;

    private Builder() {}

    /**
     * The clips to iterate over.
     *
     * @param data the clips; share one object among iterators
     * @return this builder
     */
    public Builder data(SpeechCommands data) {
      this.data = data;
      return this;
    }

    /**
     * Which clips to iterate over.
     *
     * @param part the part, default {@link Part#TRAIN}
     * @return this builder
     */
    public Builder part(Part part) {
      this.part = part;
      return this;
    }

    /**
     * What clips are turned into.
     *
     * @param options the features, default {@link FeatureOptions#melSpectrogram()}
     * @return this builder
     */
    public Builder features(FeatureOptions options) {
      this.options = options;
      return this;
    }

    /**
     * Changes training clips at random, differently in each epoch. The same seed gives the same
     * series of changes.
     *
     * @param augmentation the changes, for part TRAIN only; null, the default, for none
     * @param seed the seed
     * @return this builder
     */
    public Builder augmentation(Augmentation augmentation, long seed) {
      this.augmentation = augmentation;
      this.augmentationSeed = seed;
      return this;
    }

    /**
     * Number of clips in a minibatch.
     *
     * @param batchSize at least 1, default 32
     * @return this builder
     */
    public Builder batchSize(int batchSize) {
      this.batchSize = batchSize;
      return this;
    }

    /**
     * Shuffles the clips, anew at every {@link SpeechCommandsDataSetIterator#reset()}. The same
     * seed gives the same series of orders.
     *
     * @param shuffleSeed 0 or more; null, the default, keeps the given order
     * @return this builder
     */
    public Builder shuffleSeed(Integer shuffleSeed) {
      this.shuffleSeed = shuffleSeed;
      return this;
    }

    /**
     * Whether each class is as likely as the others. The clips of an epoch, as many as without
     * this, are then drawn with replacement, each with a weight of one over the size of its class.
     *
     * @param balanced default false: each clip once in an epoch; true needs a shuffle seed
     * @return this builder
     */
    public Builder balanced(boolean balanced) {
      this.balanced = balanced;
      return this;
    }

    /**
     * Whether the label is given at every time step, for networks with an output per step, or once
     * per sequence.
     *
     * @param labelsPerStep true for labels of shape [minibatch, classes, steps]; default false:
     *     [minibatch, classes]
     * @return this builder
     */
    public Builder labelsPerStep(boolean labelsPerStep) {
      this.labelsPerStep = labelsPerStep;
      return this;
    }

    /**
     * Number of threads that read and transform clips.
     *
     * @param threads 1 to 256, default as many as there are processors
     * @return this builder
     */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /**
     * Keeps features on disk, for later epochs, iterators and programs; about 5 KB for each clip.
     * Augmented clips differ each time, so their features cannot be kept.
     *
     * @param cacheFolder the folder, made when it is needed; null, the default, to keep nothing
     * @return this builder
     */
    public Builder cacheFolder(Path cacheFolder) {
      this.cacheFolder = cacheFolder;
      return this;
    }

    /**
     * Makes the iterator.
     *
     * @return the iterator, at the start of its first epoch
     * @throws IllegalArgumentException when a value is outside its range or contradicts another, or
     *     the part has no clip
     */
    public SpeechCommandsDataSetIterator build() {
      require(data != null, "data", data, "a SpeechCommands");
      require(part != null, "part", part, "TRAIN, VALIDATION or TEST");
      require(options != null, "features", options, "a FeatureOptions");
      options.checked();
      require(
          options.sampleRate() == SpeechCommands.SAMPLE_RATE,
          "sampleRate",
          options.sampleRate(),
          "that of the clips, " + SpeechCommands.SAMPLE_RATE + ",");
      require(
          options.clipSamples() == SpeechCommands.CLIP_SAMPLES,
          "clipSamples",
          options.clipSamples(),
          "that of the clips, " + SpeechCommands.CLIP_SAMPLES + ",");
      require(batchSize >= 1, "batchSize", batchSize, "1 or more");
      require(shuffleSeed == null || shuffleSeed >= 0, "shuffleSeed", shuffleSeed, "0 or more");
      require(
          !balanced || shuffleSeed != null, "balanced", balanced, "without shuffleSeed only false");
      require(threads >= 1 && threads <= 256, "threads", threads, "1 to 256");
      if (augmentation != null) {
        require(part == Part.TRAIN, "augmentation", augmentation, "only for part TRAIN");
        require(
            cacheFolder == null, "cacheFolder", cacheFolder, "without augmentation only a folder");
        require(
            augmentation.noiseProbability() == 0 || !data.noise().isEmpty(),
            "noiseProbability",
            augmentation.noiseProbability(),
            "without recordings in " + data.folder().resolve(SpeechFolder.NOISE) + " only 0");
      }
      require(
          !data.clips(part).isEmpty(),
          "part",
          part,
          "it has no clip by this split: another part or split");
      return new SpeechCommandsDataSetIterator(this);
    }
  }
}

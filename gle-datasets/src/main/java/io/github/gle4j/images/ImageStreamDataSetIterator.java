// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static io.github.gle4j.images.ImageSet.require;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Presents each image of another iterator as a stream: the same values at every one of some time
 * steps, for recurrent networks and those that settle.
 *
 * <pre>{@code
 * DataSetIterator stream = new ImageStreamDataSetIterator(images, 20, false);
 * }</pre>
 *
 * <p>Features of shape [minibatch, ...] become [minibatch, size, steps], size being the product of
 * the other dimensions in 'c' order; they are in 'f' order, in which a time step is contiguous.
 * Labels of shape [minibatch, classes] stay, or become [minibatch, classes, steps]. Everything else
 * is the other iterator's business, the pre-processor included, which sees plain images.
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class ImageStreamDataSetIterator implements DataSetIterator {
  private final DataSetIterator images;
  private final int steps;
  private final boolean labelsPerStep;

  /**
   * An iterator over streams.
   *
   * @param images minibatches of plain images and labels without masks
   * @param steps number of time steps, at least 1
   * @param labelsPerStep whether the label is given at every time step or once per image
   * @throws IllegalArgumentException when steps is less than 1
   */
  public ImageStreamDataSetIterator(DataSetIterator images, int steps, boolean labelsPerStep) {
    require(steps >= 1, "steps", steps, "1 or more");
    this.images = images;
    this.steps = steps;
    this.labelsPerStep = labelsPerStep;
  }

  /**
   * The next minibatch.
   *
   * @return as many images as the other iterator gives
   */
  @Override
  public DataSet next() {
    return presented(images.next());
  }

  /**
   * The next minibatch, with another size than usual.
   *
   * @param num number of images, at least 1
   * @return as many images as the other iterator gives
   */
  @Override
  public DataSet next(int num) {
    return presented(images.next(num));
  }

  private DataSet presented(DataSet batch) {
    INDArray labels = batch.getLabels();
    return new DataSet(repeated(batch.getFeatures()), labelsPerStep ? repeated(labels) : labels);
  }

  private INDArray repeated(INDArray values) {
    int count = (int) values.size(0);
    float[] frame = values.reshape('c', count, -1).dup('f').data().asFloat();
    float[] frames = new float[Math.multiplyExact(frame.length, steps)];
    for (int t = 0; t < steps; t++) {
      System.arraycopy(frame, 0, frames, t * frame.length, frame.length);
    }
    return Nd4j.create(frames, new long[] {count, frame.length / count, steps}, 'f');
  }

  @Override
  public boolean hasNext() {
    return images.hasNext();
  }

  @Override
  public void reset() {
    images.reset();
  }

  @Override
  public boolean resetSupported() {
    return images.resetSupported();
  }

  @Override
  public boolean asyncSupported() {
    return images.asyncSupported();
  }

  @Override
  public int inputColumns() {
    return images.inputColumns();
  }

  @Override
  public int totalOutcomes() {
    return images.totalOutcomes();
  }

  @Override
  public int batch() {
    return images.batch();
  }

  @Override
  public void setPreProcessor(DataSetPreProcessor preProcessor) {
    images.setPreProcessor(preProcessor);
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return images.getPreProcessor();
  }

  @Override
  public List<String> getLabels() {
    return images.getLabels();
  }
}

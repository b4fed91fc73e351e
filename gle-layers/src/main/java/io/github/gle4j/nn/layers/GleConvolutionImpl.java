// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.conf.GleConvolution;
import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;

/**
 * {@link GleConvolution} at run time: a patch of the input to every neuron. Takes rank 4 or
 * sequences of flattened images, gives rank 4.
 */
public final class GleConvolutionImpl extends BaseGleImpl<GleConvolution> {
  private final transient ConvolutionShape shape;
  private int samples; // of the network's input; 0: not known

  /**
   * Creates the layer; DL4J calls this through {@link GleConvolution#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleConvolution}
   * @param dataType floating-point type of parameters and states
   */
  public GleConvolutionImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
    shape = layerConf().shape();
  }

  @Override
  public long inputs() {
    return shape.inputs();
  }

  @Override
  public long outputs() {
    return shape.outputs();
  }

  @Override
  public Connectivity connectivity(int batch, Scratch scratch) {
    return new ConvolutionConnectivity(
        shape,
        batch,
        weights(),
        feedbackWeights(weights()),
        weightGradients(),
        bias(),
        biasGradients(),
        scratch);
  }

  // By ND4J's operations: a product for every weight of the kernel, whose inputs are a shifted
  // image. In 'f' order, [samples, channels * height * width] is [samples, width, height,
  // channels].

  @Override
  void forward(INDArray below, INDArray weights, INDArray bias, INDArray current) {
    INDArray image = padded(below);
    INDArray maps = byMaps(current);
    double old = 0;
    for (int y = 0; y < shape.kernelHeight(); y++) {
      for (int x = 0; x < shape.kernelWidth(); x++) {
        INDArray seen = rowsOfPixels(shifted(image, y, x).dup('f'));
        Nd4j.gemm(seen, weight(weights, y, x).dup('f'), maps, false, true, 1, old);
        old = 1;
      }
    }
    if (bias != null) {
      maps.addiRowVector(bias);
    }
  }

  @Override
  void feedback(INDArray e, INDArray weights, INDArray f) {
    INDArray image = Nd4j.create(dataType, paddedShape(e.size(0)), 'f');
    INDArray errors = byMaps(e);
    for (int y = 0; y < shape.kernelHeight(); y++) {
      for (int x = 0; x < shape.kernelWidth(); x++) {
        INDArray seen = shifted(image, y, x);
        INDArray part = errors.mmul(weight(weights, y, x)).dup('f');
        seen.addi(part.reshape('f', seen.shape()));
      }
    }
    CheckedCopy.copy(inside(image), asImage(f));
  }

  @Override
  void addGradients(INDArray below, INDArray e) {
    INDArray image = padded(below);
    INDArray errors = byMaps(e);
    for (int y = 0; y < shape.kernelHeight(); y++) {
      for (int x = 0; x < shape.kernelWidth(); x++) {
        INDArray seen = rowsOfPixels(shifted(image, y, x).dup('f'));
        weight(weightGradients(), y, x).subi(errors.transpose().mmul(seen));
      }
    }
    if (layerConf().isHasBias()) {
      biasGradients().subi(errors.sum(true, 0));
    }
  }

  private static INDArray weight(INDArray weights, int y, int x) {
    return weights.get(all(), all(), point(y), point(x));
  }

  private long[] paddedShape(long rows) {
    long width = shape.column(shape.kernelWidth() - 1);
    width += shape.paddingLeft() + (shape.outWidth() - 1L) * shape.strideWidth() + 1;
    long height = shape.row(shape.outHeight() - 1, shape.kernelHeight() - 1) + 1L;
    height += shape.paddingTop();
    return new long[] {
      rows,
      Math.max(width, (long) shape.paddingLeft() + shape.width()),
      Math.max(height, (long) shape.paddingTop() + shape.height()),
      shape.channels()
    };
  }

  private INDArray padded(INDArray below) {
    INDArray image = Nd4j.create(dataType, paddedShape(below.size(0)), 'f');
    CheckedCopy.copy(asImage(below), inside(image));
    return image;
  }

  private INDArray asImage(INDArray rows) {
    return rows.reshape('f', rows.size(0), shape.width(), shape.height(), shape.channels());
  }

  private INDArray inside(INDArray image) {
    return image.get(
        all(),
        interval(shape.paddingLeft(), shape.paddingLeft() + shape.width()),
        interval(shape.paddingTop(), shape.paddingTop() + shape.height()),
        all());
  }

  /** What a weight of the kernel sees. */
  private INDArray shifted(INDArray image, int y, int x) {
    return image.get(
        all(),
        every(shape.strideWidth(), x * shape.dilationWidth(), shape.outWidth()),
        every(shape.strideHeight(), y * shape.dilationHeight(), shape.outHeight()),
        all());
  }

  private static INDArrayIndex every(int stride, int first, int count) {
    return stride == 1
        ? interval(first, first + count)
        : interval(first, stride, first + stride * (count - 1) + 1);
  }

  private static INDArray rowsOfPixels(INDArray image) {
    return image.reshape('f', image.length() / image.size(3), image.size(3));
  }

  private INDArray byMaps(INDArray neurons) {
    return neurons.reshape('f', neurons.length() / shape.maps(), shape.maps());
  }

  // DL4J's arrays. Its rows [batch * time] are those of courses: the samples of a step side by
  // side.

  @Override
  public void setInputMiniBatchSize(int size) {
    samples = size;
  }

  @Override
  long batch() {
    return input.rank() == 3 ? input.size(0) : samples;
  }

  @Override
  void requireInput(INDArray input) {
    boolean isSequence = input.rank() == 3 && input.size(1) == inputs();
    boolean isImages =
        input.rank() == 4
            && input.size(1) == shape.channels()
            && input.size(2) == shape.height()
            && input.size(3) == shape.width();
    if (!isSequence && !isImages) {
      throw new DL4JInvalidInputException(
          "GleConvolution got input of shape %s: images [batch * time, %d, %d, %d] or sequences [batch, %d, time] are allowed %s"
              .formatted(
                  Arrays.toString(input.shape()),
                  shape.channels(),
                  shape.height(),
                  shape.width(),
                  inputs(),
                  layerId()));
    }
    if (isImages && samples == 0) {
      throw new DL4JInvalidInputException(
          "GleConvolution cannot tell samples from time steps in input of shape %s, as DL4J's graphs do not say: put a CnnToRnnPreProcessor(%d, %d, %d) in front of it %s"
              .formatted(
                  Arrays.toString(input.shape()),
                  shape.height(),
                  shape.width(),
                  shape.channels(),
                  layerId()));
    }
    if (isImages && input.size(0) % samples != 0) {
      throw new DL4JInvalidInputException(
          "GleConvolution got input of shape %s: a multiple of the network's %d samples is allowed %s"
              .formatted(Arrays.toString(input.shape()), samples, layerId()));
    }
  }

  @Override
  INDArray sequence(INDArray array, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    if (array.rank() == 3) {
      return array.castTo(dataType);
    }
    long batch = batch();
    long time = array.size(0) / batch;
    long size = array.length() / array.size(0);
    boolean isPlain = array.ordering() == 'c' && array.elementWiseStride() == 1;
    INDArray images = (isPlain ? array : array.dup('c')).castTo(dataType);
    INDArray sequence = array(type, workspaceMgr, batch, size, time);
    CheckedCopy.copy(images.reshape('c', time, batch, size).permute(1, 2, 0), sequence);
    return sequence;
  }

  @Override
  INDArray output(INDArray sequence, LayerWorkspaceMgr workspaceMgr) {
    return images(
        sequence,
        ArrayType.ACTIVATIONS,
        workspaceMgr,
        shape.maps(),
        shape.outHeight(),
        shape.outWidth());
  }

  @Override
  INDArray likeInput(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    return input.rank() == 3
        ? sequence
        : images(sequence, type, workspaceMgr, shape.channels(), shape.height(), shape.width());
  }

  private INDArray images(
      INDArray sequence,
      ArrayType type,
      LayerWorkspaceMgr workspaceMgr,
      int channels,
      int height,
      int width) {
    long batch = sequence.size(0);
    long time = sequence.size(2);
    long[] allImages = {batch * time, channels, height, width};
    INDArray images = workspaceMgr.createUninitialized(type, dataType, allImages, 'c');
    CheckedCopy.copy(sequence.permute(2, 0, 1), images.reshape('c', time, batch, sequence.size(1)));
    return images;
  }

  /** A mask per step comes as [batch, time] or, from images, as [batch * time, 1, 1, 1]. */
  @Override
  public void setMaskArray(INDArray maskArray) {
    super.setMaskArray(
        maskArray != null && maskArray.rank() == 4
            ? maskArray.dup('f').reshape('f', samples, maskArray.length() / samples)
            : maskArray);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    if (maskArray != null) {
      samples = minibatchSize;
    }
    setMaskArray(maskArray);
    this.maskState = currentMaskState;
    INDArray perImage =
        maskArray == null || maskArray.rank() == 4
            ? maskArray
            : maskArray.dup('f').reshape('f', maskArray.length(), 1, 1, 1);
    return new Pair<>(perImage, currentMaskState);
  }
}

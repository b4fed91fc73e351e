// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.conf.GleConvolution;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;

/**
 * {@link GleConvolution} at run time: a patch of the input to every neuron. Takes rank 4 or
 * sequences of flattened images, gives rank 4.
 */
public final class GleConvolutionImpl extends BaseImageImpl<GleConvolution> {
  private final transient ConvolutionShape shape;

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
  InputType inputType() {
    return InputType.convolutional(shape.height(), shape.width(), shape.channels());
  }

  @Override
  InputType outputType() {
    return InputType.convolutional(shape.outHeight(), shape.outWidth(), shape.maps());
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
}

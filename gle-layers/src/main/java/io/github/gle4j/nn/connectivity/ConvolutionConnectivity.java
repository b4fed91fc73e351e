// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;

/**
 * A patch of the input to every neuron, the same weights for all neurons of a map: weights [maps,
 * channels, kernel height, kernel width] in 'c' order, biases [1, maps].
 */
public final class ConvolutionConnectivity extends WeightedConnectivity {
  private final ConvolutionProducts products;

  /**
   * For float on the CPU.
   *
   * @param shape sizes
   * @param batch number of samples
   * @param arrays parameters and gradients
   * @param scratch working memory, which layers may share that one thread advances
   */
  public ConvolutionConnectivity(
      ConvolutionShape shape, int batch, WeightArrays arrays, Scratch scratch) {
    super(
        shape.maps(),
        shape.outHeight() * shape.outWidth() * batch,
        (long) batch * shape.inputs(),
        arrays,
        scratch);
    products = new ConvolutionProducts(shape, batch, scratch);
  }

  /**
   * By ND4J's operations.
   *
   * @param shape sizes
   * @param arrays parameters and gradients
   * @return for any batch size
   */
  public static Connectivity<INDArray> reference(ConvolutionShape shape, WeightArrays arrays) {
    return new Reference(shape, arrays);
  }

  @Override
  void multiply(FloatPointer below, FloatPointer weights, FloatPointer currents) {
    products.forward(below, weights, currents);
  }

  @Override
  void multiplyBack(FloatPointer errors, FloatPointer weights, FloatPointer feedback) {
    products.feedback(errors, weights, feedback);
  }

  @Override
  void addGradient(
      FloatPointer below, FloatPointer errors, float scale, float old, FloatPointer gradients) {
    products.gradient(below, errors, scale, old, gradients);
  }

  // By ND4J's operations: a product for every weight of the kernel, whose inputs are a shifted
  // image. In 'f' order, [samples, channels * height * width] is [samples, width, height,
  // channels].
  private static final class Reference extends ReferenceConnectivity {
    private final ConvolutionShape shape;

    Reference(ConvolutionShape shape, WeightArrays arrays) {
      super(arrays);
      this.shape = shape;
    }

    @Override
    public void forward(INDArray from, INDArray current, boolean add) {
      INDArray image = padded(from);
      INDArray maps = byMaps(current);
      double old = add ? 1 : 0;
      for (int y = 0; y < shape.kernelHeight(); y++) {
        for (int x = 0; x < shape.kernelWidth(); x++) {
          INDArray seen = rowsOfPixels(shifted(image, y, x).dup('f'));
          INDArray weights = weight(arrays().weights(), y, x).dup('f');
          Nd4j.gemm(seen, weights, maps, false, true, 1, old);
          old = 1;
        }
      }
      addBias(maps);
    }

    @Override
    public void feedback(INDArray e, INDArray to, boolean add) {
      INDArray image = Nd4j.create(e.dataType(), paddedShape(e.size(0)), 'f');
      INDArray errors = byMaps(e);
      for (int y = 0; y < shape.kernelHeight(); y++) {
        for (int x = 0; x < shape.kernelWidth(); x++) {
          INDArray seen = shifted(image, y, x);
          INDArray part = errors.mmul(weight(arrays().feedbackWeights(), y, x)).dup('f');
          seen.addi(part.reshape('f', seen.shape()));
        }
      }
      if (add) {
        asImage(to).addi(inside(image));
      } else {
        CheckedCopy.copy(inside(image), asImage(to));
      }
    }

    @Override
    public void gradient(INDArray pre, INDArray post, boolean add) {
      INDArray image = padded(pre);
      INDArray errors = byMaps(post);
      if (!add) {
        arrays().weightGradients().assign(0);
      }
      for (int y = 0; y < shape.kernelHeight(); y++) {
        for (int x = 0; x < shape.kernelWidth(); x++) {
          INDArray seen = rowsOfPixels(shifted(image, y, x).dup('f'));
          weight(arrays().weightGradients(), y, x).subi(errors.transpose().mmul(seen));
        }
      }
      addBiasGradient(errors, add);
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
      INDArray image = Nd4j.create(below.dataType(), paddedShape(below.size(0)), 'f');
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
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

/**
 * The sizes of a convolution, along height and width, in pixels.
 *
 * @param channels number of input maps
 * @param height of the input
 * @param width of the input
 * @param maps number of output maps
 * @param outHeight height of the output
 * @param outWidth width of the output
 * @param kernelHeight height of the kernel
 * @param kernelWidth width of the kernel
 * @param strideHeight distance between neighbouring outputs
 * @param strideWidth distance between neighbouring outputs
 * @param paddingTop zeros above the input; as many as needed are below
 * @param paddingLeft zeros left of the input; as many as needed are right of it
 * @param dilationHeight distance between neighbouring weights
 * @param dilationWidth distance between neighbouring weights
 */
public record ConvolutionShape(
    int channels,
    int height,
    int width,
    int maps,
    int outHeight,
    int outWidth,
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int paddingTop,
    int paddingLeft,
    int dilationHeight,
    int dilationWidth) {

  /**
   * Number of inputs of a sample.
   *
   * @return channels times pixels
   */
  public int inputs() {
    return channels * height * width;
  }

  /**
   * Number of outputs of a sample.
   *
   * @return maps times pixels
   */
  public int outputs() {
    return maps * outHeight * outWidth;
  }

  /** Number of weights of an output. */
  int fanIn() {
    return channels * kernelHeight * kernelWidth;
  }

  /** The first output whose weight at {@code offset}, minus padding, is inside; per dimension. */
  private static int first(int offset, int stride) {
    return offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  }

  /** The row of the input that weight row {@code k} sees for output row {@code y}. */
  int row(int y, int k) {
    return y * strideHeight + k * dilationHeight - paddingTop;
  }

  /** The column of the input that weight column {@code k} sees for output column 0. */
  int column(int k) {
    return k * dilationWidth - paddingLeft;
  }

  /** The first output column for which weight column {@code k} is inside the input. */
  int firstColumn(int k) {
    return Math.min(outWidth, first(column(k), strideWidth));
  }

  /** Behind the last output column for which weight column {@code k} is inside the input. */
  int endColumn(int k) {
    int inside = width - column(k); // pixels from there to the edge
    int end = inside <= 0 ? 0 : (inside + strideWidth - 1) / strideWidth;
    return Math.max(firstColumn(k), Math.min(outWidth, end));
  }
}

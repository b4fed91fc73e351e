// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The products of a convolution by OpenBLAS, for floats on the CPU. Arrays are [channels, height,
 * width][samples], the samples of a pixel side by side; weights [maps][channels, kernel height,
 * kernel width].
 *
 * <p>The inputs of every output, unrolled, are the columns of a matrix whose product with the
 * weights is the convolution. Stretches of neighbouring pixels stay together in it, so that
 * unrolling copies long runs; and only a few rows of the image are unrolled at a time, so that they
 * stay in the processor's cache.
 */
final class ConvolutionProducts {
  /** Size of the unrolled inputs aimed at: half a megabyte. */
  private static final long CACHED = 1 << 17;

  private static final int FLOAT = Float.BYTES;

  private final ConvolutionShape shape;
  private final int samples;
  private final int tileRows;
  private final int tileColumns;
  private final FloatPointer columns;
  private final BytePointer bytesOfColumns;

  // What a product works on, kept here as closures over it would be garbage in every step.
  private final Tile forwardTile = this::forward;
  private final Tile feedbackTile = this::feedback;
  private final Tile gradientTile = this::gradient;
  private FloatPointer inputs;
  private long start;
  private FloatPointer outputs;
  private FloatPointer weights;
  private float scale;
  private float old;

  ConvolutionProducts(ConvolutionShape shape, int samples, Scratch scratch) {
    this.shape = shape;
    this.samples = samples;
    long pixel = (long) shape.fanIn() * samples;
    long row = pixel * shape.outWidth();
    tileRows = (int) Math.max(1, Math.min(shape.outHeight(), CACHED / row));
    tileColumns =
        row <= 4 * CACHED
            ? shape.outWidth()
            : (int) Math.max(1, Math.min(shape.outWidth(), CACHED / pixel));
    columns = scratch.memory("columns", pixel * tileRows * tileColumns);
    bytesOfColumns = new BytePointer(columns);
  }

  /** A part of the output: some rows of full width, or a part of one row. */
  @FunctionalInterface
  private interface Tile {
    /**
     * Computes it.
     *
     * @param height number of its values in one map, samples included
     * @param at of the first of them in a map
     */
    void compute(int y, int endY, int x, int endX, int height, long at);
  }

  private void forTiles(Tile tile) {
    for (int y = 0; y < shape.outHeight(); y += tileRows) {
      int endY = Math.min(y + tileRows, shape.outHeight());
      for (int x = 0; x < shape.outWidth(); x += tileColumns) {
        int endX = Math.min(x + tileColumns, shape.outWidth());
        int height = (endY - y) * (endX - x) * samples;
        tile.compute(y, endY, x, endX, height, ((long) y * shape.outWidth() + x) * samples);
      }
    }
  }

  /** Number of values in an output map. */
  private int mapSize() {
    return shape.outHeight() * shape.outWidth() * samples;
  }

  /**
   * Computes {@code W r}.
   *
   * @param below [inputs][samples]
   * @param currents out: [outputs][samples]
   */
  void forward(FloatPointer below, FloatPointer weights, FloatPointer currents) {
    use(below, weights, currents);
    forTiles(forwardTile);
    currents.position(0);
  }

  private void use(FloatPointer inputsNow, FloatPointer weightsNow, FloatPointer outputsNow) {
    inputs = inputsNow;
    start = inputsNow.position();
    weights = weightsNow;
    outputs = outputsNow;
  }

  private void forward(int y, int endY, int x, int endX, int height, long at) {
    unroll(y, endY, x, endX, height);
    Blas.multiply(
        false,
        false,
        height,
        shape.maps(),
        shape.fanIn(),
        1,
        columns,
        height,
        weights,
        shape.fanIn(),
        0,
        outputs.position(at),
        mapSize());
  }

  /**
   * Computes {@code W^T e}.
   *
   * @param errors [outputs][samples]
   * @param feedback out: [inputs][samples]
   */
  void feedback(FloatPointer errors, FloatPointer weights, FloatPointer feedback) {
    NativeFloats.require(feedback.position(0), (long) shape.inputs() * samples);
    Pointer.memset(feedback, 0, (long) shape.inputs() * samples * FLOAT);
    use(feedback, weights, errors);
    forTiles(feedbackTile);
    errors.position(0);
    feedback.position(0);
  }

  private void feedback(int y, int endY, int x, int endX, int height, long at) {
    Blas.multiply(
        false,
        true,
        height,
        shape.fanIn(),
        shape.maps(),
        1,
        outputs.position(at),
        mapSize(),
        weights,
        shape.fanIn(),
        0,
        columns,
        height);
    addRolled(y, endY, x, endX, height);
  }

  /**
   * Computes the sum over samples of errors times inputs.
   *
   * @param below [inputs][samples]
   * @param errors [outputs][samples]
   * @param factor of the sum
   * @param oldFactor of the gradients that are there
   * @param gradients changed: as weights
   */
  void gradient(
      FloatPointer below,
      FloatPointer errors,
      float factor,
      float oldFactor,
      FloatPointer gradients) {
    use(below, gradients, errors);
    scale = factor;
    old = oldFactor;
    forTiles(gradientTile);
    errors.position(0);
  }

  private void gradient(int y, int endY, int x, int endX, int height, long at) {
    unroll(y, endY, x, endX, height);
    Blas.multiply(
        true,
        false,
        shape.fanIn(),
        shape.maps(),
        height,
        scale,
        columns,
        height,
        outputs.position(at),
        mapSize(),
        at == 0 ? old : 1,
        weights,
        shape.fanIn());
  }

  /** Writes the inputs of a tile, [channels, kernel height, kernel width][height]. */
  private void unroll(int y, int endY, int x, int endX, int height) {
    long to = 0;
    for (int c = 0; c < shape.channels(); c++) {
      for (int ky = 0; ky < shape.kernelHeight(); ky++) {
        for (int kx = 0; kx < shape.kernelWidth(); kx++, to += height) {
          int first = Math.min(endX, Math.max(x, shape.firstColumn(kx)));
          int end = Math.max(first, Math.min(endX, shape.endColumn(kx)));
          long at = to;
          for (int row = y; row < endY; row++, at += (long) (endX - x) * samples) {
            int inputRow = shape.row(row, ky);
            if (inputRow < 0 || inputRow >= shape.height() || first == end) {
              zero(at, endX - x);
              continue;
            }
            zero(at, first - x);
            long from = start + pixel(c, inputRow, first * shape.strideWidth() + shape.column(kx));
            if (shape.strideWidth() == 1) {
              copy(inputs.position(from), at + (long) (first - x) * samples, end - first);
            } else {
              for (int column = first; column < end; column++) {
                copy(inputs.position(from), at + (long) (column - x) * samples, 1);
                from += (long) shape.strideWidth() * samples;
              }
            }
            zero(at + (long) (end - x) * samples, endX - end);
          }
        }
      }
    }
    columns.position(0);
    inputs.position(start);
  }

  private void zero(long at, int pixels) {
    if (pixels > 0) {
      NativeFloats.require(columns.position(at), (long) pixels * samples);
      Pointer.memset(bytesOfColumns.position(at * FLOAT), 0, (long) pixels * samples * FLOAT);
    }
  }

  private void copy(FloatPointer from, long at, int pixels) {
    Blas.copy(pixels * samples, from, columns.position(at));
  }

  /** Adds what belongs to the inputs of a tile, laid out as by {@link #unroll}, to the inputs. */
  private void addRolled(int y, int endY, int x, int endX, int height) {
    long from = 0;
    for (int c = 0; c < shape.channels(); c++) {
      for (int ky = 0; ky < shape.kernelHeight(); ky++) {
        for (int kx = 0; kx < shape.kernelWidth(); kx++, from += height) {
          int first = Math.min(endX, Math.max(x, shape.firstColumn(kx)));
          int end = Math.max(first, Math.min(endX, shape.endColumn(kx)));
          long at = from + (long) (first - x) * samples;
          for (int row = y; row < endY; row++, at += (long) (endX - x) * samples) {
            int inputRow = shape.row(row, ky);
            if (inputRow < 0 || inputRow >= shape.height() || first == end) {
              continue;
            }
            long to = pixel(c, inputRow, first * shape.strideWidth() + shape.column(kx));
            if (shape.strideWidth() == 1) {
              add(at, inputs.position(to), end - first);
            } else {
              for (int column = first; column < end; column++) {
                add(at + (long) (column - first) * samples, inputs.position(to), 1);
                to += (long) shape.strideWidth() * samples;
              }
            }
          }
        }
      }
    }
    columns.position(0);
  }

  private void add(long at, FloatPointer sum, int pixels) {
    Blas.add(pixels * samples, columns.position(at), sum);
  }

  private long pixel(int channel, int row, int column) {
    return (((long) channel * shape.height() + row) * shape.width() + column) * samples;
  }
}

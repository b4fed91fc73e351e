// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import static io.github.gle4j.nn.connectivity.NativeFloats.require;
import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sasum;
import static org.bytedeco.openblas.global.openblas.cblas_saxpy;
import static org.bytedeco.openblas.global.openblas.cblas_scopy;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas.cblas_sgemv;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * OpenBLAS's routines, which believe every size they are told: here each is compared with the
 * memory first, so that a mistake in sizes, wherever it comes from, ends in an exception and not in
 * foreign memory. Matrices are columns side by side. Nothing is allocated.
 */
public final class Blas {
  private Blas() {}

  /**
   * How many threads share a product.
   *
   * @return what ND4J has set, by OMP_NUM_THREADS or the number of processors
   */
  public static int threads() {
    return openblas.blas_get_num_threads();
  }

  /**
   * {@code c = scale a b + old c}, where a or b may be transposed, on matrices without gaps.
   *
   * @param transA whether a is [inner, rows] instead of [rows, inner]
   * @param transB whether b is [columns, inner] instead of [inner, columns]
   * @param rows height of c
   * @param columns width of c
   * @param inner what the product sums over
   * @param scale factor of the product
   * @param a left factor
   * @param b right factor
   * @param old factor of the values that are there
   * @param c changed: [rows, columns]
   * @throws IllegalArgumentException when one of them is smaller than that
   */
  public static void multiply(
      boolean transA,
      boolean transB,
      int rows,
      int columns,
      int inner,
      float scale,
      FloatPointer a,
      FloatPointer b,
      float old,
      FloatPointer c) {
    int strideA = transA ? inner : rows;
    int strideB = transB ? columns : inner;
    multiply(transA, transB, rows, columns, inner, scale, a, strideA, b, strideB, old, c, rows);
  }

  /** The same where columns have gaps: each begins so many values after the one before. */
  static void multiply(
      boolean transA,
      boolean transB,
      int rows,
      int columns,
      int inner,
      float scale,
      FloatPointer a,
      int strideA,
      FloatPointer b,
      int strideB,
      float old,
      FloatPointer c,
      int strideC) {
    requireMatrix(a, transA ? inner : rows, transA ? rows : inner, strideA);
    requireMatrix(b, transB ? columns : inner, transB ? inner : columns, strideB);
    requireMatrix(c, rows, columns, strideC);
    cblas_sgemm(
        CblasColMajor,
        transA ? CblasTrans : CblasNoTrans,
        transB ? CblasTrans : CblasNoTrans,
        rows,
        columns,
        inner,
        scale,
        a,
        strideA,
        b,
        strideB,
        old,
        c,
        strideC);
  }

  /** {@code sums = scale (sum of each column) + old sums}; {@code ones} are as many as rows. */
  static void sumColumns(
      int rows,
      int columns,
      float scale,
      FloatPointer matrix,
      FloatPointer ones,
      float old,
      FloatPointer sums) {
    requireMatrix(matrix, rows, columns, rows);
    require(ones, rows);
    require(sums, columns);
    cblas_sgemv(
        CblasColMajor, CblasTrans, rows, columns, scale, matrix, rows, ones, 1, old, sums, 1);
  }

  /** The sum of absolute values. */
  static float sumOfSizes(int count, FloatPointer values) {
    require(values, count);
    return cblas_sasum(count, values, 1);
  }

  /** {@code to = from}. */
  static void copy(int count, FloatPointer from, FloatPointer to) {
    require(from, count);
    require(to, count);
    cblas_scopy(count, from, 1, to, 1);
  }

  /** {@code to += from}. */
  static void add(int count, FloatPointer from, FloatPointer to) {
    require(from, count);
    require(to, count);
    cblas_saxpy(count, 1, from, 1, to, 1);
  }

  private static void requireMatrix(FloatPointer memory, int height, int width, int stride) {
    if (height < 0 || width < 0 || stride < height) {
      throw new IllegalArgumentException(
          "a matrix of " + height + " x " + width + ", columns " + stride + " apart");
    }
    require(memory, height == 0 || width == 0 ? 0 : (width - 1L) * stride + height);
  }
}

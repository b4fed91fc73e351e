// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * The three matrix products that every dense layer needs in a training step, forward, feedback and
 * gradient, and nothing else: the floor of a step's time.
 */
final class MatrixProducts {
  private final int batch;
  private final int[] sizes;
  private final FloatPointer[] rates;
  private final FloatPointer[] errors;
  private final FloatPointer[] weights;
  private final FloatPointer[] gradients;

  MatrixProducts(MultiLayerNetwork network, int batch) {
    this.batch = batch;
    int layers = network.getnLayers() - 1;
    sizes = new int[layers + 1];
    sizes[0] = network.layerInputSize(0);
    rates = new FloatPointer[layers + 1];
    errors = new FloatPointer[layers + 1];
    weights = new FloatPointer[layers];
    gradients = new FloatPointer[layers];
    Random random = new Random(1);
    for (int l = 0; l <= layers; l++) {
      sizes[l] = l == 0 ? sizes[0] : network.layerSize(l - 1);
      rates[l] = random(random, batch * sizes[l]);
      errors[l] = random(random, batch * sizes[l]);
      if (l > 0) {
        weights[l - 1] = random(random, sizes[l - 1] * sizes[l]);
        gradients[l - 1] = random(random, sizes[l - 1] * sizes[l]);
      }
    }
  }

  private static FloatPointer random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return new FloatPointer(values);
  }

  void run(int steps) {
    for (int step = 0; step < steps; step++) {
      for (int l = 0; l < weights.length; l++) {
        int in = sizes[l];
        int out = sizes[l + 1];
        multiply(CblasNoTrans, CblasNoTrans, batch, out, in, rates[l], weights[l], rates[l + 1]);
        multiply(CblasNoTrans, CblasTrans, batch, in, out, errors[l + 1], weights[l], errors[l]);
        multiply(CblasTrans, CblasNoTrans, in, out, batch, rates[l], errors[l + 1], gradients[l]);
      }
    }
  }

  private static void multiply(
      int transA,
      int transB,
      int rows,
      int columns,
      int inner,
      FloatPointer a,
      FloatPointer b,
      FloatPointer c) {
    int heightA = transA == CblasTrans ? inner : rows;
    int heightB = transB == CblasTrans ? columns : inner;
    cblas_sgemm(
        CblasColMajor,
        transA,
        transB,
        rows,
        columns,
        inner,
        0.1f, // keeps the values of repeated products from growing
        a,
        heightA,
        b,
        heightB,
        0,
        c,
        rows);
  }
}

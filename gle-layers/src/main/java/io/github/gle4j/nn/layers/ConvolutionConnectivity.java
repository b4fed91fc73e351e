// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static org.bytedeco.openblas.global.openblas.CblasColMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_sasum;
import static org.bytedeco.openblas.global.openblas.cblas_sgemv;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A patch of the input to every neuron, the same weights for all neurons of a map. */
final class ConvolutionConnectivity implements Connectivity {
  private final ConvolutionShape shape;
  private final int mapSize; // samples included
  private final ConvolutionProducts products;
  private final FloatPointer weights;
  private final FloatPointer feedbackWeights;
  private final FloatPointer weightGradients;
  private final FloatPointer biases; // null: none
  private final FloatPointer biasGradients;
  private final float[] bias;
  private final FloatPointer currents;
  private final FloatPointer errors;
  private final FloatPointer feedback;
  private final FloatPointer ones;

  /**
   * Works on these arrays.
   *
   * @param weights [maps, channels, kernel height, kernel width] in 'c' order
   * @param feedbackWeights what carries errors down, as weights, or the weights themselves
   * @param weightGradients as weights; null: only {@link #forward} and {@link #feedback} are called
   * @param biases [1, maps], or null
   * @param biasGradients as biases; null with weightGradients
   */
  ConvolutionConnectivity(
      ConvolutionShape shape,
      int batch,
      INDArray weights,
      INDArray feedbackWeights,
      INDArray weightGradients,
      INDArray biases,
      INDArray biasGradients,
      Scratch scratch) {
    this.shape = shape;
    mapSize = shape.outHeight() * shape.outWidth() * batch;
    products = new ConvolutionProducts(shape, batch, scratch);
    this.weights = NativeFloats.of(weights);
    this.feedbackWeights = NativeFloats.of(feedbackWeights);
    this.weightGradients = weightGradients == null ? null : NativeFloats.of(weightGradients);
    this.biases = biases == null ? null : NativeFloats.of(biases);
    this.biasGradients = biasGradients == null ? null : NativeFloats.of(biasGradients);
    bias = new float[shape.maps()];
    currents = scratch.memory("currents", (long) batch * shape.outputs());
    errors = scratch.memory("errors", (long) batch * shape.outputs());
    feedback = scratch.memory("feedback", (long) batch * shape.inputs());
    ones = NativeFloats.ones(mapSize);
    parametersChanged();
  }

  @Override
  public void parametersChanged() {
    if (biases != null) {
      biases.get(bias);
    }
  }

  @Override
  public void forward(FloatPointer below, float[] current) {
    products.forward(below, weights, currents);
    currents.get(current);
    if (biases != null) {
      for (int map = 0; map < shape.maps(); map++) {
        DenseConnectivity.add(bias[map], current, map * mapSize, (map + 1) * mapSize);
      }
    }
  }

  @Override
  public void feedback(float[] e, float[] f) {
    errors.put(e);
    products.feedback(errors, feedbackWeights, feedback);
    feedback.get(f);
  }

  @Override
  public void gradient(FloatPointer below, float scale, boolean add) {
    float old = add ? 1 : 0;
    products.gradient(below, errors, scale, old, weightGradients);
    if (biases != null) {
      cblas_sgemv(
          CblasColMajor,
          CblasTrans,
          mapSize,
          shape.maps(),
          scale,
          errors,
          mapSize,
          ones,
          1,
          old,
          biasGradients,
          1);
    }
  }

  @Override
  public float sizeOfCurrents() {
    float size = cblas_sasum(shape.maps() * mapSize, currents, 1);
    return biases == null ? size : size + mapSize * cblas_sasum(shape.maps(), biases, 1);
  }

  @Override
  public float sizeOfErrors() {
    return cblas_sasum(shape.maps() * mapSize, errors, 1);
  }

  @Override
  public float sizeOfGradients() {
    float size = cblas_sasum(shape.maps() * shape.fanIn(), weightGradients, 1);
    return biases == null ? size : size + cblas_sasum(shape.maps(), biasGradients, 1);
  }
}

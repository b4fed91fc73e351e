// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;

/**
 * DL4J's {@link SubsamplingLayer} without padding, for images [channels, height, width][batch] in
 * Java: the largest, or the mean, of each window. Of several largest values the first one, row by
 * row, gets the error. It holds what went up last.
 */
final class Pooling {
  private final SubsamplingLayer conf;
  private final boolean isMax;
  private final int channels;
  private final int height;
  private final int width;
  private final int outHeight;
  private final int outWidth;
  private final int batch;
  private final float[] above;
  private final float[] below;
  private float[] rates;

  // One pixel's samples each: the JVM vectorises loops that use one index for all arrays.
  private final float[] run;
  private final float[] result;
  private final float[] rest;
  private final float[] sum;

  private Pooling(
      SubsamplingLayer conf,
      InputType.InputTypeConvolutional in,
      InputType.InputTypeConvolutional out,
      int batch) {
    this.conf = conf;
    this.batch = batch;
    isMax = conf.getPoolingType() == PoolingType.MAX;
    channels = (int) in.getChannels();
    height = (int) in.getHeight();
    width = (int) in.getWidth();
    outHeight = (int) out.getHeight();
    outWidth = (int) out.getWidth();
    above = new float[Math.multiplyExact(channels * outHeight * outWidth, batch)];
    below = new float[Math.multiplyExact(channels * height * width, batch)];
    run = new float[batch];
    result = new float[batch];
    rest = new float[batch];
    sum = new float[batch];
  }

  /** The pooling that a layer does; empty when this class does not know it. */
  static Optional<Pooling> of(Layer layer, InputType input, int batch) {
    if (layer.getClass() == SubsamplingLayer.class
        && input instanceof InputType.InputTypeConvolutional in) {
      SubsamplingLayer conf = (SubsamplingLayer) layer;
      boolean isKnown =
          (conf.getPoolingType() == PoolingType.MAX || conf.getPoolingType() == PoolingType.AVG)
              && conf.getCnn2dDataFormat() == CNN2DFormat.NCHW
              && conf.getConvolutionMode() != ConvolutionMode.Same
              && Arrays.stream(conf.getPadding()).allMatch(padding -> padding == 0)
              && Arrays.stream(conf.getDilation()).allMatch(dilation -> dilation == 1);
      if (isKnown) {
        InputType out = conf.getOutputType(-1, in);
        return Optional.of(new Pooling(conf, in, (InputType.InputTypeConvolutional) out, batch));
      }
    }
    return Optional.empty();
  }

  /** What goes up; the rates must not change until {@link #down}. */
  float[] up(float[] newRates) {
    rates = newRates;
    forWindows(isMax ? this::largest : this::mean);
    return above;
  }

  /** What goes down. */
  float[] down(float[] errors) {
    Arrays.fill(below, 0);
    forWindows((from, to) -> spread(errors, from, to));
    return below;
  }

  /** One window. */
  @FunctionalInterface
  private interface Window {
    void compute(int from, int to);
  }

  private void forWindows(Window window) {
    int to = 0;
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < outHeight; y++) {
        for (int x = 0; x < outWidth; x++, to += batch) {
          int corner = (c * height + y * conf.getStride()[0]) * width + x * conf.getStride()[1];
          window.compute(corner * batch, to);
        }
      }
    }
  }

  private int windowHeight() {
    return conf.getKernelSize()[0];
  }

  private int windowWidth() {
    return conf.getKernelSize()[1];
  }

  private void largest(int from, int to) {
    System.arraycopy(rates, from, result, 0, batch);
    for (int y = 0; y < windowHeight(); y++) {
      for (int x = 0; x < windowWidth(); x++) {
        System.arraycopy(rates, from + (y * width + x) * batch, run, 0, batch);
        for (int i = 0; i < run.length; i++) {
          result[i] = Math.max(result[i], run[i]);
        }
      }
    }
    System.arraycopy(result, 0, above, to, batch);
  }

  private void mean(int from, int to) {
    Arrays.fill(result, 0);
    for (int y = 0; y < windowHeight(); y++) {
      for (int x = 0; x < windowWidth(); x++) {
        System.arraycopy(rates, from + (y * width + x) * batch, run, 0, batch);
        for (int i = 0; i < run.length; i++) {
          result[i] += run[i];
        }
      }
    }
    float share = share();
    for (int i = 0; i < result.length; i++) {
      result[i] *= share;
    }
    System.arraycopy(result, 0, above, to, batch);
  }

  private float share() {
    return 1f / (windowHeight() * windowWidth());
  }

  private void spread(float[] errors, int from, int to) {
    System.arraycopy(errors, to, rest, 0, batch);
    System.arraycopy(above, to, result, 0, batch);
    float share = share();
    for (int y = 0; y < windowHeight(); y++) {
      for (int x = 0; x < windowWidth(); x++) {
        int at = from + (y * width + x) * batch;
        if (isMax) {
          System.arraycopy(rates, at, run, 0, batch);
          takeWhereLargest();
        } else {
          for (int i = 0; i < run.length; i++) {
            run[i] = share * rest[i];
          }
        }
        add(at);
      }
    }
  }

  /** What is left of the error goes to a value, read from {@code run}, if it is the largest. */
  private void takeWhereLargest() {
    for (int i = 0; i < run.length; i++) {
      float isLargest = 1 - Math.min(1, (result[i] - run[i]) * Float.MAX_VALUE);
      float taken = isLargest * rest[i];
      run[i] = taken;
      rest[i] -= taken;
    }
  }

  /** Windows may overlap. */
  private void add(int at) {
    System.arraycopy(below, at, sum, 0, batch);
    for (int i = 0; i < run.length; i++) {
      sum[i] += run[i];
    }
    System.arraycopy(sum, 0, below, at, batch);
  }
}

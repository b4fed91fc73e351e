// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Arrays;

/** {@link ArrayMath} in loops over Java arrays, [values][batch]. */
public final class FloatArrays implements ArrayMath<float[]> {
  /** The only instance. */
  public static final FloatArrays INSTANCE = new FloatArrays();

  private FloatArrays() {}

  @Override
  public float[] zeros(int size, int batch) {
    return new float[Math.multiplyExact(size, batch)];
  }

  @Override
  public void copy(float[] from, float[] to) {
    requireEqual(from, to);
    System.arraycopy(from, 0, to, 0, to.length);
  }

  @Override
  public void fill(double value, float[] to) {
    Arrays.fill(to, (float) value);
  }

  @Override
  public void sum(float[] a, double factor, float[] b, float[] to) {
    float f = (float) factor;
    for (int i = 0; i < to.length; i++) {
      to[i] = a[i] + f * b[i];
    }
  }

  @Override
  public void product(float[] a, float[] b, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = a[i] * b[i];
    }
  }

  @Override
  public void scale(double factor, float[] a, float[] to) {
    float f = (float) factor;
    for (int i = 0; i < to.length; i++) {
      to[i] = f * a[i];
    }
  }

  @Override
  public void multiply(float[] a, float[] constant, float[] to) {
    int group = to.length / constant.length;
    for (int n = 0; n < constant.length; n++) {
      float c = constant[n];
      for (int i = n * group; i < (n + 1) * group; i++) {
        to[i] = a[i] * c;
      }
    }
  }

  @Override
  public void divide(float[] a, float[] constant, float[] to) {
    int group = to.length / constant.length;
    for (int n = 0; n < constant.length; n++) {
      float c = constant[n];
      for (int i = n * group; i < (n + 1) * group; i++) {
        to[i] = a[i] / c;
      }
    }
  }

  @Override
  public void hold(float[] mask, float[] before, float[] after) {
    for (int i = 0; i < after.length; i++) {
      float passed = mask[i % mask.length];
      after[i] = passed == 0 ? before[i] : passed * after[i] + (1 - passed) * before[i];
    }
  }

  @Override
  public void clear(float[] mask, float[] values) {
    for (int i = 0; i < values.length; i++) {
      float passed = mask[i % mask.length];
      values[i] = passed == 0 ? 0 : passed * values[i]; // a product would keep what is not finite
    }
  }

  @Override
  public void hide(float[] mask, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = mask[i % mask.length] == 0 ? 0 : values[i];
    }
  }

  @Override
  public float[] samples(float[] from, int batch, int[] rows) {
    int size = from.length / batch;
    float[] samples = new float[Math.multiplyExact(size, rows.length)];
    for (int n = 0; n < size; n++) {
      for (int i = 0; i < rows.length; i++) {
        samples[n * rows.length + i] = from[n * batch + rows[i]];
      }
    }
    return samples;
  }

  @Override
  public long firstNonFinite(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }

  private static void requireEqual(float[] from, float[] to) {
    if (from.length != to.length) {
      throw new IllegalArgumentException(
          "cannot copy " + from.length + " values into an array of " + to.length);
    }
  }
}

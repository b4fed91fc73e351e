// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import java.util.function.IntSupplier;
import org.apache.commons.math3.random.MersenneTwister;

/**
 * The random numbers of NumPy's legacy {@code np.random.seed(seed)} stream.
 *
 * <p>Only the 32-bit words come from commons-math: its own doubles, Gaussians and bounded integers
 * are made differently.
 */
final class NumpyRandom {
  private final IntSupplier words;
  private double cachedGaussian;
  private boolean hasCachedGaussian;

  /**
   * The stream of a seed.
   *
   * @param seed 0 or more: commons-math sign-extends a negative seed, NumPy does not
   */
  NumpyRandom(int seed) {
    this(new MersenneTwister(seed)::nextInt);
  }

  NumpyRandom(IntSupplier words) {
    this.words = words;
  }

  /** A number in [0, 1) with 53 random bits, the high part drawn first. */
  double uniform() {
    int high = words.getAsInt() >>> 5;
    int low = words.getAsInt() >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /** A standard normal number by the polar method, which makes two at a time and keeps one. */
  double gaussian() {
    if (hasCachedGaussian) {
      hasCachedGaussian = false;
      return cachedGaussian;
    }
    double first;
    double second;
    double squaredRadius;
    do {
      first = 2 * uniform() - 1;
      second = 2 * uniform() - 1;
      squaredRadius = first * first + second * second;
    } while (squaredRadius >= 1 || squaredRadius == 0);
    // StrictMath, so that every JVM makes the same bits.
    double factor = Math.sqrt(-2.0 * StrictMath.log(squaredRadius) / squaredRadius);
    cachedGaussian = factor * first;
    hasCachedGaussian = true;
    return factor * second;
  }

  /** An integer in [0, bound), uniform by rejection; a bound of 1 draws nothing. */
  int below(int bound) {
    int largest = bound - 1;
    if (largest == 0) {
      return 0;
    }
    int mask = -1 >>> Integer.numberOfLeadingZeros(largest);
    int value;
    do {
      value = words.getAsInt() & mask;
    } while (value > largest);
    return value;
  }

  /** The numbers 0 to size - 1 in random order. */
  int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    for (int i = size - 1; i > 0; i--) {
      int j = below(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }
}

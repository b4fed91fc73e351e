// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.math3.random.MersenneTwister;
import org.junit.jupiter.api.Test;

/** Holds the random numbers to what NumPy's legacy generator gives. */
class NumpyRandomTest {
  private final NumpyRandom random = new NumpyRandom(42);

  @Test
  void wordsAreThoseOfTheSeed() {
    long[] words = words(42, 627);
    assertArrayEquals(
        new long[] {1608637542L, 3421126067L, 4083286876L, 787846414L, 3143890026L, 3348747335L},
        Arrays.copyOf(words, 6));
    assertArrayEquals(
        new long[] {108880612L, 791707097L, 4134543476L}, Arrays.copyOfRange(words, 624, 627));
  }

  @Test
  void theLargestSeedIsSeededLikeNumpy() {
    assertArrayEquals(
        new long[] {1689602031L, 3831148394L, 2820341149L}, words(Integer.MAX_VALUE, 3));
  }

  @Test
  void uniformNumbers() {
    assertArrayEquals(
        new double[] {
          0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366
        },
        four(random::uniform));
  }

  @Test
  void gaussianNumbers() {
    // Math.ulp: the C library's logarithm may differ in the last bit.
    assertArrayEquals(
        new double[] {
          0.4967141530112327, -0.13826430117118466, 0.6476885381006925, 1.5230298564080254
        },
        four(random::gaussian),
        Math.ulp(1.5));
  }

  @Test
  void boundedIntegersTakeOneWordPerTry() {
    Counter words = new Counter(42);
    NumpyRandom counted = new NumpyRandom(words::next);
    assertArrayEquals(
        new int[] {38, 28, 14, 42, 7, 20, 38, 18, 22, 10, 10, 23},
        IntStream.range(0, 12).map(i -> counted.below(48)).toArray());
    assertEquals(15, words.count());
  }

  @Test
  void aSingleChoiceDrawsNothing() {
    Counter words = new Counter(42);
    assertEquals(0, new NumpyRandom(words::next).below(1));
    assertEquals(0, words.count());
  }

  @Test
  void permutations() {
    Counter words = new Counter(42);
    assertArrayEquals(
        new int[] {8, 1, 5, 0, 7, 2, 9, 4, 3, 6}, new NumpyRandom(words::next).permutation(10));
    assertEquals(10, words.count());
    assertArrayEquals(
        new int[] {7, 10, 2, 5, 0, 1, 11, 8, 3, 6, 9, 4}, new NumpyRandom(7).permutation(12));
  }

  /** Words of a seed, counted. */
  static final class Counter {
    private final MersenneTwister words;
    private int count;

    Counter(int seed) {
      words = new MersenneTwister(seed);
    }

    int next() {
      count++;
      return words.nextInt();
    }

    int count() {
      return count;
    }
  }

  private static long[] words(int seed, int size) {
    Counter words = new Counter(seed);
    return IntStream.range(0, size).mapToLong(i -> Integer.toUnsignedLong(words.next())).toArray();
  }

  private static double[] four(DoubleSupplier numbers) {
    return DoubleStream.generate(numbers).limit(4).toArray();
  }
}

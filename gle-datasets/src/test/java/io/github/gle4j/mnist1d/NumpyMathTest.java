// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Expected values were printed by NumPy and SciPy. */
class NumpyMathTest {
  @Test
  void linspaceStepsFromTheStartAndEndsExactly() {
    double[] numbers = NumpyMath.linspace(-0.5, 0.5, 72);
    assertEquals(-0.5, numbers[0]);
    assertEquals(35 * (1.0 / 71) - 0.5, numbers[35]);
    assertEquals(0.5, numbers[71]);
  }

  @Test
  void interpolationUpAndDown() {
    double[] values = {0, 3, -1, 2};
    assertArrayEquals(
        new double[] {0, 1.5, 3, 1, -1, 0.49999999999999933, 2}, NumpyMath.interpolate(values, 7));
    assertArrayEquals(new double[] {0, 2}, NumpyMath.interpolate(values, 2));
    assertArrayEquals(values, NumpyMath.interpolate(values, 4));
  }

  @Test
  void smoothingMirrorsASignalShorterThanTheKernel() {
    assertArrayEquals(
        new double[] {0.8328503828241156, 0.9995809866127315, 1.1675686305631527},
        NumpyMath.smooth(new double[] {1, -2, 4}),
        1e-15);
  }

  @Test
  void smoothingKeepsAConstant() {
    double[] ones = new double[30];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, NumpyMath.smooth(ones), 1e-15);
  }

  @Test
  void sumsAreMadeInPairsAndBlocks() {
    double[] roots = IntStream.range(0, 20000).mapToDouble(Math::sqrt).toArray();
    // One sum without blocks, and a plain loop, give 1885547.164894411.
    assertEquals(1885547.1648944109, NumpyMath.sum(roots));
    assertEquals(982.2469261411574, NumpyMath.sum(Arrays.copyOf(roots, 130)));
    assertEquals(6.146264369941973, NumpyMath.sum(Arrays.copyOf(roots, 5)));
  }

  @Test
  void meanAndPopulationDeviation() {
    double[] values = {1, 3, 5, 7};
    assertEquals(4, NumpyMath.mean(values));
    assertEquals(Math.sqrt(5), NumpyMath.standardDeviation(values, 4));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rejected option, next to a close one that is allowed. */
class Mnist1dOptionsTest {
  static Stream<Arguments> options() {
    return Stream.of(
        row("samples = 9: 10 or more allowed", b -> b.samples(9), b -> b.samples(10)),
        row(
            "samples = 53687092: at most 53687090 of length 40 allowed",
            b -> b.samples(53687092),
            b -> b.samples(53687090)),
        row(
            "trainFraction = 0.0: 0 < x < 1 allowed",
            b -> b.trainFraction(0),
            b -> b.trainFraction(0.001)),
        row(
            "trainFraction = 1.0: 0 < x < 1 allowed",
            b -> b.trainFraction(1),
            b -> b.trainFraction(Math.nextDown(1.0))),
        row(
            "trainFraction = NaN: 0 < x < 1 allowed",
            b -> b.trainFraction(Double.NaN),
            b -> b.trainFraction(0.5)),
        row(
            "trainFraction = 0.05: at least 1 / 10 allowed",
            b -> b.samples(19).trainFraction(0.05),
            b -> b.samples(19).trainFraction(0.1)),
        row(
            "templateLength = 1: 2 to 1000000 allowed",
            b -> b.templateLength(1),
            b -> b.templateLength(2)),
        row(
            "templateLength = 1000001: 2 to 1000000 allowed",
            b -> b.templateLength(1000001),
            b -> b.templateLength(1000000)),
        row(
            "padding = 37 to 36: 0 <= minimum <= maximum <= 1000000 allowed",
            b -> b.padding(37, 36),
            b -> b.padding(36, 36)),
        row(
            "padding = -1 to 60: 0 <= minimum <= maximum <= 1000000 allowed",
            b -> b.padding(-1, 60),
            b -> b.padding(0, 60)),
        row(
            "padding = 0 to 1000001: 0 <= minimum <= maximum <= 1000000 allowed",
            b -> b.padding(0, 1000001),
            b -> b.padding(0, 1000000)),
        notNegative("scale", Mnist1d.Builder::scale),
        infinite("scale", Mnist1d.Builder::scale),
        row(
            "maxTranslation = 0: 1 to 72 allowed",
            b -> b.maxTranslation(0),
            b -> b.maxTranslation(1)),
        row(
            "maxTranslation = 73: 1 to 72 allowed",
            b -> b.maxTranslation(73),
            b -> b.maxTranslation(72)),
        notNegative("correlatedNoise", Mnist1d.Builder::correlatedNoise),
        infinite("correlatedNoise", Mnist1d.Builder::correlatedNoise),
        notNegative("independentNoise", Mnist1d.Builder::independentNoise),
        infinite("independentNoise", Mnist1d.Builder::independentNoise),
        notNegative("shear", Mnist1d.Builder::shear),
        infinite("shear", Mnist1d.Builder::shear),
        row("length = 1: 2 to 1000000 allowed", b -> b.length(1), b -> b.length(2)),
        row(
            "length = 1000001: 2 to 1000000 allowed",
            b -> b.samples(10).length(1000001),
            b -> b.samples(10).length(1000000)),
        row("seed = -1: 0 or more allowed", b -> b.seed(-1), b -> b.seed(0)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("options")
  void aRejectedValueIsNamed(
      String message, UnaryOperator<Mnist1d.Builder> bad, UnaryOperator<Mnist1d.Builder> good) {
    Mnist1d.Builder rejected = bad.apply(Mnist1d.builder());
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, rejected::options).getMessage());
    assertNotNull(good.apply(Mnist1d.builder()).options());
  }

  @Test
  void defaultsAreThePublishedOptions() {
    assertEquals(
        new Mnist1dOptions(5000, 0.8, 12, 36, 60, 0.4, 48, 0.25, 0.02, 0.75, false, 40, 42),
        Mnist1d.builder().options());
  }

  @Test
  void optionsMadeWithoutTheBuilderAreCheckedToo() {
    Mnist1dOptions bad =
        new Mnist1dOptions(10, 0.8, 12, 36, 60, 0.4, 48, 0.25, 0.02, 0.75, false, 1, 42);
    assertThrows(IllegalArgumentException.class, () -> Mnist1d.generate(bad));
    Mnist1dOptions good =
        new Mnist1dOptions(10, 0.8, 12, 36, 60, 0.4, 48, 0.25, 0.02, 0.75, false, 2, 42);
    assertEquals(2, Mnist1d.generate(good).length());
  }

  private interface Option {
    Mnist1d.Builder set(Mnist1d.Builder builder, double value);
  }

  private static Arguments notNegative(String name, Option option) {
    return row(
        name + " = -0.1: 0 or more, and finite, allowed",
        b -> option.set(b, -0.1),
        b -> option.set(b, 0));
  }

  private static Arguments infinite(String name, Option option) {
    return row(
        name + " = Infinity: 0 or more, and finite, allowed",
        b -> option.set(b, Double.POSITIVE_INFINITY),
        b -> option.set(b, 10));
  }

  private static Arguments row(
      String message, UnaryOperator<Mnist1d.Builder> bad, UnaryOperator<Mnist1d.Builder> good) {
    return Arguments.of(message, bad, good);
  }
}

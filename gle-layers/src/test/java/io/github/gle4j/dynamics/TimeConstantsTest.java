// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import static io.github.gle4j.dynamics.Population.of;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TimeConstantsTest {

  @Test
  void populationsAreKeptInOrder() {
    List<Population> populations =
        TimeConstants.populations(of(18, 0.6, 0.2), of(17, 1.2, 1.2)).populations(35);
    assertEquals(List.of(of(18, 0.6, 0.2), of(17, 1.2, 1.2)), populations);
  }

  @Test
  void aConstantFitsAnyNumberOfNeurons() {
    assertEquals(List.of(of(7, 1.2, 0.2)), TimeConstants.constant(1.2, 0.2).populations(7));
  }

  @Test
  void aLinearRangeReachesBothEnds() {
    List<Population> lag = TimeConstants.linear(0.2, 1.8, 0.2, 0.2).populations(9);
    assertEquals(9, lag.size());
    for (int i = 0; i < 9; i++) {
      assertEquals(0.2 + 0.2 * i, lag.get(i).tauM(), 1e-12);
      assertEquals(0.2, lag.get(i).tauR());
    }
    List<Population> descending = TimeConstants.linear(1.2, 0.2, 1.8, 0.2).populations(5);
    assertEquals(of(1, 0.2, 0.2), descending.get(4), "the last value is exact");
    assertEquals(List.of(of(1, 0.2, 0.3)), TimeConstants.linear(0.2, 1.8, 0.3, 1).populations(1));
  }

  @Test
  void explicitValuesAreJoinedToRuns() {
    TimeConstants constants =
        TimeConstants.explicit(new double[] {1, 1, 2}, new double[] {0.2, 0.2, 0.2});
    assertEquals(List.of(of(2, 1, 0.2), of(1, 2, 0.2)), constants.populations(3));
  }

  @Test
  void logUniformDrawsStayInRangeAndFollowTheSeed() {
    List<Population> drawn = TimeConstants.logUniform(0.2, 20, 0.5, 0.5, 1).populations(2000);
    assertTrue(drawn.stream().allMatch(p -> p.tauM() >= 0.2 && p.tauM() <= 20));
    assertTrue(drawn.stream().allMatch(p -> p.tauR() == 0.5));
    double meanLog = drawn.stream().mapToDouble(p -> Math.log(p.tauM())).average().orElseThrow();
    assertEquals((Math.log(0.2) + Math.log(20)) / 2, meanLog, 0.1);
    assertEquals(drawn, TimeConstants.logUniform(0.2, 20, 0.5, 0.5, 1).populations(2000));
    assertNotEquals(drawn, TimeConstants.logUniform(0.2, 20, 0.5, 0.5, 2).populations(2000));
  }

  @Test
  void normalDrawsHaveTheMomentsAndTheLowerBound() {
    List<Population> drawn = TimeConstants.normal(5, 0.5, 1, 1, 0.2, 3).populations(4000);
    double mean = drawn.stream().mapToDouble(Population::tauM).average().orElseThrow();
    double variance =
        drawn.stream().mapToDouble(p -> Math.pow(p.tauM() - mean, 2)).average().orElseThrow();
    assertEquals(5, mean, 0.05);
    assertEquals(0.5, Math.sqrt(variance), 0.05);
    assertTrue(drawn.stream().allMatch(p -> p.tauR() >= 0.2));
    assertEquals(drawn, TimeConstants.normal(5, 0.5, 1, 1, 0.2, 3).populations(4000));
  }

  @Test
  void badValuesAreNamedAndTheirNeighboursTaken() {
    refused("population of 0 neurons: at least 1 is allowed", () -> of(0, 1, 1));
    of(1, 1, 1);
    refused("tauM = 0.0: a positive, finite time constant is allowed", () -> of(1, 0, 1));
    refused("tauR = NaN: a positive, finite time constant is allowed", () -> of(1, 1, Double.NaN));
    of(1, Double.MIN_NORMAL, 1);
    refused(
        "tauR = Infinity: a positive, finite time constant is allowed",
        () -> TimeConstants.constant(1, Double.POSITIVE_INFINITY));
    refused(
        "2 values of tauM but 1 of tauR: as many are allowed",
        () -> TimeConstants.explicit(new double[2], new double[1]));
    refused(
        "highestTauM = 1.0 is below lowestTauM = 2.0",
        () -> TimeConstants.logUniform(2, 1, 1, 1, 0));
    TimeConstants.logUniform(1, 1, 1, 1, 0);
    refused(
        "meanTauR = 0.1 is below lowest = 0.2", () -> TimeConstants.normal(1, 0, 0.1, 0, 0.2, 0));
    refused(
        "deviationTauM = -1.0: a finite number >= 0 is allowed",
        () -> TimeConstants.normal(1, -1, 1, 0, 0.2, 0));
    TimeConstants.normal(1, 0, 0.2, 0, 0.2, 0);
    refused(
        "lastTauM = -1.0: a positive, finite time constant is allowed",
        () -> TimeConstants.linear(1, -1, 1, 1));
  }

  @Test
  void everyValueIsChecked() {
    double bad = -1;
    String allowed = " = -1.0: a positive, finite time constant is allowed";
    refused("tauM" + allowed, () -> TimeConstants.constant(bad, 1));
    refused("firstTauM" + allowed, () -> TimeConstants.linear(bad, 1, 1, 1));
    refused("firstTauR" + allowed, () -> TimeConstants.linear(1, 1, bad, 1));
    refused("lastTauR" + allowed, () -> TimeConstants.linear(1, 1, 1, bad));
    refused("lowestTauM" + allowed, () -> TimeConstants.logUniform(bad, 1, 1, 1, 0));
    refused("highestTauM" + allowed, () -> TimeConstants.logUniform(1, bad, 1, 1, 0));
    refused("lowestTauR" + allowed, () -> TimeConstants.logUniform(1, 1, bad, 1, 0));
    refused("lowest" + allowed, () -> TimeConstants.normal(1, 0, 1, 0, bad, 0));
    refused("meanTauM" + allowed, () -> TimeConstants.normal(bad, 0, 1, 0, 1, 0));
  }

  @Test
  void prospectiveTimeConstantsVaryAsMembraneTimeConstantsDo() {
    List<Population> lag = TimeConstants.linear(1, 1, 0.2, 1.8).populations(9);
    List<Population> drawn = TimeConstants.normal(1, 0, 5, 0.5, 0.2, 3).populations(4000);
    for (int i = 0; i < 9; i++) {
      assertEquals(0.2 + 0.2 * i, lag.get(i).tauR(), 1e-12);
    }
    double mean = drawn.stream().mapToDouble(Population::tauR).average().orElseThrow();
    double variance =
        drawn.stream().mapToDouble(p -> Math.pow(p.tauR() - mean, 2)).average().orElseThrow();
    assertEquals(5, mean, 0.05);
    assertEquals(0.5, Math.sqrt(variance), 0.05);
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}

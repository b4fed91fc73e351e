// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.download.DownloadProgress.Stage;
import io.github.gle4j.suite.EpochMetrics;
import io.github.gle4j.suite.Figures;
import io.github.gle4j.suite.TrainingProgress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingDisplayTest {
  private static final Figures LEARNING = new Figures(2.3456, 0.123);
  private static final EpochMetrics EPOCH =
      new EpochMetrics(1, LEARNING, null, new Figures(2.2, 0.0812), 1e-3, 62.5);

  private final StringWriter written = new StringWriter();

  private TrainingDisplay display(OptionalInt columns) {
    return new TrainingDisplay(new PrintWriter(written), columns, 30, 39_600, 0);
  }

  private static TrainingProgress progress(Figures learning, int steps) {
    return new TrainingProgress(2, "learning", 160, 3600, learning, 1e-3, steps);
  }

  /** What stands on the line at the end, of which nothing may be longer than the terminal. */
  private String lastLine(int columns) {
    List<String> lines = List.of(written.toString().split("[\r\n]+", 0));
    lines.forEach(line -> assertTrue(line.length() < columns, () -> columns + ": " + line));
    return lines.get(lines.size() - 1);
  }

  private String lineOf(int columns, Figures learning) {
    try (TrainingDisplay display = display(OptionalInt.of(columns))) {
      display.epoch(EPOCH);
      display.progress(progress(learning, 1920));
    }
    return lastLine(columns);
  }

  /** The words of a line are apart by two spaces: none may be cut. */
  private static void assertWhole(String line) {
    for (String word : line.strip().split(" {2,}(?![^\\[]*\\])", 0)) {
      assertTrue(
          word.matches(
              "\\d+%|\\[=*>? *\\]|loss \\S+|acc \\S+ %|epoch 2/30|test 8.1 %|rate 1E-3"
                  + "|\\d+ steps/s|1920/39600 steps|[0-9a-z ]+ left|learning"),
          () -> word + " in " + line);
    }
  }

  @ParameterizedTest
  @CsvSource({"40, false", "60, false", "80, false", "120, true", "160, true", "1000, true"})
  void lossAndAccuracyAreReadableAtEveryWidth(int columns, boolean bar) {
    String line = lineOf(columns, LEARNING);
    assertTrue(line.startsWith("  4%"), line);
    assertTrue(line.contains("  loss 2.346  acc 12.3 %"), line);
    assertEquals(columns >= 60, line.contains("  epoch 2/30  test 8.1 %"), line);
    assertEquals(bar, line.contains("[=") && line.contains("]"), line);
    assertWhole(line);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 11, 20, 25, 28, 33, 47, 53, 68, 79, 81, 95, 100, 132})
  void nothingIsCutAtOddWidths(int columns) {
    assertWhole(lineOf(columns, LEARNING));
  }

  @ParameterizedTest
  @ValueSource(doubles = {3.4e38, 99_999.9994, 0, Double.NaN, Double.POSITIVE_INFINITY})
  void extremeLossesLeaveRoomForTheAccuracy(double loss) {
    String line = lineOf(40, new Figures(loss, 1));
    assertTrue(line.contains("loss ") && line.contains("  acc 100.0 %"), line);
    assertWhole(line);
  }

  @Test
  void aShorterLineCoversTheLongerOne() {
    try (TrainingDisplay display = display(OptionalInt.of(80))) {
      display.progress(progress(LEARNING, 1920));
      display.progress(progress(null, 1920));
    }
    assertEquals(79, lastLine(80).length());
    assertTrue(lastLine(80).contains("  epoch 2/30  learning  "), lastLine(80));
    assertFalse(lastLine(80).contains("loss"), lastLine(80));
  }

  @Test
  void everythingIsThereWhereThereIsRoom() {
    String line = lineOf(200, LEARNING);
    for (String word : List.of("rate 1E-3", " steps/s", "1920/39600 steps", " left")) {
      assertTrue(line.contains(word), line);
    }
  }

  @Test
  void withoutATerminalThereIsALinePerEpoch() {
    try (TrainingDisplay display = display(OptionalInt.empty())) {
      display.progress(progress(LEARNING, 1920));
      display.epoch(EPOCH);
    }
    assertEquals(
        "epoch 1/30  train loss 2.3456 accuracy 12.30 %  test loss 2.2000 accuracy 8.12 %"
            + "  rate 1E-3  62.5 s"
            + System.lineSeparator(),
        written.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 60, 80, 120, 160})
  void downloadsNameWhatTheyDo(int columns) {
    try (DownloadDisplay display =
        new DownloadDisplay(new PrintWriter(written), OptionalInt.of(columns))) {
      display.progress(Stage.DOWNLOADING, "cifar-10-binary.tar.gz", 17_000_000, 170_000_000);
    }
    String line = lastLine(columns);
    assertTrue(line.startsWith(" 10%") && line.contains("  17 of 170 MB  "), line);
    assertEquals(columns >= 60, line.contains("  downloading cifar-10-binary.tar.gz  "), line);
  }
}

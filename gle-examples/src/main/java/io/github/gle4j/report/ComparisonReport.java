// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a comparison brought so far: {@code report.html}, which needs no other file, {@code
 * report.md}, {@code results.csv} with a line per model and {@code curves.csv} with a line per run
 * and epoch. What was measured and what was published are in columns of their own.
 */
public final class ComparisonReport {
  private static final String HTML = "report.html";
  private static final String MARKDOWN = "report.md";
  private static final String RESULTS = "results.csv";
  private static final String CURVES = "curves.csv";

  private final ComparedResults results;

  /**
   * A report.
   *
   * @param results all runs that were asked for, of one task, in the order of the tables; null: not
   *     finished
   */
  public ComparisonReport(Map<TrainingPlan, ComparedRun> results) {
    this.results = ComparedResults.of(results);
  }

  /**
   * Writes all files, over those of an earlier report.
   *
   * @param folder where to
   * @return names of the files, in the folder
   * @throws IOException when a file cannot be written
   */
  public List<String> write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, String> files = new LinkedHashMap<>();
    files.put(HTML, new ComparisonPage(results).html());
    files.put(MARKDOWN, ComparisonMarkdown.text(results));
    files.put(RESULTS, ComparisonCsv.results(results));
    files.put(CURVES, ComparisonCsv.curves(results));
    for (Map.Entry<String, String> file : files.entrySet()) {
      byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
      WholeFile.write(folder.resolve(file.getKey()), content);
    }
    return List.copyOf(files.keySet());
  }

  /**
   * The main table for a terminal.
   *
   * @return a line per model
   */
  public List<String> lines() {
    return ComparisonTables.lines(results);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.util.List;

/** A comparison as Markdown. */
final class ComparisonMarkdown {
  private ComparisonMarkdown() {}

  static String text(ComparedResults results) {
    List<ModelSummary> models = results.models();
    StringBuilder text = new StringBuilder("# " + ComparisonWords.title(results) + "\n\n");
    text.append(ComparisonWords.summary(results)).append("\n\n");
    text.append(ComparisonWords.protocol(results)).append("\n\n");
    text.append(ComparisonTables.mainTable(results).markdown(models)).append('\n');
    items(text, ComparisonWords.explanations(results));
    if (results.isPublished()) {
      text.append("\n## More than two published standard deviations away\n\n");
      items(text, ComparisonWords.deviations(results));
    }
    text.append("\n## Accuracy (%) after equal training time\n\n");
    text.append(ComparisonTables.timeTable(results).markdown(models));
    text.append("\n## Accuracy (%) after equal epochs\n\n")
        .append(ComparisonTables.epochTable(results).markdown(models));
    text.append("\n## Made by\n\n");
    items(text, ComparisonWords.commands(results).stream().map(line -> "`" + line + "`").toList());
    text.append("\n## Machine and versions\n\n");
    items(text, ComparisonWords.machines(results));
    return text.toString();
  }

  private static void items(StringBuilder text, List<String> items) {
    items.forEach(item -> text.append("* ").append(item).append('\n'));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A table with a row per model, as HTML and as Markdown.
 *
 * @param columns the first one names the row
 */
record ReportTable(List<Column> columns) {

  /** Where the numbers of a column come from. */
  enum Source {
    /** From the definition of the model. */
    MODEL,
    /** Measured by this program. */
    OWN,
    /** From the paper. */
    PAPER
  }

  /** One column. */
  record Column(String header, Source source, Function<ModelSummary, String> cell) {}

  String html(List<ModelSummary> rows) {
    StringBuilder html = new StringBuilder("<table><thead><tr>");
    for (Column column : columns) {
      html.append(
          String.format(Locale.ROOT, "<th%s>%s</th>", style(column), escaped(column.header)));
    }
    html.append("</tr></thead><tbody>");
    for (ModelSummary row : rows) {
      html.append("<tr>");
      for (Column column : columns) {
        html.append(
            String.format(
                Locale.ROOT,
                "<td%s data-label=\"%s\">%s</td>",
                style(column),
                escaped(column.header),
                escaped(column.cell.apply(row))));
      }
      html.append("</tr>\n");
    }
    return html.append("</tbody></table>\n").toString();
  }

  private static String style(Column column) {
    return switch (column.source) {
      case MODEL -> "";
      case OWN -> " class=\"own\"";
      case PAPER -> " class=\"paper\"";
    };
  }

  String markdown(List<ModelSummary> rows) {
    StringBuilder text = new StringBuilder("|");
    columns.forEach(column -> text.append(' ').append(column.header).append(" |"));
    text.append("\n|").append("---|".repeat(columns.size())).append('\n');
    for (ModelSummary row : rows) {
      text.append('|');
      columns.forEach(column -> text.append(' ').append(column.cell.apply(row)).append(" |"));
      text.append('\n');
    }
    return text.toString();
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

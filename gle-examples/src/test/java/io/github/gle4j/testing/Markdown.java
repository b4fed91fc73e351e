// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a reader of this project's pages can paste. */
public final class Markdown {
  private static final Pattern INLINE = Pattern.compile("`([^`]+)`");
  private static final Pattern FENCE = Pattern.compile("\\s*```(\\w*)\\s*");
  private static final Pattern INDENTED = Pattern.compile(" {4}(.*)");

  private Markdown() {}

  /**
   * A piece of code.
   *
   * @param page where it stands
   * @param line its first line there, counted from 1
   * @param language "java", "xml", ...; "" for lines that are indented; "inline" within a sentence
   * @param text without what marks it
   */
  public record Code(Path page, int line, String language, String text) {
    /** For messages: page and line. */
    public String place() {
      return page + ":" + line;
    }
  }

  /** All pages of the project. */
  public static List<Path> pages() {
    Path root = Path.of(System.getProperty("user.dir")).getParent();
    try (Stream<Path> top = Files.list(root);
        Stream<Path> docs = Files.walk(root.resolve("docs"))) {
      return Stream.concat(top, docs)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The code of a page. */
  public static List<Code> code(Path page) {
    try {
      return code(page, Files.readAllLines(page));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The code of a page with these lines. */
  public static List<Code> code(Path page, List<String> lines) {
    List<Code> found = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (fence.matches()) {
        int start = i + 1;
        int end = start;
        while (!FENCE.matcher(lines.get(end)).matches()) {
          end++;
        }
        found.add(
            new Code(
                page, start + 1, fence.group(1), String.join("\n", lines.subList(start, end))));
        i = end;
      } else if (isIndentedBlock(lines, i)) {
        found.add(new Code(page, i + 1, "", lines.get(i).strip()));
      } else {
        Matcher inline = INLINE.matcher(lines.get(i));
        while (inline.find()) {
          found.add(new Code(page, i + 1, "inline", inline.group(1)));
        }
      }
    }
    return found;
  }

  /**
   * An indented line after an empty one, or after another of its kind; not what a list goes on
   * with.
   */
  private static boolean isIndentedBlock(List<String> lines, int i) {
    if (!INDENTED.matcher(lines.get(i)).matches()) {
      return false;
    }
    int first = i;
    while (first > 0 && INDENTED.matcher(lines.get(first - 1)).matches()) {
      first--;
    }
    return first == 0 || lines.get(first - 1).isBlank();
  }
}

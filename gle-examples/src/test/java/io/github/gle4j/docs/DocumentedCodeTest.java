// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.testing.Markdown;
import io.github.gle4j.testing.Markdown.Code;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Whether the code of README and docs is what a reader can paste. */
class DocumentedCodeTest {
  @Test
  void javaCompiles(@TempDir Path classes) throws Exception {
    List<Code> blocks = blocks("java");
    assertTrue(blocks.size() >= 7, "blocks of Java: " + blocks.size());

    try (JavaBlocks compiler = new JavaBlocks(classes)) {
      assertEquals(List.of(), blocks.stream().flatMap(b -> compiler.errors(b).stream()).toList());
    }
  }

  @Test
  void blocksOfAPageGoIntoOneFile() {
    Pattern imports = Pattern.compile("^import (?:static )?[\\w.]+\\.(\\w+);", Pattern.MULTILINE);
    Map<String, Set<String>> byName = new TreeMap<>();
    for (Code block : blocks("java")) {
      Matcher line = imports.matcher(block.text());
      while (line.find()) {
        byName
            .computeIfAbsent(block.page() + ": " + line.group(1), name -> new TreeSet<>())
            .add(line.group());
      }
    }
    byName.forEach((name, lines) -> assertEquals(1, lines.size(), name + ": " + lines));
  }

  @Test
  void xmlIsWellFormed() throws Exception {
    List<Code> blocks = blocks("xml");
    assertTrue(blocks.size() >= 1, "blocks of XML: " + blocks.size());

    for (Code block : blocks) {
      Document document = parsed(block);
      assertEquals("project", document.getDocumentElement().getTagName(), block.place());
    }
  }

  @Test
  void noticesWhatDoesNotCompile(@TempDir Path classes) throws Exception {
    List<String> page =
        List.of("# Page", "```java", "import java.util.List;", "", "List<String> a = b;", "```");
    Code block = Markdown.code(Path.of("page.md"), page).get(0);

    try (JavaBlocks compiler = new JavaBlocks(classes)) {
      List<String> errors = compiler.errors(block);
      assertEquals(1, errors.size(), errors::toString);
      assertTrue(
          errors.get(0).startsWith("page.md:5: cannot find symbol"), () -> errors.get(0)); // line 5
      Code repaired =
          new Code(block.page(), block.line(), "java", block.text().replace("= b", "= List.of()"));
      assertEquals(List.of(), compiler.errors(repaired));
      Code members = new Code(block.page(), 1, "java", "static int one() {\n  return 1;\n}");
      assertEquals(List.of(), compiler.errors(members));
      Code type = new Code(block.page(), 1, "java", "public record Whole(int one) {}");
      assertEquals(List.of(), compiler.errors(type));
    }
  }

  private static List<Code> blocks(String language) {
    return Markdown.pages().stream()
        .flatMap(page -> Markdown.code(page).stream())
        .filter(code -> code.language().equals(language))
        .toList();
  }

  private static Document parsed(Code block) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(new DefaultHandler());
    try {
      return builder.parse(new InputSource(new StringReader(block.text())));
    } catch (SAXException e) {
      throw new AssertionError(block.place() + ": " + e.getMessage(), e);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.docs;

import io.github.gle4j.testing.Markdown.Code;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles blocks of Java against this test's class path. A block has its imports first, then a
 * class, methods or statements, which may declare methods' parameters only by being methods: every
 * name is defined in the block itself.
 */
final class JavaBlocks implements AutoCloseable {
  private static final Pattern IMPORTS =
      Pattern.compile("(?:\\s*(?:import [^;]+;[^\\n]*|//[^\\n]*|/\\*\\*[^\\n]*\\*/)?(?:\\n|$))*");
  private static final Pattern TYPE =
      Pattern.compile("(?:(?:public|final|abstract) )*(?:class|interface|record|enum) (\\w+)");
  private static final Pattern MEMBER = Pattern.compile("(?:static|private|public) ");

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
  private final StandardJavaFileManager files;

  JavaBlocks(Path classes) throws IOException {
    files = compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
    files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(classes));
  }

  /** What the compiler says, by line of the page. */
  List<String> errors(Code block) {
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    compiler
        .getTask(
            null,
            files,
            found,
            List.of("-proc:none", "--release", "17"),
            null,
            List.of(new Source(block)))
        .call();
    List<String> errors = new ArrayList<>();
    for (Diagnostic<?> diagnostic : found.getDiagnostics()) {
      if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
        long line = block.line() + diagnostic.getLineNumber() - 1;
        errors.add(block.page() + ":" + line + ": " + diagnostic.getMessage(Locale.ROOT));
      }
    }
    return errors;
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  /** A block as a file: the lines are those of the block. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    private Source(Code block) {
      this(block.text(), IMPORTS.matcher(block.text()));
    }

    private Source(String block, Matcher imports) {
      this(block, imports.lookingAt() ? imports.end() : 0);
    }

    private Source(String block, int start) {
      this(block.substring(0, start), block.substring(start));
    }

    private Source(String imports, String code) {
      super(URI.create("string:///" + name(code) + ".java"), Kind.SOURCE);
      String before = "";
      String after = "";
      if (MEMBER.matcher(code).lookingAt() && !TYPE.matcher(code).lookingAt()) {
        before = "class Block { ";
        after = "}";
      } else if (!TYPE.matcher(code).lookingAt()) {
        before = "class Block { static void run() throws Exception { ";
        after = "}}";
      }
      text = imports + before + code + "\n" + after;
    }

    private static String name(String code) {
      Matcher type = TYPE.matcher(code);
      return type.lookingAt() ? type.group(1) : "Block";
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}

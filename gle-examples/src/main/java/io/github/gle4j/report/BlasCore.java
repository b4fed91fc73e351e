// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/**
 * The kind of processor that OpenBLAS has chosen its code for. Its Java classes do not tell, but it
 * says so on the console when it is loaded and asked to: in a process of its own, with this one's
 * environment.
 */
final class BlasCore {
  private static final String ANNOUNCEMENT = "Core: ";

  private BlasCore() {}

  /**
   * The program of the other process.
   *
   * @param args none
   */
  public static void main(String[] args) {
    Loader.load(openblas.class);
  }

  /** Such as SkylakeX; "unknown" when OpenBLAS does not say. */
  static String name() {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            BlasCore.class.getName());
    builder.environment().put("OPENBLAS_VERBOSE", "2");
    try {
      Process process = builder.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
      return said.lines()
          .filter(line -> line.startsWith(ANNOUNCEMENT))
          .map(line -> line.substring(ANNOUNCEMENT.length()).trim())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}

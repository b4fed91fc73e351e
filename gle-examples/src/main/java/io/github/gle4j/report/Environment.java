// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** The software and the machine a run happens on. */
public final class Environment {
  private static final String DL4J_PROPERTIES =
      "/META-INF/maven/org.deeplearning4j/deeplearning4j-nn/pom.properties";
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Environment() {}

  /**
   * The version of this project.
   *
   * @return that of the jar; "development" when the classes are in no jar
   */
  public static String projectVersion() {
    String version = Environment.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /**
   * The version of Deeplearning4j.
   *
   * @return "unknown" when its jar does not say
   */
  public static String dl4jVersion() {
    Properties properties = new Properties();
    try (InputStream stream = Environment.class.getResourceAsStream(DL4J_PROPERTIES)) {
      if (stream != null) {
        properties.load(stream);
      }
    } catch (IOException e) {
      return "unknown";
    }
    return properties.getProperty("version", "unknown");
  }

  static Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("gle", projectVersion());
    versions.put("deeplearning4j", dl4jVersion());
    versions.put("java", System.getProperty("java.vendor") + " " + Runtime.version());
    return versions;
  }

  static Map<String, Object> machine() {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("architecture", System.getProperty("os.arch"));
    machine.put("processor", processor());
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    machine.put("heapBytes", Runtime.getRuntime().maxMemory());
    return machine;
  }

  /**
   * What the speed of a run depends on.
   *
   * @return BLAS core type, processor, cores and JVM by their names
   */
  public static Map<String, Object> speed() {
    Map<String, Object> speed = new LinkedHashMap<>();
    speed.put("blas_core", BlasCore.name());
    speed.put("processor", processor());
    speed.put("cores", Runtime.getRuntime().availableProcessors());
    speed.put("jvm", System.getProperty("java.vm.name") + " " + Runtime.version());
    return speed;
  }

  /** The processor's name where the system tells it, otherwise "unknown". */
  private static String processor() {
    if (!Files.isReadable(PROCESSORS)) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The script {@code gle} in a clone of its own, with a Java and a Maven that only say so. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {
  private static final String JAVA =
      """
      if [ "$1" = -version ]; then
        echo "Picked up JAVA_TOOL_OPTIONS: -Da=b" >&2
        echo "openjdk version \\"$FAKE_JAVA\\" 2026-01-20" >&2
        exit
      fi
      for word; do last=$jar; jar=$word; case $last in -jar) break;; esac; done
      echo "java $@"
      cat "$jar"
      """;

  /** Writes the jar in two halves, as slowly as a test may be. */
  private static final String MAVEN =
      """
      echo "$@" >> builds
      mkdir -p gle-examples/target
      echo half > gle-examples/target/gle-examples-1.jar
      sleep 0.3
      if [ -e broken ]; then rm broken; exit 1; fi
      echo whole >> gle-examples/target/gle-examples-1.jar
      """;

  @TempDir private Path clone;
  @TempDir private Path tools;

  private record Ended(int exitCode, String out, String err) {}

  @BeforeEach
  void makeClone() throws IOException {
    Files.copy(Path.of("../gle"), clone.resolve("gle"));
    Files.createDirectories(clone.resolve("gle-examples/src/main"));
    Files.createFile(clone.resolve("pom.xml"));
    Files.createFile(clone.resolve("gle-examples/pom.xml"));
    tool("java", JAVA);
    tool("mvn", MAVEN);
  }

  private void tool(String name, String script) throws IOException {
    Path file = Files.writeString(tools.resolve(name), "#!/bin/sh\n" + script);
    assertTrue(file.toFile().setExecutable(true));
  }

  /** Spares a test the build. */
  private void build() throws IOException {
    Path target = Files.createDirectories(clone.resolve("gle-examples/target"));
    Files.writeString(target.resolve("gle-examples-1.jar"), "whole\n");
  }

  private Process start(String version, boolean flock, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of("bash", clone.resolve("gle").toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("FAKE_JAVA", version);
    builder.environment().remove("JAVA_OPTS");
    String others = System.getenv("PATH");
    builder
        .environment()
        .put("PATH", tools + File.pathSeparator + (flock ? others : withoutFlock(others)));
    return builder.start();
  }

  private String withoutFlock(String path) throws IOException {
    Path folder = Files.createDirectories(tools.resolve("without-flock"));
    for (String name :
        "bash,sh,dirname,readlink,find,sort,head,tail,sed,mkdir,rmdir,ln,rm,sleep,touch,grep,cat"
            .split(",", 0)) {
      Path link = folder.resolve(name);
      if (!Files.exists(link)) {
        Stream.of(path.split(File.pathSeparator, 0))
            .map(where -> Path.of(where, name))
            .filter(Files::isExecutable)
            .findFirst()
            .ifPresent(tool -> link(link, tool));
      }
    }
    return folder.toString();
  }

  private static void link(Path link, Path tool) {
    try {
      Files.createSymbolicLink(link, tool);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Ended end(Process process) throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, err);
  }

  private Ended gle(String version, String... words) throws IOException, InterruptedException {
    return end(start(version, true, words));
  }

  private long builds() throws IOException {
    Path file = clone.resolve("builds");
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }

  @ParameterizedTest
  @CsvSource({
    "17.0.15, false, false",
    "21, false, false",
    "22.0.2, true, false",
    "23-ea, true, true",
    "25.0.3, true, true",
    "100, true, true"
  })
  void tellsJavaWhatItsVersionKnows(String version, boolean nativeAccess, boolean unsafe)
      throws Exception {
    build();
    Ended ended = gle(version, "data", "a b", "");
    assertEquals(0, ended.exitCode(), ended::toString);
    String options = ended.out().lines().findFirst().orElseThrow();
    assertEquals(nativeAccess, options.contains(" --enable-native-access=ALL-UNNAMED "), options);
    assertEquals(unsafe, options.contains(" --sun-misc-unsafe-memory-access=allow "), options);
    assertTrue(options.contains(" -Xmx2g "), options);
    assertTrue(options.endsWith("gle-examples-1.jar data a b "), options);
  }

  @ParameterizedTest
  @ValueSource(strings = {"11.0.2", "1.8.0_392"})
  void refusesOldVersions(String version) throws Exception {
    Ended ended = gle(version, "data");
    assertEquals(
        new Ended(1, "", "gle: this java is older than 17: install a JDK (17 or later)\n"), ended);
    assertEquals(0, builds());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "unknown"})
  void anUnknownVersionIsToldNothing(String version) throws Exception {
    build();
    Ended ended = gle(version, "data");
    assertEquals(0, ended.exitCode(), ended::toString);
    assertFalse(ended.out().contains(" --enable-native"), ended.out());
  }

  @Test
  void buildsOnceAndAgainWhenSourcesAreNewer() throws Exception {
    assertTrue(gle("17").err().startsWith("gle: building"));
    assertEquals("", gle("17").err());
    assertEquals(1, builds());
    Thread.sleep(20);
    Files.writeString(clone.resolve("gle-examples/src/main/New.java"), "");
    assertTrue(gle("17").err().startsWith("gle: building"));
    assertEquals(2, builds());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void startsAtOnceBuildOneAfterTheOther(boolean flock) throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start("17", flock, "data"));
    }
    int waited = 0;
    for (Process process : processes) {
      Ended ended = end(process);
      assertEquals(0, ended.exitCode(), ended::toString);
      assertTrue(ended.out().endsWith("half\nwhole\n"), ended::toString);
      waited += ended.err().contains("gle: waiting for another gle that builds") ? 1 : 0;
    }
    assertEquals(1, builds());
    assertEquals(3, waited);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoWaitedForABuildThatFailedBuilds(boolean flock) throws Exception {
    Files.createFile(clone.resolve("broken"));
    Process first = start("17", flock);
    while (builds() == 0) {
      Thread.sleep(5);
    }
    Ended second = end(start("17", flock));
    assertTrue(end(first).err().endsWith("gle: the build failed\n"));
    assertEquals(0, second.exitCode(), second::toString);
    assertEquals(2, builds());
    assertEquals("", gle("17").err());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLockThatWasLeftBehindLocksNobodyOut(boolean flock) throws Exception {
    Process first = start("17", flock);
    while (builds() == 0) {
      Thread.sleep(5);
    }
    first.destroyForcibly().waitFor();
    Ended second = end(start("17", flock));
    assertEquals(0, second.exitCode(), second::toString);
    assertTrue(second.out().endsWith("whole\n"), second::toString);
    try (Stream<Path> left = Files.list(clone.resolve("target"))) {
      assertEquals(
          List.of(),
          left.map(file -> file.getFileName().toString().toLowerCase(Locale.ROOT))
              .filter(name -> !name.equals("gle.lock"))
              .toList());
    }
  }

  @Test
  void runsWhereNothingCanBeWritten() throws Exception {
    build();
    Files.createFile(clone.resolve("target")); // so that root cannot make the folder either
    Ended ended = gle("17", "data");
    assertEquals(0, ended.exitCode(), ended::toString);
    assertEquals("", ended.err());
  }
}

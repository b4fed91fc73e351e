// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static io.github.gle4j.cli.Outcome.gle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.testing.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program writes and says the same in every language of the system. */
class LocaleTest {
  private static final Locale USUAL = Locale.getDefault();

  @TempDir private Path folder;

  @AfterEach
  void restoreLanguage() {
    Locale.setDefault(USUAL);
  }

  private static void assertAscii(String where, String text) {
    assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(text), where + ": " + text);
  }

  private void assertTextIsAscii() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        assertAscii("name", folder.relativize(file).toString());
        if (file.toString().matches(".*\\.(csv|json)")) {
          assertAscii(file.toString(), Files.readString(file));
        }
      }
    }
  }

  private Outcome train(String out) {
    return gle(
        "train",
        "mnist1d",
        "--model=mlp-40",
        "--samples=60",
        "--epochs=2",
        "--out",
        folder.resolve(out));
  }

  /** fa, ar-EG, bn, my: other digits; tr: the letter i; de: the comma; th: another calendar. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "fa-IR",
        "ar-EG",
        "bn-BD",
        "my-MM",
        "tr-TR",
        "de-DE",
        "th-TH-u-ca-buddhist-nu-thai"
      })
  void runsAreTheSameAndAreResumed(String language) throws IOException {
    Outcome usual = train("usual");
    Locale.setDefault(Locale.forLanguageTag(language));
    Outcome outcome = train("run");
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertEquals(
        usual.out().lines().findFirst().map(line -> line.replace("usual", "run")),
        outcome.out().lines().findFirst());
    assertEquals(
        RunFolder.figures(folder.resolve("usual")), RunFolder.figures(folder.resolve("run")));
    assertAscii("console", outcome.out().replace(folder.toString(), ""));
    assertTextIsAscii();
    try (Stream<Path> files = Files.list(folder.resolve("run/checkpoints"))) {
      assertEquals(
          List.of("checkpoint-000000000002.gle", "checkpoint-000000000003.gle"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    Outcome resumed = gle("train", "mnist1d", "--resume", folder.resolve("run"));
    assertEquals(0, resumed.exitCode(), resumed::toString);
    assertTrue(resumed.out().contains("checkpoint-000000000003.gle"), resumed::out);
  }

  @Test
  void comparisonsAndReportsAreTheSame() throws IOException {
    Locale.setDefault(Locale.forLanguageTag("fa-IR"));
    Object[] command = {
      "compare",
      "mnist1d",
      "--models=mlp-40",
      "--samples=60",
      "--epochs=1",
      "--seeds=1",
      "--out",
      folder.resolve("compared")
    };
    Outcome outcome = gle(command);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    assertAscii("console", outcome.out().replace("\u00b1", ""));
    assertTextIsAscii();
    assertTrue(gle(command).out().startsWith("1 runs, 1 of them finished already"));
    assertEquals(1, gle("train", "mnist1d", "--epochs=-1").err().lines().count());
    assertAscii("refusal", gle("train", "mnist1d", "--length=1").err());
    assertAscii("data", gle("data", "mnist1d").out());
  }
}

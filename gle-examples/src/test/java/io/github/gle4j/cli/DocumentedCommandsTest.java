// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.testing.Markdown;
import io.github.gle4j.testing.Markdown.Code;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/** Whether the commands and options that README and docs name exist. */
class DocumentedCommandsTest {
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");

  /** What stands for a value, and one of its kind. */
  private static final Map<String, String> PLACEHOLDERS =
      Map.ofEntries(
          Map.entry("B", "2"),
          Map.entry("COMMAND", "train"),
          Map.entry("DATASET", "mnist1d"),
          Map.entry("FILE...", "a.json b.json"),
          Map.entry("J", "2"),
          Map.entry("K", "2"),
          Map.entry("N", "2"),
          Map.entry("S", "2"),
          Map.entry("X", "1e-3"),
          Map.entry("...", ""));

  private final Interruption interruption = new Interruption();
  private final CommandLine gle = Gle.commandLine(interruption, false);

  @AfterEach
  void close() {
    interruption.close();
  }

  @Test
  void commandsCanBeParsed() {
    List<String> wrong = new ArrayList<>();
    int parsed = 0;
    for (Code code : code()) {
      if (code.text().startsWith("./gle ")) {
        for (String[] words : commands(code.text())) {
          parsed++;
          error(words, code.language().equals("inline"))
              .ifPresent(e -> wrong.add(code.place() + ": " + e));
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(parsed > 60, "commands: " + parsed);
  }

  @Test
  void optionsExist() {
    Set<String> options = new TreeSet<>();
    collect(gle, options);
    List<String> wrong = new ArrayList<>();
    for (Code code : code()) {
      if (code.text().startsWith("--") && !code.text().startsWith("--add-opens")) {
        Matcher option = OPTION.matcher(code.text());
        while (option.find()) {
          if (!options.contains(option.group())) {
            wrong.add(code.place() + ": " + option.group());
          }
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void noticesWhatDoesNotExist() {
    assertTrue(
        errors("./gle train mnist1d --epoch 3").contains("--epoch"),
        errors("./gle train mnist1d --epoch 3"));
    assertEquals("", errors("./gle train mnist1d --epochs 3   # short"));
    assertTrue(
        errors("./gle data mnist1d [--lenght N] [--seed S]").contains("--lenght"),
        errors("./gle data mnist1d [--lenght N] [--seed S]"));
    assertEquals("", errors("./gle data mnist1d\\|gsc [--length N] [--seed S]"));
    assertTrue(errors("./gle data mnist2d\\|gsc").contains("mnist2d"));
  }

  private String errors(String text) {
    List<String> errors = new ArrayList<>();
    commands(text).forEach(words -> error(words, false).ifPresent(errors::add));
    return String.join("\n", errors);
  }

  private static List<Code> code() {
    return Markdown.pages().stream().flatMap(page -> Markdown.code(page).stream()).toList();
  }

  /** Every command that a line means: options in brackets are taken, of alternatives each. */
  private static List<String[]> commands(String line) {
    String text =
        line.replaceFirst("^\\./gle +", "").replaceFirst("\\s+# .*", "").replace("\\|", "|");
    List<String> commands = List.of("");
    for (String word : text.replaceAll("[\\[\\]]", "").split("\\s+", -1)) {
      List<String> longer = new ArrayList<>();
      for (String alternative : word.split("\\|", -1)) {
        String value = PLACEHOLDERS.getOrDefault(alternative, alternative);
        commands.forEach(command -> longer.add(command + " " + value));
      }
      commands = longer;
    }
    return commands.stream().map(command -> command.strip().split("\\s+", -1)).toList();
  }

  /** A sentence may name a command without what it needs. */
  private Optional<String> error(String[] words, boolean sentence) {
    try {
      gle.parseArgs(words);
      return Optional.empty();
    } catch (MissingParameterException e) {
      return sentence
          ? Optional.empty()
          : Optional.of(String.join(" ", Arrays.asList(words)) + ": " + e.getMessage());
    } catch (ParameterException e) {
      return Optional.of(String.join(" ", Arrays.asList(words)) + ": " + e.getMessage());
    }
  }

  private static void collect(CommandLine command, Set<String> options) {
    options.addAll(command.getCommandSpec().optionsMap().keySet());
    command.getSubcommands().values().forEach(subcommand -> collect(subcommand, options));
  }
}

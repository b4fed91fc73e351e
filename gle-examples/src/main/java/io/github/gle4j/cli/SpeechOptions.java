// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.speech.InvalidSpeechFolderException;
import io.github.gle4j.speech.InvalidWavException;
import io.github.gle4j.speech.SpeechClasses;
import io.github.gle4j.speech.SpeechCommands;
import io.github.gle4j.speech.Split;
import io.github.gle4j.suite.BadInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say which clips of Speech Commands to use. */
final class SpeechOptions {
  /** What users may write for the split. */
  enum SplitName {
    LISTS(Split.OFFICIAL_LISTS),
    HASH(Split.SPEAKER_HASH),
    SPEAKERS(Split.SEEDED_SPEAKERS),
    FILES(Split.SEEDED_FILES);

    private final Split split;

    SplitName(Split split) {
      this.split = split;
    }

    static SplitName named(String value) {
      for (SplitName each : values()) {
        if (each.toString().equals(value)) {
          return each;
        }
      }
      throw new IllegalArgumentException(
          "'" + value + "' is unknown: lists, hash, speakers, files allowed");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int TWELVE = 12;
  private static final int ALL_WORDS = 35;
  private static final String EVERY_WORD = "all";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = {
        "gsc: a folder with a folder of WAV files for each word (default: the official archives, "
            + "2.5 GB, downloaded to ~/.gle4j if they are not there).",
        "cifar10, mnist: a folder with the files of the binary version, or with idx files "
            + "(default: the official ones, 170 and 12 MB, downloaded likewise)."
      })
  private Path folder;

  @Option(
      names = "--test-data",
      paramLabel = "DIR",
      description = "gsc: such a folder whose clips are all for testing.")
  private Path testData;

  @Option(
      names = "--split",
      paramLabel = "S",
      description = {
        "gsc: lists (default): the official lists of validation and test clips;",
        "hash: the official rule, a hash of the speaker;",
        "speakers: 80/10/10 by speakers in random order, for folders with a part of the clips;",
        "files: 80/10/10 of each word's clips in random order, for words few speakers have said."
      })
  private SplitName split;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "gsc: 12 (default: ten words, unknown, silence) or 35 (all words).")
  private Integer classes;

  @Option(
      names = "--words",
      paramLabel = "W",
      split = ",",
      description = {
        "gsc: words of your own, such as lamp,door: each has a folder of its name in --data.",
        "all: every folder of it; _unknown_ and _silence_ among them add other words and background "
            + "noise as classes."
      })
  private List<String> words = new ArrayList<>();

  /** The folder, or null for a download. */
  Path data() {
    return folder;
  }

  /** The first of the other options that was given, or null. */
  String givenBesidesData() {
    if (testData != null) {
      return "--test-data = " + testData;
    }
    if (split != null) {
      return "--split = " + split;
    }
    if (!words.isEmpty()) {
      return "--words = " + String.join(",", words);
    }
    return classes == null ? null : "--classes = " + classes;
  }

  SplitName split() {
    return split == null ? SplitName.LISTS : split;
  }

  /**
   * The wanted clips, downloaded if need be.
   *
   * @throws ParameterException when options contradict each other
   * @throws BadInputException when a folder cannot be used
   * @throws IOException when a download fails
   */
  SpeechCommands load(CommandLine command, int seed) throws IOException {
    if (classes != null && classes != TWELVE && classes != ALL_WORDS) {
      throw new ParameterException(
          command, "--classes = " + classes + ": " + TWELVE + " or " + ALL_WORDS + " allowed");
    }
    if (classes != null && !words.isEmpty()) {
      throw new ParameterException(
          command, "--words = " + String.join(",", words) + ": only without --classes allowed");
    }
    if (testData != null && split() != SplitName.LISTS && split() != SplitName.HASH) {
      throw new ParameterException(
          command, "--split = " + split + ": with --test-data only lists or hash allowed");
    }
    SpeechCommands data;
    try {
      SpeechCommands.Builder builder =
          SpeechCommands.builder()
              .testFolder(testData)
              .split(split().split)
              .classes(wanted())
              .everyWord(words.contains(EVERY_WORD))
              .seed(seed);
      data =
          folder == null ? downloaded(builder, command.getOut()) : builder.folder(folder).build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, "--" + e.getMessage(), e);
    } catch (InvalidSpeechFolderException | InvalidWavException e) {
      throw new BadInputException(e.getMessage());
    }
    data.notes().forEach(command.getOut()::println);
    command.getOut().flush();
    return data;
  }

  private SpeechClasses wanted() {
    if (words.isEmpty()) {
      return classes != null && classes == ALL_WORDS
          ? SpeechClasses.allWords()
          : SpeechClasses.twelve();
    }
    List<String> named = new ArrayList<>(words);
    boolean unknown = named.remove(SpeechClasses.UNKNOWN);
    boolean silence = named.remove(SpeechClasses.SILENCE);
    if (!named.remove(EVERY_WORD)) {
      return new SpeechClasses(named, unknown, silence);
    }
    if (!named.isEmpty()) {
      throw new IllegalArgumentException(
          "words = " + String.join(",", words) + ": beside all only _unknown_, _silence_ allowed");
    }
    return new SpeechClasses(SpeechClasses.twelve().words(), unknown, silence);
  }

  private static SpeechCommands downloaded(SpeechCommands.Builder builder, PrintWriter out)
      throws IOException {
    try (DownloadDisplay display = new DownloadDisplay(out, Terminal.columns())) {
      return builder.download(display.cache()).build();
    }
  }
}

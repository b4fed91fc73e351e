// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static io.github.gle4j.speech.FeatureOptions.require;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What is to be told apart. Labels count from 0: silence, unknown, then the words.
 *
 * @param words words that are classes of their own
 * @param unknown whether some of the other words make up a class
 * @param silence whether background noise without a word is a class
 */
public record SpeechClasses(List<String> words, boolean unknown, boolean silence) {
  /** The folder and name of clips without a word. */
  public static final String SILENCE = "_silence_";

  /** The folder and name of clips of other words. */
  public static final String UNKNOWN = "_unknown_";

  /**
   * Classes.
   *
   * @param words names of folders, at least one, each once; for two classes in all at least
   * @param unknown whether some of the other words make up a class
   * @param silence whether background noise without a word is a class
   * @throws IllegalArgumentException when a word is empty, no possible name, or there twice, or
   *     there are less than two classes
   */
  public SpeechClasses {
    words = List.copyOf(words);
    for (String word : words) {
      require(
          word.matches("[^_./\\\\,\"\\p{Cntrl}][^/\\\\,\"\\p{Cntrl}]*"),
          "words",
          word,
          "folder names that begin with neither '_' nor '.' and have no comma or quotation mark");
    }
    require(words.size() == Set.copyOf(words).size(), "words", words, "each word once");
    int extra = (unknown ? 1 : 0) + (silence ? 1 : 0);
    require(!words.isEmpty() && words.size() + extra >= 2, "words", words, "two or more classes");
  }

  /**
   * The twelve classes of the published task: silence, unknown, and ten words.
   *
   * @return the classes
   */
  public static SpeechClasses twelve() {
    return new SpeechClasses(
        List.of("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"), true, true);
  }

  /**
   * All words of Speech Commands 0.02, in alphabetical order.
   *
   * @return the 35 classes
   */
  public static SpeechClasses allWords() {
    return new SpeechClasses(
        List.of(
            "backward",
            "bed",
            "bird",
            "cat",
            "dog",
            "down",
            "eight",
            "five",
            "follow",
            "forward",
            "four",
            "go",
            "happy",
            "house",
            "learn",
            "left",
            "marvin",
            "nine",
            "no",
            "off",
            "on",
            "one",
            "right",
            "seven",
            "sheila",
            "six",
            "stop",
            "three",
            "tree",
            "two",
            "up",
            "visual",
            "wow",
            "yes",
            "zero"),
        false,
        false);
  }

  /**
   * The names of the classes; a label is a place in this list.
   *
   * @return {@value #SILENCE} and {@value #UNKNOWN}, if they are classes, then the words
   */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    if (silence) {
      names.add(SILENCE);
    }
    if (unknown) {
      names.add(UNKNOWN);
    }
    names.addAll(words);
    return List.copyOf(names);
  }
}

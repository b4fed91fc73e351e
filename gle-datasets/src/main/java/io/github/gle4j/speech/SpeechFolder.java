// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder laid out like the official archives: a folder of WAV files for each word, and special
 * ones whose names begin with an underscore.
 */
final class SpeechFolder {
  static final String NOISE = "_background_noise_";
  private static final String VALIDATION_LIST = "validation_list.txt";
  private static final String TEST_LIST = "testing_list.txt";
  private static final String NOISE_NOTICE = "README.md"; // of the official archive
  private static final Set<String> SPECIAL =
      Set.of(NOISE, SpeechClasses.SILENCE, SpeechClasses.UNKNOWN);
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final int PARTS_OF_TEN = 10;

  /** Bytes of a million clips. */
  private static final long MAXIMUM_LIST = 64 << 20;

  private final Path folder;
  private final List<Recording> recordings = new ArrayList<>(); // by key
  private final List<Path> noise = new ArrayList<>();
  private final List<Path> leftOut = new ArrayList<>();

  private SpeechFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Lists the files of a folder.
   *
   * @throws InvalidSpeechFolderException when there is no such folder, or no clip in it
   */
  static SpeechFolder of(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new InvalidSpeechFolderException(
          path + (Files.exists(path) ? ": is a file; a folder is allowed" : ": no such folder"));
    }
    SpeechFolder result = new SpeechFolder(path);
    for (Path entry : sorted(path)) {
      if (Files.isDirectory(entry)) {
        result.add(entry);
      } else if (Recording.isClip(entry)) { // it belongs to no word
        result.leftOut.add(entry);
      }
    }
    if (result.recordings.isEmpty()) {
      throw new InvalidSpeechFolderException(
          path
              + ": no WORD"
              + path.getFileSystem().getSeparator()
              + "NAME.wav in it"
              + result.leftOut(path).map(words -> "; " + words).orElse(""));
    }
    return result;
  }

  private void add(Path word) throws IOException {
    String name = word.getFileName().toString();
    boolean isNoise = name.equals(NOISE);
    boolean isUsed = !name.startsWith("_") || SPECIAL.contains(name);
    for (Path file : sorted(word)) {
      if (!isUsed || Files.isDirectory(file) || !Recording.isClip(file)) {
        if (!(isNoise && file.endsWith(NOISE_NOTICE))) {
          leftOut.add(file);
        }
      } else if (isNoise) {
        noise.add(file);
      } else {
        recordings.add(Recording.of(file));
      }
    }
  }

  /** Nothing that is hidden. */
  private static List<Path> sorted(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(path -> !path.getFileName().toString().startsWith(".")).sorted().toList();
    }
  }

  /** The names of the folders that have clips. */
  List<String> folders() {
    return recordings.stream().map(Recording::folder).distinct().sorted().toList();
  }

  /** The names of the folders of words. */
  List<String> words() {
    return folders().stream().filter(name -> !name.startsWith("_")).toList();
  }

  /**
   * What lies in this folder or those of words and is no clip.
   *
   * @param where a folder: only what lies in it or below
   * @return how many, and one of them, in words
   */
  Optional<String> leftOut(Path where) {
    List<Path> found = leftOut.stream().filter(path -> path.startsWith(where)).toList();
    return found.stream()
        .findFirst()
        .map(
            first ->
                String.format(
                    Locale.ROOT,
                    "left out, being no WORD/NAME.wav: %d, such as %s",
                    found.size(),
                    folder.relativize(first)));
  }

  Path path() {
    return folder;
  }

  List<Recording> recordings() {
    return recordings;
  }

  /**
   * The recordings of background noise.
   *
   * @param shortest the fewest samples of a useful one
   * @throws IOException when one cannot be read or is too short
   */
  List<float[]> noise(int sampleRate, int shortest) throws IOException {
    List<float[]> result = new ArrayList<>();
    for (Path file : noise) {
      float[] samples = WavFile.read(file, sampleRate);
      if (samples.length < shortest) {
        throw new InvalidWavException(
            file + ": noise of " + samples.length + " samples, " + shortest + " or more allowed");
      }
      result.add(samples);
    }
    return result;
  }

  List<Path> noiseFiles() {
    return noise;
  }

  /** The recordings of each part, in the order of their keys. */
  Map<Part, List<Recording>> divided(Split split, long seed) throws IOException {
    Map<Recording, Part> parts =
        switch (split) {
          case OFFICIAL_LISTS -> byLists();
          case SPEAKER_HASH -> byHash();
          case SEEDED_SPEAKERS -> bySeed(seed);
          case SEEDED_FILES -> byFile(seed);
        };
    Map<Part, List<Recording>> result = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      result.put(part, recordings.stream().filter(each -> parts.get(each) == part).toList());
    }
    return result;
  }

  private Map<Recording, Part> byLists() throws IOException {
    Set<String> validation = list(VALIDATION_LIST);
    Set<String> test = list(TEST_LIST);
    Map<Recording, Part> parts = new LinkedHashMap<>();
    for (Recording each : recordings) {
      boolean validates = validation.contains(each.key());
      boolean tests = test.contains(each.key());
      if (validates && tests) {
        throw new InvalidSpeechFolderException(
            folder + ": " + each.key() + " is in " + VALIDATION_LIST + " and in " + TEST_LIST);
      }
      parts.put(each, validates ? Part.VALIDATION : tests ? Part.TEST : Part.TRAIN);
    }
    requireAll(VALIDATION_LIST, validation);
    requireAll(TEST_LIST, test);
    return parts;
  }

  private Set<String> list(String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSpeechFolderException(
          folder
              + ": no "
              + name
              + ", so no split by lists; by speakers allowed, or by hash, files");
    }
    if (Files.size(file) > MAXIMUM_LIST) {
      throw new InvalidSpeechFolderException(
          file + ": more than " + MAXIMUM_LIST + " bytes: shorter lists allowed");
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw notUtf8(file);
    }
    if (text.indexOf('\0') >= 0) { // UTF-16 may pass for UTF-8
      throw notUtf8(file);
    }
    String lines = text.isEmpty() || text.charAt(0) != BYTE_ORDER_MARK ? text : text.substring(1);
    return lines
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .map(line -> Recording.key(line.replace('\\', '/')))
        .collect(Collectors.toSet());
  }

  private static InvalidSpeechFolderException notUtf8(Path file) {
    return new InvalidSpeechFolderException(file + ": not UTF-8; a list of clips in UTF-8 allowed");
  }

  private void requireAll(String list, Set<String> keys) throws IOException {
    Set<String> missing = new TreeSet<>(keys);
    recordings.forEach(each -> missing.remove(each.key()));
    if (!missing.isEmpty()) {
      throw new InvalidSpeechFolderException(
          String.format(
              Locale.ROOT,
              "%s: %s has %d %s not there, such as %s; --split hash needs no lists and gives the"
                  + " official parts",
              folder,
              list,
              missing.size(),
              missing.size() == 1 ? "clip that is" : "clips that are",
              missing.iterator().next()));
    }
  }

  private Map<Recording, Part> byHash() {
    Map<Recording, Part> parts = new LinkedHashMap<>();
    recordings.forEach(each -> parts.put(each, each.hashedPart()));
    return parts;
  }

  /** Silence has no speakers: it is divided on its own, so that each part gets its share. */
  private Map<Recording, Part> bySeed(long seed) {
    Map<String, List<Recording>> speakers = new TreeMap<>();
    Map<String, List<Recording>> silence = new TreeMap<>();
    for (Recording each : recordings) {
      boolean silent = each.folder().equals(SpeechClasses.SILENCE);
      (silent ? silence : speakers)
          .computeIfAbsent(each.speaker(), speaker -> new ArrayList<>())
          .add(each);
    }
    Map<Recording, Part> parts = new LinkedHashMap<>();
    divide(speakers, Seeds.random(seed), parts);
    divide(silence, Seeds.random(seed), parts);
    return parts;
  }

  /** Each word is divided on its own, so that every part has some of its clips. */
  private Map<Recording, Part> byFile(long seed) {
    Map<String, Map<String, List<Recording>>> words = new TreeMap<>();
    for (Recording each : recordings) {
      words
          .computeIfAbsent(each.folder(), word -> new TreeMap<>())
          .put(each.file().toString(), List.of(each));
    }
    Map<Recording, Part> parts = new LinkedHashMap<>();
    words.forEach((word, files) -> divide(files, Seeds.random(seed, word.hashCode()), parts));
    return parts;
  }

  private static void divide(
      Map<String, List<Recording>> speakers, Random random, Map<Recording, Part> parts) {
    List<String> order = new ArrayList<>(speakers.keySet());
    Collections.shuffle(order, random);
    int total = speakers.values().stream().mapToInt(List::size).sum();
    int taken = 0;
    for (String speaker : order) {
      Part part =
          taken * PARTS_OF_TEN < total
              ? Part.VALIDATION
              : taken * PARTS_OF_TEN < 2 * total ? Part.TEST : Part.TRAIN;
      List<Recording> clips = speakers.get(speaker);
      clips.forEach(clip -> parts.put(clip, part));
      taken += clips.size();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A folder laid out like the official archives: a folder of WAV files for each word, and special
 * ones whose names begin with an underscore.
 */
final class SpeechFolder {
  static final String NOISE = "_background_noise_";
  private static final String VALIDATION_LIST = "validation_list.txt";
  private static final String TEST_LIST = "testing_list.txt";
  private static final int PARTS_OF_TEN = 10;

  private final Path folder;
  private final List<Recording> recordings = new ArrayList<>(); // by key
  private final List<Path> noise = new ArrayList<>();

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
      throw new InvalidSpeechFolderException(path + ": no such folder");
    }
    SpeechFolder result = new SpeechFolder(path);
    for (Path word : sorted(path)) {
      String name = word.getFileName().toString();
      if (Files.isDirectory(word) && !name.startsWith(".")) {
        for (Path file : sorted(word)) {
          if (Recording.isClip(file) && name.equals(NOISE)) {
            result.noise.add(file);
          } else if (Recording.isClip(file)) {
            result.recordings.add(Recording.of(file));
          }
        }
      }
    }
    if (result.recordings.isEmpty()) {
      throw new InvalidSpeechFolderException(
          path + ": no WORD" + path.getFileSystem().getSeparator() + "NAME.wav in it");
    }
    return result;
  }

  private static List<Path> sorted(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    }
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
      boolean validates = validation.remove(each.key());
      boolean tests = test.remove(each.key());
      if (validates && tests) {
        throw new InvalidSpeechFolderException(
            folder + ": " + each.key() + " is in " + VALIDATION_LIST + " and in " + TEST_LIST);
      }
      parts.put(each, validates ? Part.VALIDATION : tests ? Part.TEST : Part.TRAIN);
    }
    requireNoneLeft(VALIDATION_LIST, validation);
    requireNoneLeft(TEST_LIST, test);
    return parts;
  }

  private Set<String> list(String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSpeechFolderException(
          folder + ": no " + name + ", so no split by lists; by speakers allowed");
    }
    Set<String> keys = new HashSet<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines.map(String::strip).filter(line -> !line.isEmpty()).forEach(keys::add);
    } catch (UncheckedIOException e) {
      throw new InvalidSpeechFolderException(file + ": cannot be read: " + e.getMessage());
    }
    return keys;
  }

  private void requireNoneLeft(String list, Set<String> keys) throws IOException {
    if (!keys.isEmpty()) {
      throw new InvalidSpeechFolderException(
          String.format(
              Locale.ROOT,
              "%s: %s has %d clips that are not there, such as %s",
              folder,
              list,
              keys.size(),
              Collections.min(keys)));
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
    divide(speakers, seed, parts);
    divide(silence, seed, parts);
    return parts;
  }

  private static void divide(
      Map<String, List<Recording>> speakers, long seed, Map<Recording, Part> parts) {
    List<String> order = new ArrayList<>(speakers.keySet());
    Collections.shuffle(order, Seeds.random(seed));
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

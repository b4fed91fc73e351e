// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.download.DownloadCache;
import io.github.gle4j.download.DownloadException;
import io.github.gle4j.download.DownloadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeechCommandsTest {
  private static final int SPEAKERS = 40;
  private static final String DATA_PROPERTY = "gle.data.speech";

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Path official() throws IOException {
    Path official = shared.resolve("official");
    return Files.exists(official) ? official : TestFolders.official(official, SPEAKERS);
  }

  private static SpeechCommands.Builder hashed() throws IOException {
    return SpeechCommands.builder().folder(official()).split(Split.SPEAKER_HASH);
  }

  private static Set<String> keys(List<Clip> clips) {
    return clips.stream()
        .map(clip -> Recording.of(clip.file()).key() + "@" + clip.start())
        .collect(Collectors.toSet());
  }

  private static void assertNoCommonSpeaker(SpeechCommands data) {
    Map<String, Part> parts = new HashMap<>();
    for (Part part : Part.values()) {
      for (Clip clip : data.clips(part)) {
        if (!clip.speaker().startsWith("_background_noise_/")) {
          Part other = parts.put(clip.speaker(), part);
          assertTrue(other == null || other == part, clip.speaker());
        }
      }
    }
  }

  /** The first three are in the official test set; the fourth has a percentage of 34.8. */
  @Test
  void hashesSpeakersByTheOfficialRule() throws Exception {
    Path word = folder.resolve("yes");
    assertEquals(Part.TEST, Recording.of(word.resolve("022cd682_nohash_0.wav")).hashedPart());
    assertEquals(Part.TEST, Recording.of(word.resolve("03401e93_nohash_0.wav")).hashedPart());
    assertEquals(Part.TEST, Recording.of(word.resolve("0bac8a71_nohash_0.wav")).hashedPart());
    assertEquals(Part.TRAIN, Recording.of(word.resolve("7ff085e1_nohash_0.wav")).hashedPart());
    Recording unknown =
        Recording.of(folder.resolve("_unknown_/backward_0c540988_nohash_0.wav.wav"));
    assertEquals("0c540988", unknown.speaker());
    assertEquals("backward", unknown.word());
    assertEquals(Part.TEST, unknown.hashedPart());
    Recording own = Recording.of(word.resolve("my voice.wav"));
    assertEquals("yes/my voice.wav", own.speaker());
  }

  @Test
  void theHashRuleIsAboutEightToOneToOne() {
    Map<Part, Integer> counts = new HashMap<>();
    for (int speaker = 0; speaker < 3000; speaker++) {
      Path file = folder.resolve("yes/" + TestFolders.speaker(speaker) + "_nohash_0.wav");
      counts.merge(Recording.of(file).hashedPart(), 1, Integer::sum);
    }
    assertEquals(2400, counts.get(Part.TRAIN), 100);
    assertEquals(300, counts.get(Part.VALIDATION), 60);
    assertEquals(300, counts.get(Part.TEST), 60);
  }

  @Test
  void twelveClassesHaveATenthOfUnknownAndSilence() throws IOException {
    SpeechCommands data = hashed().build();
    assertNoCommonSpeaker(data);
    assertEquals(12, data.classes().names().size());
    assertEquals("_silence_", data.classes().names().get(0));
    assertEquals("_unknown_", data.classes().names().get(1));
    int all = 0;
    for (Part part : Part.values()) {
      int[] counts = data.labelCounts(part);
      int known = Arrays.stream(counts).skip(2).sum();
      assertTrue(known > 0);
      int tenth = (known + 9) / 10;
      assertEquals(tenth, counts[0], "silence of " + part);
      assertEquals(tenth, counts[1], "unknown of " + part);
      assertEquals(known + 2 * tenth, data.clips(part).size());
      all += known;
      for (Clip clip : data.clips(part)) {
        String of = clip.file().getParent().getFileName().toString();
        String name = data.classes().names().get(clip.label());
        switch (name) {
          case "_silence_" -> assertEquals("_background_noise_", of);
          case "_unknown_" -> assertTrue(of.equals("cat") || of.equals("dog"));
          default -> assertEquals(name, of);
        }
      }
    }
    assertEquals(10 * SPEAKERS, all);
    assertEquals(data.clips(Part.TRAIN), hashed().build().clips(Part.TRAIN));
    assertNotEquals(data.clips(Part.TRAIN), hashed().seed(1).build().clips(Part.TRAIN));
  }

  @Test
  void fractionsCanBeChosen() throws IOException {
    SpeechCommands data = hashed().unknownFraction(0.05).silenceFraction(0).build();
    int[] counts = data.labelCounts(Part.TRAIN);
    int known = Arrays.stream(counts).skip(2).sum();
    assertEquals((int) Math.ceil(0.05 * known), counts[1]);
    assertEquals(0, counts[0]);
  }

  @Test
  void listsDecide() throws IOException {
    Path own = TestFolders.official(folder.resolve("own"), 3);
    String validation = "yes/" + TestFolders.speaker(0) + "_nohash_0.wav";
    String test = "cat/" + TestFolders.speaker(1) + "_nohash_0.wav";
    var missing =
        assertThrows(
            InvalidSpeechFolderException.class, () -> SpeechCommands.builder().folder(own).build());
    assertTrue(missing.getMessage().contains(own + ": no validation_list.txt"));
    Files.writeString(own.resolve("validation_list.txt"), validation + "\n");
    Files.writeString(own.resolve("testing_list.txt"), test + "\n");
    SpeechCommands data =
        SpeechCommands.builder()
            .folder(own)
            .classes(new SpeechClasses(List.of("yes", "cat"), false, false))
            .build();
    assertEquals(Set.of(validation + "@0"), keys(data.clips(Part.VALIDATION)));
    assertEquals(Set.of(test + "@0"), keys(data.clips(Part.TEST)));
    assertEquals(4, data.clips(Part.TRAIN).size());

    Files.writeString(own.resolve("testing_list.txt"), test + "\nyes/nobody.wav\n");
    var absent =
        assertThrows(
            InvalidSpeechFolderException.class, () -> SpeechCommands.builder().folder(own).build());
    assertTrue(
        absent
            .getMessage()
            .contains(
                "has 1 clip that is not there, such as yes/nobody.wav; --split hash needs no lists"));
    Files.writeString(own.resolve("testing_list.txt"), validation);
    var both =
        assertThrows(
            InvalidSpeechFolderException.class, () -> SpeechCommands.builder().folder(own).build());
    assertTrue(both.getMessage().contains("is in validation_list.txt and in testing_list.txt"));
  }

  private static SpeechCommands.Builder words(Path folder, String... words) {
    return SpeechCommands.builder()
        .folder(folder)
        .split(Split.SEEDED_SPEAKERS)
        .classes(new SpeechClasses(List.of(words), false, false));
  }

  private static int clips(SpeechCommands data) {
    return Arrays.stream(Part.values()).mapToInt(part -> data.clips(part).size()).sum();
  }

  @Test
  void endingsMayHaveLettersOfAnyCase() throws IOException {
    for (String word : List.of("yes", "no")) {
      for (String ending : List.of("wav", "WAV", "Wav", "wAv")) {
        TestWavs.write(folder, word + "/x." + ending, 1, 800);
      }
    }
    TestWavs.write(folder, "_background_noise_/hum.WAV", 2, 16_000);
    SpeechCommands data = words(folder, "yes", "no").build();
    assertEquals(8, clips(data));
    assertTrue(data.hasNoise());
    assertEquals(List.of(), data.notes());
    Files.writeString(folder.resolve("validation_list.txt"), "yes/x.wav\n");
    Files.writeString(folder.resolve("testing_list.txt"), "no/x.WAV\n");
    SpeechCommands listed = words(folder, "yes", "no").split(Split.OFFICIAL_LISTS).build();
    assertEquals(4, listed.clips(Part.VALIDATION).size());
    assertEquals(4, listed.clips(Part.TEST).size());
  }

  @Test
  void whatIsNoClipIsNamedOnce() throws IOException {
    TestFolders.official(folder, 20);
    SpeechCommands.Builder builder = SpeechCommands.builder().folder(folder);
    builder.split(Split.SPEAKER_HASH);
    for (String hidden : List.of("yes/._x.wav", "no/.DS_Store", ".git/x.flac", "README.md")) {
      Path file = folder.resolve(hidden);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }
    assertEquals(List.of(), builder.build().notes());
    int before = clips(builder.build());
    List<String> others =
        List.of("yes/a.wave", "no/b.flac", "up/more/c.wav", "_background_noise_/d.mp3", "e.wav");
    for (String other : others) {
      TestWavs.write(folder, other, 3, 800);
    }
    TestWavs.write(folder, "_else_/f.wav", 3, 800); // neither a word nor special
    assertEquals(
        List.of(folder + ": left out, being no WORD/NAME.wav: 6, such as _background_noise_/d.mp3"),
        builder.build().notes());
    assertEquals(before, clips(builder.build()));
    Path flac = folder.resolve("own");
    TestWavs.write(flac, "lamp/a.flac", 1, 800);
    TestWavs.write(flac, "door/a.wav", 1, 800);
    assertUnusable(
        flac
            + ": no clip of 'lamp', which is one of the wanted classes; left out, being no"
            + " WORD/NAME.wav: 1, such as lamp/a.flac; there are clips of door",
        words(flac, "door", "lamp"));
    Files.delete(flac.resolve("door/a.wav"));
    assertUnusable(
        flac + ": no WORD/NAME.wav in it; left out, being no WORD/NAME.wav: 1",
        words(flac, "door", "lamp"));
    assertUnusable(
        flac.resolve("lamp/a.flac") + ": is a file; a folder is allowed",
        words(flac.resolve("lamp/a.flac"), "door", "lamp"));
  }

  private static void assertUnusable(String message, SpeechCommands.Builder builder) {
    var e = assertThrows(InvalidSpeechFolderException.class, builder::build);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  @Test
  void listsMayHaveAByteOrderMarkAndBackslashes() throws IOException {
    Path own = TestFolders.official(folder.resolve("own"), 3);
    String clip = TestFolders.speaker(0) + "_nohash_0.wav";
    Path validation = own.resolve("validation_list.txt");
    Files.writeString(own.resolve("testing_list.txt"), "no\\" + clip + "\r\n\r\n");
    SpeechCommands.Builder builder = words(own, "yes", "no").split(Split.OFFICIAL_LISTS);
    Files.writeString(validation, "\uFEFFyes/" + clip + "\r\n");
    assertEquals(Set.of("yes/" + clip + "@0"), keys(builder.build().clips(Part.VALIDATION)));
    assertEquals(Set.of("no/" + clip + "@0"), keys(builder.build().clips(Part.TEST)));
    for (Charset other :
        List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      Files.writeString(validation, "yes/" + clip + "\n", other);
      assertUnusable(validation + ": not UTF-8; a list of clips in UTF-8 allowed", builder);
    }
    Files.write(validation, "caf\u00e9/a.wav".getBytes(StandardCharsets.ISO_8859_1));
    assertUnusable(validation + ": not UTF-8", builder);
    try (FileChannel huge = FileChannel.open(validation, StandardOpenOption.WRITE)) {
      huge.write(ByteBuffer.wrap(new byte[1]), 64 << 20); // takes no room
    }
    assertUnusable(validation + ": more than 67108864 bytes: shorter lists allowed", builder);
    Files.writeString(validation, "");
    assertEquals(0, builder.build().clips(Part.VALIDATION).size());
  }

  @Test
  void everyFolderCanBeAClass() throws IOException {
    for (String word : List.of("lamp", "door", "b\u00e4r")) {
      for (int i = 0; i < 6; i++) {
        TestWavs.write(folder, word + "/anna_nohash_" + i + ".wav", i, 800);
      }
    }
    Files.createDirectory(folder.resolve("empty"));
    SpeechCommands.Builder builder = words(folder, "yes", "no").everyWord(true);
    SpeechCommands data = builder.split(Split.SEEDED_FILES).build();
    assertEquals(List.of("b\u00e4r", "door", "lamp"), data.classes().names());
    assertArrayEquals(new int[] {4, 4, 4}, data.labelCounts(Part.TRAIN));
    assertArrayEquals(new int[] {1, 1, 1}, data.labelCounts(Part.VALIDATION));
    assertArrayEquals(new int[] {1, 1, 1}, data.labelCounts(Part.TEST));
    assertNotEquals(keys(data.clips(Part.TRAIN)), keys(builder.seed(4).build().clips(Part.TRAIN)));
    assertEquals(List.of(), data.notes());
    SpeechCommands others =
        words(folder, "lamp", "door")
            .classes(new SpeechClasses(List.of("lamp", "door", "b\u00e4r"), true, false))
            .split(Split.SEEDED_FILES)
            .build();
    assertEquals(List.of(folder + ": no clip for training of _unknown_"), others.notes());
  }

  @Test
  void aTestSetAloneIsDividedBySpeakers() throws IOException {
    Path testSet = TestFolders.testSet(folder.resolve("set"), SPEAKERS);
    SpeechCommands data =
        SpeechCommands.builder().folder(testSet).split(Split.SEEDED_SPEAKERS).build();
    assertNoCommonSpeaker(data);
    assertEquals(12 * SPEAKERS * 8 / 10, data.clips(Part.TRAIN).size());
    assertEquals(12 * SPEAKERS / 10, data.clips(Part.VALIDATION).size());
    assertEquals(12 * SPEAKERS / 10, data.clips(Part.TEST).size());
    for (Part part : Part.values()) {
      assertEquals(1, Arrays.stream(data.labelCounts(part)).distinct().count());
    }
    SpeechCommands other =
        SpeechCommands.builder().folder(testSet).split(Split.SEEDED_SPEAKERS).seed(1).build();
    assertNotEquals(keys(data.clips(Part.TEST)), keys(other.clips(Part.TEST)));

    SpeechCommands words =
        SpeechCommands.builder()
            .folder(testSet)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "cat", "dog"), false, false))
            .build();
    int[] counts = new int[3];
    for (Part part : Part.values()) {
      for (int label = 0; label < 3; label++) {
        counts[label] += words.labelCounts(part)[label];
      }
    }
    assertArrayEquals(new int[] {SPEAKERS, SPEAKERS / 2, SPEAKERS / 2}, counts);
  }

  @Test
  void aTestFolderIsAllForTesting() throws IOException {
    Path testSet = TestFolders.testSet(folder.resolve("set"), 3);
    SpeechCommands data = hashed().testFolder(testSet).build();
    assertEquals(36, data.clips(Part.TEST).size());
    assertTrue(data.clips(Part.TEST).stream().allMatch(c -> c.file().startsWith(testSet)));
    assertEquals(hashed().build().clips(Part.TRAIN), data.clips(Part.TRAIN));
    assertRefused(
        "split = SEEDED_SPEAKERS: with a test folder",
        hashed().testFolder(testSet).split(Split.SEEDED_SPEAKERS));
  }

  @Test
  void samplesArePaddedAndCut() throws IOException {
    TestWavs.write(folder, "yes/short.wav", 1, 9_000);
    TestWavs.write(folder, "yes/long.wav", 2, 20_000);
    TestWavs.write(folder, "no/a.wav", 3, 16_000);
    TestWavs.write(folder, "no/b.wav", 4, 16_000);
    SpeechCommands data =
        SpeechCommands.builder()
            .folder(folder)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "no"), false, false))
            .build();
    List<Clip> clips = new ArrayList<>();
    for (Part part : Part.values()) {
      clips.addAll(data.clips(part));
    }
    assertEquals(4, clips.size());
    for (Clip clip : clips) {
      float[] samples = data.samples(clip);
      assertEquals(16_000, samples.length);
      if (clip.file().endsWith("short.wav")) {
        assertNotEquals(0, samples[8_990] + samples[8_995]);
        assertEquals(0, samples[9_000]);
      }
    }
  }

  @Test
  void silenceIsCutFromNoise() throws IOException {
    SpeechCommands data = hashed().build();
    Clip silence =
        data.clips(Part.TRAIN).stream()
            .filter(clip -> clip.file().endsWith("hum.wav") && clip.start() > 0)
            .findFirst()
            .orElseThrow();
    float[] noise = WavFile.read(silence.file(), 16_000);
    float[] samples = data.samples(silence);
    assertEquals(16_000, samples.length);
    assertEquals(noise[silence.start() + 77], samples[77]);
  }

  @Test
  void hashDependsOnLabelsAndSound() throws IOException {
    SpeechClasses classes = new SpeechClasses(List.of("yes", "no"), false, false);
    SpeechClasses swapped = new SpeechClasses(List.of("no", "yes"), false, false);
    String hash = hashed().classes(classes).build().sha256(Part.TEST);
    assertEquals(64, hash.length());
    assertEquals(hash, hashed().classes(classes).build().sha256(Part.TEST));
    assertNotEquals(hash, hashed().classes(swapped).build().sha256(Part.TEST));
    assertNotEquals(hash, hashed().classes(classes).build().sha256(Part.VALIDATION));
  }

  @Test
  void unusableFoldersAreNamed() throws IOException {
    assertUnusable(folder.resolve("nowhere") + ": no such folder", folder.resolve("nowhere"));
    assertUnusable(folder + ": no WORD/NAME.wav in it", folder);
    TestWavs.write(folder, "yes/a.wav", 1, 16_000);
    assertUnusable(folder + ": no clip of 'no', which is one of", folder);
    for (String word : SpeechClasses.twelve().words()) {
      TestWavs.write(folder, word + "/a.wav", 1, 16_000);
    }
    assertUnusable(folder + ": silence needs a folder _background_noise_ or _silence_", folder);
    Path noise = TestWavs.write(folder, "_background_noise_/short.wav", 1, 15_999);
    var e =
        assertThrows(
            InvalidWavException.class,
            () -> SpeechCommands.builder().folder(folder).split(Split.SPEAKER_HASH).build());
    assertEquals(noise + ": noise of 15999 samples, 16000 or more allowed", e.getMessage());
  }

  private static void assertUnusable(String message, Path folder) {
    var e =
        assertThrows(
            InvalidSpeechFolderException.class,
            () -> SpeechCommands.builder().folder(folder).split(Split.SPEAKER_HASH).build());
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  @Test
  void optionsAreChecked() throws IOException {
    assertRefused("folder = null: either it or a download", SpeechCommands.builder());
    assertRefused("seed = -1: 0 or more", hashed().seed(-1));
    assertRefused("unknownFraction = 1.5: 0 to 1", hashed().unknownFraction(1.5));
    assertRefused("silenceFraction = NaN: 0 to 1", hashed().silenceFraction(Double.NaN));
    assertRefused("classes = null", hashed().classes(null));
    assertRefused("split = null", hashed().split(null));
    assertClassesRefused("words = [a, a]: each word once", List.of("a", "a"));
    assertClassesRefused("words = [a]: two or more classes", List.of("a"));
    assertClassesRefused("words = _unknown_: folder names", List.of("_unknown_", "a"));
    assertClassesRefused("words = ../a: folder names", List.of("../a", "b"));
    assertClassesRefused("words = a,b: folder names", List.of("a,b", "b"));
    assertClassesRefused("words = a\"b: folder names", List.of("a\"b", "b"));
    assertEquals(35, SpeechClasses.allWords().names().size());
    assertEquals(3, new SpeechClasses(List.of("a"), true, true).names().size());
  }

  private static void assertClassesRefused(String message, List<String> words) {
    var e =
        assertThrows(IllegalArgumentException.class, () -> new SpeechClasses(words, false, false));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private static void assertRefused(String message, SpeechCommands.Builder builder) {
    var e = assertThrows(IllegalArgumentException.class, builder::build);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  /** The archive comes from a local file here: it is refused, not being the official one. */
  @Test
  void downloadsTheOfficialArchive() throws IOException {
    assertEquals(2_428_923_189L, SpeechCommands.ARCHIVE.bytes());
    Path fake = Files.writeString(folder.resolve("fake.tar.gz"), "no archive");
    String property = SpeechCommands.ARCHIVE.property();
    System.setProperty(property, fake.toString());
    try {
      DownloadCache cache = new DownloadCache(folder.resolve("cache"), DownloadProgress.NONE);
      var e =
          assertThrows(
              DownloadException.class, () -> SpeechCommands.builder().download(cache).build());
      assertEquals(
          fake + ": 10 bytes, but speech_commands_v0.02.tar.gz has 2428923189", e.getMessage());
    } finally {
      System.clearProperty(property);
    }
  }

  /** Needs the content of the official test set: {@code -Dgle.data.speech=DIR}. */
  @Test
  void readsTheOfficialTestSet() throws IOException {
    String given = System.getProperty(DATA_PROPERTY);
    Assumptions.assumeTrue(given != null, "no folder given by -D" + DATA_PROPERTY);
    Path testSet = Path.of(given);
    SpeechCommands whole =
        SpeechCommands.builder().folder(testSet).split(Split.SPEAKER_HASH).build();
    assertEquals(
        0, whole.clips(Part.TRAIN).stream().filter(c -> c.speaker().length() == 8).count());
    SpeechCommands data =
        SpeechCommands.builder().folder(testSet).split(Split.SEEDED_SPEAKERS).build();
    assertNoCommonSpeaker(data);
    int clips = 0;
    Map<String, Part> contents = new HashMap<>();
    FeatureCache hashes = new FeatureCache(folder, FeatureOptions.melSpectrogram());
    for (Part part : Part.values()) {
      clips += data.clips(part).size();
      for (Clip clip : data.clips(part)) {
        Part other = contents.put(hashes.key(data.samples(clip)), part);
        assertTrue(other == null || other == part, "the same sound in two parts: " + clip);
      }
    }
    assertEquals(4890, clips);
    assertEquals(489, data.clips(Part.VALIDATION).size(), 40);
    assertEquals(489, data.clips(Part.TEST).size(), 40);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static io.github.gle4j.speech.FeatureOptions.require;

import io.github.gle4j.download.Archive;
import io.github.gle4j.download.DownloadCache;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The clips of Google Speech Commands 0.02 or of a folder like it: classes, and parts without a
 * common speaker.
 *
 * <pre>{@code
 * SpeechCommands official = SpeechCommands.builder().download(new DownloadCache()).build();
 * SpeechCommands own = SpeechCommands.builder()
 *     .folder(Path.of("recordings")).split(Split.SEEDED_SPEAKERS).build();
 * }</pre>
 *
 * <p>Building lists the files and reads the background noise; clips are read when they are needed.
 * The object never changes afterwards, so any number of iterators and threads can share it.
 */
public final class SpeechCommands {
  /** Samples per second. */
  public static final int SAMPLE_RATE = FeatureOptions.melSpectrogram().sampleRate();

  /** Samples of a clip: one second. */
  public static final int CLIP_SAMPLES = FeatureOptions.melSpectrogram().clipSamples();

  private static final String ADDRESS =
      "https://storage.googleapis.com/download.tensorflow.org/data/";

  /** All recordings: words, background noise and the official lists. */
  public static final Archive ARCHIVE =
      archive(
          "speech_commands_v0.02.tar.gz",
          2_428_923_189L,
          "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58");

  /** The clips published accuracies are measured on: ten words, unknown words, and silence. */
  public static final Archive TEST_ARCHIVE =
      archive(
          "speech_commands_test_set_v0.02.tar.gz",
          112_563_277L,
          "cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df");

  private final Path folder;
  private final SpeechClasses classes;
  private final List<float[]> noise;
  private final Map<Path, float[]> noiseByFile = new HashMap<>();
  private final Map<Part, List<Clip>> clips = new EnumMap<>(Part.class);
  private final List<String> notes;

  private SpeechCommands(Builder options) throws IOException {
    SpeechFolder source = SpeechFolder.of(options.folder);
    folder = options.folder;
    classes = options.everyWord ? everyWord(source, options.classes) : options.classes;
    noise = source.noise(SAMPLE_RATE, CLIP_SAMPLES);
    for (int i = 0; i < noise.size(); i++) {
      noiseByFile.put(source.noiseFiles().get(i), noise.get(i));
    }
    Map<Part, List<Recording>> parts = source.divided(options.split, options.seed);
    List<SpeechFolder> sources = new ArrayList<>(List.of(source));
    if (options.testFolder != null) {
      SpeechFolder test = SpeechFolder.of(options.testFolder);
      parts.put(Part.TEST, test.recordings());
      sources.add(test);
    }
    requireEveryWord(source);
    for (Part part : Part.values()) {
      clips.put(part, new Labelling(options, source, part).clips(parts.get(part)));
    }
    notes = notes(sources);
  }

  private static SpeechClasses everyWord(SpeechFolder source, SpeechClasses others) {
    return new SpeechClasses(source.words(), others.unknown(), others.silence());
  }

  private List<String> notes(List<SpeechFolder> sources) {
    List<String> lines = new ArrayList<>();
    for (SpeechFolder source : sources) {
      source.leftOut(source.path()).ifPresent(words -> lines.add(source.path() + ": " + words));
    }
    int[] trained = labelCounts(Part.TRAIN);
    List<String> untrained = new ArrayList<>(classes.names());
    untrained.removeIf(name -> trained[classes.names().indexOf(name)] > 0);
    if (!clips(Part.TRAIN).isEmpty() && !untrained.isEmpty()) {
      lines.add(folder + ": no clip for training of " + String.join(", ", untrained));
    }
    return List.copyOf(lines);
  }

  private static Archive archive(String name, long bytes, String sha256) {
    return new Archive(name, URI.create(ADDRESS + name), bytes, sha256);
  }

  private void requireEveryWord(SpeechFolder source) throws IOException {
    for (String word : classes.words()) {
      if (source.recordings().stream().noneMatch(each -> isOf(word, each))) {
        throw new InvalidSpeechFolderException(
            folder
                + ": no clip of '"
                + word
                + "', which is one of the wanted classes"
                + source.leftOut(folder.resolve(word)).map(words -> "; " + words).orElse("")
                + "; there are clips of "
                + String.join(", ", source.folders()));
      }
    }
  }

  /** Clips of the unknown folder are of their words when unknown is no class. */
  private boolean isOf(String word, Recording recording) {
    return classes.unknown() ? recording.folder().equals(word) : recording.word().equals(word);
  }

  /**
   * A builder for the twelve classes of the published task, divided by the official lists.
   *
   * @return the builder; it still needs a folder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The folder the clips are in.
   *
   * @return the folder
   */
  public Path folder() {
    return folder;
  }

  /**
   * The classes.
   *
   * @return the classes
   */
  public SpeechClasses classes() {
    return classes;
  }

  /**
   * The clips of a part, class after class.
   *
   * @param part the part
   * @return an unmodifiable list, empty when the split leaves the part nothing
   */
  public List<Clip> clips(Part part) {
    return clips.get(part);
  }

  /**
   * What a user should know: what was left out because it is no clip, and which classes have no
   * clip for training.
   *
   * @return an unmodifiable list of lines, each of which names the folder; mostly empty
   */
  public List<String> notes() {
    return notes;
  }

  /**
   * Whether there are recordings of background noise, which {@link Augmentation} adds.
   *
   * @return true if there is one at least
   */
  public boolean hasNoise() {
    return !noise.isEmpty();
  }

  /**
   * How many clips of a part each class has.
   *
   * @param part the part
   * @return a count for each of {@link SpeechClasses#names()}
   */
  public int[] labelCounts(Part part) {
    int[] counts = new int[classes.names().size()];
    clips(part).forEach(clip -> counts[clip.label()]++);
    return counts;
  }

  /**
   * The sound of a clip, padded with zeros or cut to {@link #CLIP_SAMPLES}.
   *
   * @param clip one of {@link #clips}
   * @return samples between -1 and 1
   * @throws InvalidWavException when the file is damaged, or of a kind that is not read
   * @throws IOException when it cannot be read at all
   */
  public float[] samples(Clip clip) throws IOException {
    float[] recording = noiseByFile.get(clip.file());
    if (recording == null) {
      recording = WavFile.read(clip.file(), SAMPLE_RATE);
    }
    return Arrays.copyOfRange(recording, clip.start(), clip.start() + CLIP_SAMPLES);
  }

  /**
   * SHA-256 of the labels, as little-endian 32-bit integers, and samples, as little-endian 32-bit
   * floats, clip after clip. This reads every clip.
   *
   * @param part the part
   * @return 64 lower-case hexadecimal digits
   * @throws InvalidWavException when a file is damaged, or of a kind that is not read
   * @throws IOException when one cannot be read at all
   */
  public String sha256(Part part) throws IOException {
    MessageDigest digest = newSha256();
    ByteBuffer bytes =
        ByteBuffer.allocate(Integer.BYTES + CLIP_SAMPLES * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (Clip clip : clips(part)) {
      bytes.clear().putInt(clip.label());
      bytes.asFloatBuffer().put(samples(clip));
      digest.update(bytes.array());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The recordings of background noise, each at least as long as a clip. */
  List<float[]> noise() {
    return noise;
  }

  /** Chooses the clips of one part. */
  private final class Labelling {
    private final Builder options;
    private final SpeechFolder source;
    private final Part part;
    private final List<String> names = classes.names();
    private final List<Clip> chosen = new ArrayList<>();

    Labelling(Builder options, SpeechFolder source, Part part) {
      this.options = options;
      this.source = source;
      this.part = part;
    }

    List<Clip> clips(List<Recording> recordings) throws IOException {
      for (String word : classes.words()) {
        add(recordings.stream().filter(each -> isOf(word, each)).toList(), word);
      }
      int known = chosen.size();
      if (classes.unknown()) {
        addUnknown(recordings, share(known, options.unknownFraction));
      }
      if (classes.silence()) {
        addSilence(recordings, share(known, options.silenceFraction));
      }
      chosen.sort(Comparator.comparingInt(Clip::label)); // keeps the order within a class
      return List.copyOf(chosen);
    }

    /** Rounded up, as in the published split: 36 923, 4 445 and 4 890 clips. */
    private static int share(int known, double fraction) {
      return (int) Math.ceil(known * fraction);
    }

    private void add(List<Recording> recordings, String name) {
      int label = names.indexOf(name);
      recordings.forEach(each -> chosen.add(new Clip(each.file(), 0, each.speaker(), label)));
    }

    private void addUnknown(List<Recording> recordings, int count) {
      List<Recording> given = in(SpeechClasses.UNKNOWN, recordings);
      if (!given.isEmpty()) {
        add(given, SpeechClasses.UNKNOWN);
        return;
      }
      List<Recording> others =
          new ArrayList<>(
              recordings.stream()
                  .filter(each -> !each.folder().startsWith("_"))
                  .filter(each -> !classes.words().contains(each.folder()))
                  .toList());
      Collections.shuffle(others, random(SpeechClasses.UNKNOWN));
      List<Recording> sample = new ArrayList<>(others.subList(0, Math.min(count, others.size())));
      sample.sort(Comparator.comparing(Recording::key));
      add(sample, SpeechClasses.UNKNOWN);
    }

    private void addSilence(List<Recording> recordings, int count) throws IOException {
      List<Recording> given = in(SpeechClasses.SILENCE, recordings);
      if (!given.isEmpty()) {
        add(given, SpeechClasses.SILENCE);
        return;
      }
      if (noise.isEmpty() && count > 0) {
        throw new InvalidSpeechFolderException(
            folder
                + ": silence needs a folder "
                + SpeechFolder.NOISE
                + " or "
                + SpeechClasses.SILENCE
                + " with WAV files");
      }
      Random random = random(SpeechClasses.SILENCE);
      int label = names.indexOf(SpeechClasses.SILENCE);
      for (int i = 0; i < count; i++) {
        int recording = random.nextInt(noise.size());
        int start = random.nextInt(noise.get(recording).length - CLIP_SAMPLES + 1);
        Path file = source.noiseFiles().get(recording);
        chosen.add(new Clip(file, start, Recording.of(file).key(), label));
      }
    }

    private static List<Recording> in(String name, List<Recording> recordings) {
      return recordings.stream().filter(each -> each.folder().equals(name)).toList();
    }

    private Random random(String purpose) {
      return Seeds.random(options.seed, (part.name() + purpose).hashCode());
    }
  }

  /** Collects what is wanted. */
  public static final class Builder {
    private Path folder;
    private Path testFolder;
    private DownloadCache cache;
    private SpeechClasses classes = SpeechClasses.twelve();
    private boolean everyWord;
    private Split split = Split.OFFICIAL_LISTS;
    private double unknownFraction = 0.1;
    private double silenceFraction = 0.1;
    private int seed = 0;

    private Builder() {}

    /**
     * A folder you have: a folder of WAV files for each word, as in the official archives. Special
     * folders, used if they are there: {@code _background_noise_}; {@code _silence_} and {@code
     * _unknown_}, which hold the clips of these classes, chosen already.
     *
     * @param folder the folder
     * @return this builder
     */
    public Builder folder(Path folder) {
      this.folder = folder;
      return this;
    }

    /**
     * A folder of clips that are all for testing, such as the official test set. The clips for
     * testing in the {@link #folder} are not used then.
     *
     * @param testFolder the folder; null, the default, for none
     * @return this builder
     */
    public Builder testFolder(Path testFolder) {
      this.testFolder = testFolder;
      return this;
    }

    /**
     * Takes the official archives instead of a folder, downloading 2.5 GB if they are not there
     * yet. With the twelve classes, the official test set is for testing.
     *
     * @param cache where the archives are kept
     * @return this builder
     */
    public Builder download(DownloadCache cache) {
      this.cache = cache;
      return this;
    }

    /**
     * What is to be told apart.
     *
     * @param classes the classes, default {@link SpeechClasses#twelve()}
     * @return this builder
     */
    public Builder classes(SpeechClasses classes) {
      this.classes = classes;
      return this;
    }

    /**
     * Whether every word that has a folder is a class, in alphabetical order, instead of those of
     * {@link #classes}, which only say then whether unknown words and silence are.
     *
     * @param everyWord default false
     * @return this builder
     */
    public Builder everyWord(boolean everyWord) {
      this.everyWord = everyWord;
      return this;
    }

    /**
     * How clips are divided into parts.
     *
     * @param split the split, default {@link Split#OFFICIAL_LISTS}
     * @return this builder
     */
    public Builder split(Split split) {
      this.split = split;
      return this;
    }

    /**
     * The number of unknown words as a part of that of the known ones; they are chosen at random
     * among the other words. It does not matter where there is a folder {@code _unknown_}.
     *
     * @param unknownFraction 0 to 1, default 0.1
     * @return this builder
     */
    public Builder unknownFraction(double unknownFraction) {
      this.unknownFraction = unknownFraction;
      return this;
    }

    /**
     * The number of silent clips as a part of that of the known words; they are cut at random from
     * the background noise. It does not matter where there is a folder {@code _silence_}.
     *
     * @param silenceFraction 0 to 1, default 0.1
     * @return this builder
     */
    public Builder silenceFraction(double silenceFraction) {
      this.silenceFraction = silenceFraction;
      return this;
    }

    /**
     * Seed of every choice at random: unknown words, silence, and the splits by a seed.
     *
     * @param seed 0 or more, default 0
     * @return this builder
     */
    public Builder seed(int seed) {
      this.seed = seed;
      return this;
    }

    /**
     * Downloads the archives if that is wanted, and chooses the clips.
     *
     * @return the clips
     * @throws IllegalArgumentException when a value is outside its range or contradicts another
     * @throws InvalidSpeechFolderException when the folder does not have what is needed
     * @throws io.github.gle4j.download.DownloadException when an archive cannot be had
     * @throws IOException when the folder or its background noise cannot be read
     */
    public SpeechCommands build() throws IOException {
      require((folder == null) != (cache == null), "folder", folder, "either it or a download");
      require(classes != null, "classes", classes, "those of SpeechClasses");
      require(split != null, "split", split, "a Split");
      requireFraction("unknownFraction", unknownFraction);
      requireFraction("silenceFraction", silenceFraction);
      require(seed >= 0, "seed", seed, "0 or more");
      if (cache != null) {
        folder = cache.extracted(ARCHIVE);
        if (testFolder == null && !everyWord && classes.equals(SpeechClasses.twelve())) {
          testFolder = cache.extracted(TEST_ARCHIVE);
        }
        cache = null;
      }
      require(
          testFolder == null || split == Split.OFFICIAL_LISTS || split == Split.SPEAKER_HASH,
          "split",
          split,
          "with a test folder, whose speakers might train, only the official ones");
      return new SpeechCommands(this);
    }

    private static void requireFraction(String option, double value) {
      require(value >= 0 && value <= 1, option, value, "0 to 1");
    }
  }
}

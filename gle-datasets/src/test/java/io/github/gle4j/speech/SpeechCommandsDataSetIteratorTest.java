// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;

class SpeechCommandsDataSetIteratorTest {
  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SpeechCommands data;

  @BeforeAll
  static void makeClips() throws IOException {
    TestFolders.official(shared, 12);
    data = SpeechCommands.builder().folder(shared).split(Split.SEEDED_SPEAKERS).build();
  }

  private static SpeechCommandsDataSetIterator.Builder train() {
    return SpeechCommandsDataSetIterator.builder().data(data).batchSize(20);
  }

  private static List<DataSet> epoch(SpeechCommandsDataSetIterator iterator) {
    List<DataSet> batches = new ArrayList<>();
    while (iterator.hasNext()) {
      batches.add(iterator.next());
    }
    return batches;
  }

  private static void assertSameBatches(List<DataSet> expected, List<DataSet> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).getFeatures(), actual.get(i).getFeatures(), "batch " + i);
      assertEquals(expected.get(i).getLabels(), actual.get(i).getLabels(), "batch " + i);
    }
  }

  @Test
  void batchesHoldTheClipsInOrder() throws IOException {
    SpeechCommandsDataSetIterator iterator = train().build();
    List<Clip> clips = data.clips(Part.TRAIN);
    assertEquals(clips.size(), iterator.size());
    assertEquals(32, iterator.inputColumns());
    assertEquals(12, iterator.totalOutcomes());
    assertEquals(20, iterator.batch());
    assertEquals(data.classes().names(), iterator.getLabels());
    assertTrue(iterator.resetSupported());
    assertFalse(iterator.asyncSupported());
    FeatureExtractor extractor = new FeatureExtractor(FeatureOptions.melSpectrogram());
    int place = 0;
    for (DataSet batch : epoch(iterator)) {
      int count = Math.min(20, clips.size() - place);
      INDArray features = batch.getFeatures();
      assertArrayEquals(new long[] {count, 32, 820}, features.shape());
      assertArrayEquals(new long[] {count, 12}, batch.getLabels().shape());
      assertArrayEquals(new long[] {1, count, 32L * count}, features.stride());
      for (int i = 0; i < count; i++, place++) {
        Clip clip = clips.get(place);
        assertEquals(1, batch.getLabels().getDouble(i, clip.label()));
        assertEquals(1, batch.getLabels().getRow(i).sumNumber().doubleValue());
        if (i % 7 == 0) {
          float[][] windows = extractor.extract(data.samples(clip));
          for (int step : new int[] {0, 10, 11, 400, 819}) {
            for (int row : new int[] {0, 9, 31}) {
              float[] upsampled = new float[820];
              Upsampling.upsample(windows[row], 1, 20, upsampled);
              assertEquals(upsampled[step], features.getFloat(i, row, step), 1e-6f);
            }
          }
        }
      }
    }
    assertEquals(clips.size(), place);
    assertThrows(NoSuchElementException.class, iterator::next);
    iterator.reset();
    assertTrue(iterator.hasNext());
  }

  @Test
  void anyBatchSizeGivesTheSameClips() {
    SpeechCommandsDataSetIterator iterator = train().shuffleSeed(3).build();
    INDArray all = iterator.next(iterator.size()).getFeatures();
    SpeechCommandsDataSetIterator other = train().shuffleSeed(3).batchSize(1).build();
    int place = 0;
    for (int num : new int[] {1, 2, 7, 8, 9, 1000}) {
      INDArray features = other.next(num).getFeatures();
      for (int i = 0; i < features.size(0); i++, place++) {
        assertEquals(all.getFloat(place, 5, 300), features.getFloat(i, 5, 300));
      }
    }
    assertEquals(iterator.size(), place);
    assertThrows(IllegalArgumentException.class, () -> other.next(0));
  }

  @Test
  void labelsPerStep() {
    INDArray labels = train().labelsPerStep(true).build().next(3).getLabels();
    assertArrayEquals(new long[] {3, 12, 820}, labels.shape());
    INDArray once = train().build().next(3).getLabels();
    for (int step : new int[] {0, 411, 819}) {
      for (int i = 0; i < 3; i++) {
        for (int label = 0; label < 12; label++) {
          assertEquals(once.getFloat(i, label), labels.getFloat(i, label, step));
        }
      }
    }
  }

  @Test
  void sameSeedSameBatchesForAnyNumberOfThreads() {
    List<List<DataSet>> epochs = new ArrayList<>();
    for (int threads : new int[] {1, 2, 5}) {
      try (SpeechCommandsDataSetIterator iterator =
          train()
              .shuffleSeed(3)
              .augmentation(Augmentation.published(), 4)
              .threads(threads)
              .build()) {
        List<DataSet> both = new ArrayList<>(epoch(iterator));
        iterator.reset();
        both.addAll(epoch(iterator));
        epochs.add(both);
      }
    }
    assertSameBatches(epochs.get(0), epochs.get(1));
    assertSameBatches(epochs.get(0), epochs.get(2));
    List<DataSet> both = epochs.get(0);
    assertNotEquals(both.get(0).getFeatures(), both.get(both.size() / 2).getFeatures());
  }

  @Test
  void anInterruptedEpochDoesNotMatter() {
    SpeechCommandsDataSetIterator whole = train().shuffleSeed(3).build();
    epoch(whole);
    whole.reset();
    SpeechCommandsDataSetIterator part = train().shuffleSeed(3).build();
    part.next();
    part.reset();
    assertSameBatches(epoch(whole), epoch(part));
  }

  @Test
  void shufflesEveryClipIntoItsOwnPlace() {
    SpeechCommandsDataSetIterator iterator = train().shuffleSeed(3).build();
    SpeechCommandsDataSetIterator given = train().build();
    int size = iterator.size();
    Set<String> first = fingerprints(iterator.next(size));
    assertEquals(size, first.size());
    assertEquals(fingerprints(given.next(size)), first);
    List<Float> orderOfFirst = values(train().shuffleSeed(3).build().next(size));
    iterator.reset();
    DataSet second = iterator.next(size);
    assertEquals(first, fingerprints(second));
    assertNotEquals(orderOfFirst, values(second));
    assertNotEquals(orderOfFirst, values(train().shuffleSeed(4).build().next(size)));
  }

  private static Set<String> fingerprints(DataSet batch) {
    Set<String> result = new HashSet<>();
    for (int i = 0; i < batch.numExamples(); i++) {
      result.add(
          batch.getFeatures().getFloat(i, 3, 77) + " " + batch.getFeatures().getFloat(i, 20, 500));
    }
    return result;
  }

  private static List<Float> values(DataSet batch) {
    List<Float> result = new ArrayList<>();
    for (int i = 0; i < batch.numExamples(); i++) {
      result.add(batch.getFeatures().getFloat(i, 3, 77));
    }
    return result;
  }

  @Test
  void balancedEpochsHaveAsManyOfEachClass() throws IOException {
    Path own = folder.resolve("own");
    for (int i = 0; i < 100; i++) {
      TestWavs.write(own, (i < 90 ? "yes/" : "no/") + i + ".wav", i, 600);
    }
    SpeechCommands unequal =
        SpeechCommands.builder()
            .folder(own)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "no"), false, false))
            .build();
    SpeechCommandsDataSetIterator iterator =
        train().data(unequal).shuffleSeed(1).balanced(true).build();
    int[] unbalanced = unequal.labelCounts(Part.TRAIN);
    double[] drawn = new double[2];
    for (int epoch = 0; epoch < 10; epoch++) {
      for (DataSet batch : epoch(iterator)) {
        drawn[0] += batch.getLabels().getColumn(0).sumNumber().doubleValue();
        drawn[1] += batch.getLabels().getColumn(1).sumNumber().doubleValue();
      }
      iterator.reset();
    }
    assertTrue(unbalanced[0] > 6 * unbalanced[1]);
    assertEquals(10 * iterator.size(), drawn[0] + drawn[1]);
    assertEquals(0.5, drawn[1] / (drawn[0] + drawn[1]), 0.06); // 4 standard deviations of 800
  }

  @Test
  void cepstralCoefficientsHaveTheirShape() {
    SpeechCommandsDataSetIterator iterator = train().features(FeatureOptions.mfcc(10)).build();
    assertArrayEquals(new long[] {20, 10, 49}, iterator.next().getFeatures().shape());
    NormalizerStandardize normaliser = new NormalizerStandardize();
    normaliser.fit(iterator);
    iterator.reset();
    iterator.setPreProcessor(normaliser);
    assertSame(normaliser, iterator.getPreProcessor());
    INDArray features = iterator.next(iterator.size()).getFeatures();
    assertEquals(0, features.mean(0, 2).getDouble(0), 1e-3);
    assertEquals(1, features.std(0, 2).getDouble(0), 1e-2);
  }

  @Test
  void theCacheGivesTheSameAndIsRepaired() throws IOException {
    Path cache = folder.resolve("cache");
    List<DataSet> without = epoch(train().build());
    assertSameBatches(without, epoch(train().cacheFolder(cache).build()));
    List<Path> entries = files(cache);
    Set<String> sounds = new HashSet<>();
    for (Clip clip : data.clips(Part.TRAIN)) {
      sounds.add(Arrays.toString(data.samples(clip)));
    }
    assertEquals(sounds.size(), entries.size());
    for (int i = 0; i < entries.size(); i++) {
      Files.setLastModifiedTime(entries.get(i), FileTime.fromMillis(1000));
      byte[] bytes = Files.readAllBytes(entries.get(i));
      assertEquals(12 + 4 * 41 * 32, bytes.length);
      switch (i) {
        case 0 -> bytes[1000] ^= 1;
        case 1 -> bytes = Arrays.copyOf(bytes, 100);
        case 2 -> bytes = new byte[0];
        case 3 -> bytes = Arrays.copyOf(bytes, bytes.length + 1);
        case 4 -> bytes[0] ^= 1;
        default -> {
          continue;
        }
      }
      Files.write(entries.get(i), bytes);
    }
    SpeechCommandsDataSetIterator iterator = train().cacheFolder(cache).build();
    assertSameBatches(without, epoch(iterator));
    iterator.reset();
    assertSameBatches(without, epoch(iterator));
    assertEquals(entries, files(cache));
    for (int i = 0; i < entries.size(); i++) {
      boolean replaced = Files.getLastModifiedTime(entries.get(i)).toMillis() != 1000;
      assertEquals(i < 5, replaced, "entry " + i);
    }
    FeatureOptions others = FeatureOptions.melSpectrogram().toBuilder().floor(1e-6).build();
    epoch(train().features(others).cacheFolder(cache).build());
    assertEquals(2 * entries.size(), files(cache).size());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void aChangedFileIsNotTakenForTheOldOne() throws IOException {
    Path own = folder.resolve("own");
    for (String name : List.of("yes/a", "yes/b", "yes/c", "no/a", "no/b", "no/c")) {
      TestWavs.write(own, name + ".wav", name.hashCode(), 16_000);
    }
    SpeechCommands few =
        SpeechCommands.builder()
            .folder(own)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "no"), false, false))
            .build();
    Path cache = folder.resolve("cache");
    epoch(train().data(few).cacheFolder(cache).build());
    TestWavs.write(few.clips(Part.TRAIN).get(0).file(), "", 99, 16_000);
    assertSameBatches(
        epoch(train().data(few).build()), epoch(train().data(few).cacheFolder(cache).build()));
  }

  @Test
  void aDamagedClipIsNamedAtItsPlace() throws IOException {
    Path own = folder.resolve("own");
    for (int i = 0; i < 40; i++) {
      TestWavs.write(own, (i % 2 == 0 ? "yes/" : "no/") + i + ".wav", i, 600);
    }
    SpeechCommands damaged =
        SpeechCommands.builder()
            .folder(own)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "no"), false, false))
            .build();
    Path bad = damaged.clips(Part.TRAIN).get(20).file();
    byte[] good = Files.readAllBytes(bad);
    Files.write(bad, new byte[100]);
    List<DataSet> expected = new ArrayList<>();
    Files.write(bad, good);
    train().data(damaged).batchSize(7).build().forEachRemaining(expected::add);
    Files.write(bad, new byte[100]);
    SpeechCommandsDataSetIterator iterator = train().data(damaged).batchSize(7).build();
    assertEquals(expected.get(0).getFeatures(), iterator.next().getFeatures());
    assertEquals(expected.get(1).getFeatures(), iterator.next().getFeatures());
    for (int attempt = 0; attempt < 2; attempt++) {
      var e = assertThrows(UncheckedIOException.class, iterator::next);
      assertTrue(e.getMessage().startsWith(bad + ": begins with '????'"), e::getMessage);
      assertTrue(e.getCause() instanceof InvalidWavException);
    }
    Files.write(bad, good);
    assertSameBatches(expected.subList(2, expected.size()), epoch(iterator));
    iterator.reset();
    assertSameBatches(expected, epoch(iterator));
  }

  @Test
  void anInterruptedWaitLosesNothing() {
    List<DataSet> expected = epoch(train().build());
    SpeechCommandsDataSetIterator iterator = train().build();
    iterator.next();
    Thread.currentThread().interrupt();
    var e = assertThrows(IllegalStateException.class, iterator::next);
    assertTrue(e.getMessage().contains("interrupted"), e::getMessage);
    assertTrue(Thread.interrupted());
    assertSameBatches(expected.subList(1, expected.size()), epoch(iterator));
  }

  @Test
  void threadsEndWhenClosed() throws InterruptedException {
    SpeechCommandsDataSetIterator iterator = train().batchSize(1).build();
    iterator.next();
    assertTrue(threads() > 0);
    iterator.close();
    assertFalse(iterator.hasNext());
    for (int i = 0; i < 500 && threads() > 0; i++) {
      Thread.sleep(20); // those of other iterators end by themselves, too
    }
    assertEquals(0, threads());
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("speech-features"))
        .count();
  }

  @Test
  void optionsAreChecked() throws IOException {
    assertRefused("data = null", SpeechCommandsDataSetIterator.builder());
    assertRefused("part = null", train().part(null));
    assertRefused("features = null", train().features(null));
    assertRefused("batchSize = 0: 1 or more", train().batchSize(0));
    assertRefused("shuffleSeed = -1: 0 or more", train().shuffleSeed(-1));
    assertRefused("balanced = true: without shuffleSeed only false", train().balanced(true));
    assertRefused("threads = 0: 1 to 256", train().threads(0));
    Augmentation published = Augmentation.published();
    assertRefused("only for part TRAIN", train().part(Part.TEST).augmentation(published, 0));
    assertRefused("cacheFolder = ", train().cacheFolder(folder).augmentation(published, 0));
    FeatureOptions mel = FeatureOptions.melSpectrogram();
    assertRefused(
        "sampleRate = 8000: that of the clips, 16000",
        train().features(mel.toBuilder().sampleRate(8000).hertz(0, 4000).build()));
    assertRefused(
        "clipSamples = 8000: that of the clips, 16000",
        train().features(mel.toBuilder().clipSamples(8000).build()));
    TestWavs.write(folder, "yes/a.wav", 1, 600);
    TestWavs.write(folder, "no/b.wav", 2, 600);
    SpeechCommands two =
        SpeechCommands.builder()
            .folder(folder)
            .split(Split.SEEDED_SPEAKERS)
            .classes(new SpeechClasses(List.of("yes", "no"), false, false))
            .build();
    assertRefused("part = TEST: it has no clip", train().data(two).part(Part.TEST));
    TestWavs.write(folder, "yes/c.wav", 1, 600);
    SpeechCommands three =
        SpeechCommands.builder()
            .folder(folder)
            .split(Split.SEEDED_SPEAKERS)
            .classes(two.classes())
            .build();
    assertRefused(
        "noiseProbability = 0.8: without recordings in " + folder,
        train().data(three).augmentation(published, 0));
    train().data(three).augmentation(new Augmentation(0, List.of(3.0), 100), 0).build();
  }

  private static void assertRefused(String message, SpeechCommandsDataSetIterator.Builder builder) {
    var e = assertThrows(IllegalArgumentException.class, builder::build);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  @Test
  void everyBatchIsNew() {
    SpeechCommandsDataSetIterator iterator = train().build();
    INDArray first = iterator.next().getFeatures();
    INDArray copy = first.dup();
    assertNotSame(first, iterator.next().getFeatures());
    assertEquals(copy, first);
    Map<Integer, Integer> counts = new HashMap<>();
    data.clips(Part.TRAIN).forEach(clip -> counts.merge(clip.label(), 1, Integer::sum));
    assertEquals(12, counts.size());
  }
}

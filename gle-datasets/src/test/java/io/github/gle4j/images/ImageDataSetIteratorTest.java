// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

class ImageDataSetIteratorTest {
  @TempDir private static Path folder;
  private static Mnist digits;
  private static Cifar10 photographs;

  @BeforeAll
  static void makeFiles() throws IOException {
    digits = Mnist.read(TestImages.mnist(folder.resolve("mnist")));
    Path cifar = Files.createDirectories(folder.resolve("cifar"));
    Files.write(cifar.resolve("data_batch_1.bin"), TestImages.cifar(1, 10_000));
    Files.write(cifar.resolve("test_batch.bin"), TestImages.cifar(2, 10_000));
    photographs = Cifar10.read(cifar);
  }

  private static MnistIdxDataSetIterator.Builder ofDigits() {
    return MnistIdxDataSetIterator.builder().data(digits);
  }

  private static Cifar10DataSetIterator.Builder ofPhotographs() {
    return Cifar10DataSetIterator.builder().data(photographs);
  }

  private static DataSet all(ImageDataSetIterator iterator) {
    return iterator.next(iterator.size());
  }

  /** What tells images apart. */
  private static List<Float> sums(ImageDataSetIterator iterator) {
    INDArray features = all(iterator).getFeatures();
    List<Float> sums = new ArrayList<>();
    for (float sum : features.reshape('c', features.size(0), -1).sum(1).toFloatVector()) {
      sums.add(sum);
    }
    return sums;
  }

  @Test
  void givesPixelsAndLabelsInGivenOrder() {
    Cifar10DataSetIterator iterator = ofPhotographs().batchSize(100).build();
    DataSet batch = iterator.next();
    assertArrayEquals(new long[] {100, 3, 32, 32}, batch.getFeatures().shape());
    assertArrayEquals(new long[] {100, 10}, batch.getLabels().shape());
    byte[] records = TestImages.cifar(1, 100);
    for (int channel = 0; channel < 3; channel++) {
      int place = 42 * 3073 + 1 + (channel * 32 + 5) * 32 + 7;
      assertEquals(
          Byte.toUnsignedInt(records[place]) / 255f,
          batch.getFeatures().getFloat(42, channel, 5, 7));
    }
    assertEquals(1, batch.getLabels().getFloat(42, 2));
    assertEquals(100, batch.getLabels().sumNumber().intValue());
    int images = 100;
    while (iterator.hasNext()) {
      images += iterator.next(3000).numExamples();
    }
    assertEquals(10_000, images);
    assertThrows(NoSuchElementException.class, iterator::next);
    iterator.reset();
    assertEquals(batch.getFeatures(), iterator.next().getFeatures());
    assertEquals(3072, iterator.inputColumns());
    assertEquals(10, iterator.totalOutcomes());
    assertEquals("truck", iterator.getLabels().get(9));
    assertFalse(iterator.asyncSupported());
  }

  @Test
  void flattensAndRunsPreProcessors() {
    DataSet images = ofDigits().part(Part.TEST).build().next();
    assertArrayEquals(new long[] {20, 1, 28, 28}, images.getFeatures().shape());
    MnistIdxDataSetIterator flat = ofDigits().part(Part.TEST).flattened(true).build();
    flat.setPreProcessor(set -> set.setFeatures(set.getFeatures().mul(2)));
    INDArray doubled = flat.next().getFeatures();
    assertEquals(images.getFeatures().reshape('c', 20, 784).mul(2), doubled);
  }

  @Test
  void partsAreDisjointAndComplete() {
    List<Float> train = sums(ofDigits().validationFraction(0.2).build());
    List<Float> validation =
        sums(ofDigits().part(Part.VALIDATION).validationFraction(0.2).shuffleSeed(3).build());
    assertEquals(40, train.size());
    assertEquals(10, validation.size());
    Set<Float> both = new HashSet<>(train);
    both.addAll(validation);
    assertEquals(new HashSet<>(sums(ofDigits().build())), both);
    assertEquals(50, both.size());
    assertNotEquals(sums(ofDigits().build()).subList(0, 40), train, "not simply the first ones");
  }

  @Test
  void shufflesBySeed() {
    ImageDataSetIterator iterator = ofDigits().shuffleSeed(5).build();
    List<Float> first = sums(iterator);
    iterator.reset();
    List<Float> second = sums(iterator);
    assertNotEquals(first, second);
    assertEquals(new HashSet<>(first), new HashSet<>(second));
    ImageDataSetIterator same = ofDigits().shuffleSeed(5).build();
    assertEquals(first, sums(same));
    same.reset();
    assertEquals(second, sums(same));
    assertNotEquals(first, sums(ofDigits().shuffleSeed(6).build()));
  }

  @Test
  void standardisesByTheTrainingPart() {
    float[] train =
        all(ofPhotographs().standardised(true).validationFraction(0.9).build())
            .getFeatures()
            .data()
            .asFloat();
    for (int channel = 0; channel < 3; channel++) {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < train.length; i++) {
        if (i / (32 * 32) % 3 == channel) {
          sum += train[i];
          squares += train[i] * (double) train[i];
        }
      }
      assertEquals(0, sum / (train.length / 3.0), 1e-6);
      assertEquals(1, squares / (train.length / 3.0), 1e-5);
    }
    // A black and a white pixel tell scale and shift: they are the training part's for all parts.
    INDArray plain = all(ofDigits().part(Part.TEST).build()).getFeatures();
    INDArray test =
        all(ofDigits().part(Part.TEST).standardised(true).validationFraction(0.5).build())
            .getFeatures();
    INDArray raw = all(ofDigits().validationFraction(0.5).build()).getFeatures();
    double mean = raw.meanNumber().doubleValue();
    double deviation = raw.std(false).getDouble(0);
    assertTrue(test.equalsWithEps(plain.sub(mean).div(deviation), 1e-4));
  }

  @Test
  void flipsAndShifts() {
    INDArray plain = all(ofDigits().build()).getFeatures();
    ImageDataSetIterator flipping =
        ofDigits().augmentation(new ImageAugmentation(true, 0), 1).build();
    INDArray flipped = all(flipping).getFeatures();
    int mirrored = 0;
    for (int i = 0; i < 50; i++) {
      boolean same = true;
      boolean mirror = true;
      for (int row = 0; row < 28; row++) {
        for (int column = 0; column < 28; column++) {
          float value = flipped.getFloat(i, 0, row, column);
          same &= value == plain.getFloat(i, 0, row, column);
          mirror &= value == plain.getFloat(i, 0, row, 27 - column);
        }
      }
      assertTrue(same ^ mirror, "image " + i);
      mirrored += mirror ? 1 : 0;
    }
    assertTrue(mirrored > 10 && mirrored < 40, mirrored + " of 50");

    INDArray shifted =
        all(ofDigits().augmentation(new ImageAugmentation(false, 2), 1).build()).getFeatures();
    Set<Integer> shifts = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      int found = 0;
      for (int down = -2; down <= 2; down++) {
        for (int right = -2; right <= 2; right++) {
          if (isShifted(plain, shifted, i, down, right)) {
            shifts.add(10 * down + right);
            found++;
          }
        }
      }
      assertEquals(1, found, "image " + i);
    }
    assertTrue(shifts.size() > 15, shifts.size() + " of 25 shifts");

    flipping.reset();
    INDArray next = all(flipping).getFeatures();
    assertNotEquals(flipped, next);
    ImageDataSetIterator again =
        ofDigits().augmentation(new ImageAugmentation(true, 0), 1).batchSize(7).build();
    again.next(); // the second epoch does not depend on how the first was used
    again.reset();
    assertEquals(next, all(again).getFeatures());
  }

  private static boolean isShifted(INDArray plain, INDArray moved, int i, int down, int right) {
    for (int row = 0; row < 28; row++) {
      for (int column = 0; column < 28; column++) {
        int fromRow = row - down;
        int fromColumn = column - right;
        boolean inside = fromRow >= 0 && fromRow < 28 && fromColumn >= 0 && fromColumn < 28;
        float expected = inside ? plain.getFloat(i, 0, fromRow, fromColumn) : 0;
        if (moved.getFloat(i, 0, row, column) != expected) {
          return false;
        }
      }
    }
    return true;
  }

  @Test
  void presentsImagesAsStreams() {
    DataSet plain = ofPhotographs().batchSize(6).build().next();
    DataSetIterator stream =
        new ImageStreamDataSetIterator(ofPhotographs().batchSize(6).build(), 4, true);
    DataSet batch = stream.next();
    assertArrayEquals(new long[] {6, 3072, 4}, batch.getFeatures().shape());
    assertArrayEquals(new long[] {6, 10, 4}, batch.getLabels().shape());
    INDArray rows = plain.getFeatures().reshape('c', 6, 3072);
    for (int t = 0; t < 4; t++) {
      assertEquals(rows, batch.getFeatures().tensorAlongDimension(t, 0, 1));
      assertEquals(plain.getLabels(), batch.getLabels().tensorAlongDimension(t, 0, 1));
    }
    stream.reset();
    assertEquals(2, stream.next(2).getFeatures().size(0));
    DataSetIterator labelsOnce =
        new ImageStreamDataSetIterator(ofPhotographs().batchSize(6).build(), 4, false);
    assertEquals(plain.getLabels(), labelsOnce.next().getLabels());
    assertEquals(10, labelsOnce.totalOutcomes());
    assertEquals(6, labelsOnce.batch());
    assertThrows(
        IllegalArgumentException.class,
        () -> new ImageStreamDataSetIterator(ofDigits().build(), 0, false));
  }

  private static void assertRefused(String message, ImageDataSetIterator.Builder<?> builder) {
    var e = assertThrows(IllegalArgumentException.class, builder::build);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  @Test
  void refusesUnusableOptions() {
    assertRefused("data = null", Cifar10DataSetIterator.builder());
    assertRefused("part = null: TRAIN, VALIDATION or TEST allowed", ofDigits().part(null));
    assertRefused("batchSize = 0: 1 or more allowed", ofDigits().batchSize(0));
    assertRefused("shuffleSeed = -1: 0 or more allowed", ofDigits().shuffleSeed(-1));
    assertRefused("validationFraction = 1.0: 0 <= x < 1", ofDigits().validationFraction(1));
    assertRefused("validationFraction = NaN", ofDigits().validationFraction(Double.NaN));
    assertRefused("leaves something of 50 to train", ofDigits().validationFraction(0.995));
    assertRefused("at least 0.5 / 50", ofDigits().part(Part.VALIDATION));
    assertRefused(
        "only for part TRAIN allowed",
        ofDigits().part(Part.TEST).augmentation(ImageAugmentation.usual(), 1));
    var e = assertThrows(IllegalArgumentException.class, () -> new ImageAugmentation(true, 17));
    assertEquals("padding = 17: 0 to 16 allowed", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> ofDigits().build().next(0));
    assertEquals(25, ofDigits().part(Part.VALIDATION).validationFraction(0.5).build().size());
  }
}

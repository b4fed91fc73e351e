// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.mnist1d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.mnist1d.Mnist1dDataSetIterator.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;

/** Minibatches of a small set: 96 training and 24 test sequences. */
class Mnist1dDataSetIteratorTest {
  private static final Mnist1d DATA = Mnist1d.builder().samples(120).build();

  @Test
  void minibatchesHaveTheShapesOfRecurrentNetworks() {
    Mnist1dDataSetIterator iterator = small().batchSize(10).build();
    DataSet batch = iterator.next();
    assertArrayEquals(new long[] {10, 1, 40}, batch.getFeatures().shape());
    assertArrayEquals(new long[] {10, 10}, batch.getLabels().shape());
    for (INDArray array : List.of(batch.getFeatures(), batch.getLabels())) {
      assertEquals(DataType.FLOAT, array.dataType());
      assertEquals('f', array.ordering());
      assertFalse(array.isView());
    }
    assertArrayEquals(new long[] {1, 10, 10}, batch.getFeatures().stride());
    assertNull(batch.getFeaturesMaskArray());
    assertNull(batch.getLabelsMaskArray());
  }

  @Test
  void givenOrderIsThatOfTheData() {
    Mnist1dDataSetIterator train = small().batchSize(7).build();
    assertArrayEquals(DATA.trainFeatures(), features(train));
    Mnist1dDataSetIterator test = small().part(Part.TEST).build();
    assertArrayEquals(DATA.testFeatures(), features(test));
    train.reset();
    assertArrayEquals(DATA.trainLabels(), labels(train));
    test.reset();
    assertArrayEquals(DATA.testLabels(), labels(test));
  }

  @Test
  void labelsAreOneHotAtEveryStepWhenWanted() {
    DataSet batch = small().batchSize(96).labelsPerStep(true).build().next();
    INDArray labels = batch.getLabels();
    assertArrayEquals(new long[] {96, 10, 40}, labels.shape());
    assertEquals('f', labels.ordering());
    int[] expected = DATA.trainLabels();
    for (int i = 0; i < 96; i++) {
      for (int label = 0; label < 10; label++) {
        for (int t = 0; t < 40; t++) {
          assertEquals(label == expected[i] ? 1 : 0, labels.getDouble(i, label, t));
        }
      }
    }
  }

  @Test
  void theLastMinibatchHasWhatIsLeft() {
    Mnist1dDataSetIterator iterator = small().batchSize(50).build();
    assertEquals(50, iterator.next().numExamples());
    assertEquals(46, iterator.next().numExamples());
    assertFalse(iterator.hasNext());
    String message = assertThrows(NoSuchElementException.class, iterator::next).getMessage();
    assertEquals("all 96 sequences have been returned: reset()", message);
    iterator.reset();
    assertEquals(50, iterator.next().numExamples());
  }

  @Test
  void nextTakesAnotherSizeFromTheSamePosition() {
    Mnist1dDataSetIterator iterator = small().batchSize(50).build();
    assertEquals(3, iterator.next(3).numExamples());
    DataSet batch = iterator.next(1);
    assertArrayEquals(new long[] {1, 1, 40}, batch.getFeatures().shape());
    assertArrayEquals(DATA.trainFeatures()[3], batch.getFeatures().dup().data().asFloat());
    assertEquals(50, iterator.batch());
    assertEquals(92, iterator.next(1000).numExamples());
    String message =
        assertThrows(IllegalArgumentException.class, () -> iterator.next(0)).getMessage();
    assertEquals("num = 0: 1 or more allowed", message);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.1, 0.99})
  void trainAndValidationShareTheTrainingSetWithoutOverlap(double fraction) {
    int heldOut = (int) Math.round(96 * fraction);
    Mnist1dDataSetIterator train = small().validationFraction(fraction).build();
    Mnist1dDataSetIterator validation =
        small().validationFraction(fraction).part(Part.VALIDATION).build();
    assertEquals(96 - heldOut, train.size());
    assertEquals(heldOut, validation.size());
    float[][] all = DATA.trainFeatures();
    assertArrayEquals(Arrays.copyOf(all, 96 - heldOut), features(train));
    assertArrayEquals(Arrays.copyOfRange(all, 96 - heldOut, 96), features(validation));
  }

  @Test
  void partsAreCompleteAndDisjointWhenShuffled() {
    List<float[]> rows = new ArrayList<>();
    for (Part part : Part.values()) {
      Mnist1dDataSetIterator.Builder builder =
          small().part(part).validationFraction(0.25).shuffleSeed(5);
      rows.addAll(List.of(features(builder.build())));
    }
    float[][] expected =
        Stream.of(DATA.trainFeatures(), DATA.testFeatures())
            .flatMap(Arrays::stream)
            .toArray(float[][]::new);
    assertEquals(120, Arrays.stream(expected).map(Arrays::toString).distinct().count());
    float[][] actual = rows.toArray(float[][]::new);
    Arrays.sort(expected, Arrays::compare);
    Arrays.sort(actual, Arrays::compare);
    assertArrayEquals(expected, actual);
  }

  @Test
  void theTestPartIgnoresTheValidationFraction() {
    Mnist1dDataSetIterator test = small().part(Part.TEST).validationFraction(0.5).build();
    assertArrayEquals(DATA.testFeatures(), features(test));
  }

  @Test
  void aShuffleSeedGivesItsOwnSeriesOfOrders() {
    Mnist1dDataSetIterator one = small().shuffleSeed(5).build();
    Mnist1dDataSetIterator same = small().shuffleSeed(5).batchSize(9).build();
    Mnist1dDataSetIterator other = small().shuffleSeed(6).build();
    List<String> orders = new ArrayList<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      float[][] rows = features(one);
      assertArrayEquals(rows, features(same));
      orders.add(Arrays.deepToString(rows));
      one.reset();
      same.reset();
    }
    orders.add(Arrays.deepToString(features(other)));
    orders.add(Arrays.deepToString(DATA.trainFeatures()));
    assertEquals(5, orders.stream().distinct().count());
  }

  @Test
  void shuffledFeaturesKeepTheirLabels() {
    Mnist1dDataSetIterator iterator = small().shuffleSeed(5).build();
    float[][] rows = features(iterator);
    iterator = small().shuffleSeed(5).build();
    int[] labels = labels(iterator);
    List<String> known = Arrays.stream(DATA.trainFeatures()).map(Arrays::toString).toList();
    for (int i = 0; i < rows.length; i++) {
      assertEquals(DATA.trainLabels()[known.indexOf(Arrays.toString(rows[i]))], labels[i]);
    }
  }

  @Test
  void theFirstOrderIsNumpysPermutation() {
    float[][] rows = features(small().shuffleSeed(7).build());
    int[] order = new NumpyRandom(7).permutation(96);
    for (int i = 0; i < 96; i++) {
      assertArrayEquals(DATA.trainFeatures()[order[i]], rows[i]);
    }
  }

  @Test
  void minibatchesAreNewArrays() {
    Mnist1dDataSetIterator iterator = small().build();
    DataSet first = iterator.next();
    INDArray before = first.getFeatures().dup();
    iterator.next().getFeatures().assign(99);
    assertEquals(before, first.getFeatures());
    first.getFeatures().assign(99);
    iterator.reset();
    assertEquals(before, iterator.next().getFeatures());
  }

  @Test
  void iteratorsOfTheSameDataAreIndependent() {
    Mnist1dDataSetIterator one = small().build();
    Mnist1dDataSetIterator other = small().build();
    one.next();
    one.next();
    assertEquals(96, features(other).length);
    assertEquals(32, features(one).length);
  }

  @Test
  void preProcessorsSeeEveryMinibatch() {
    Mnist1dDataSetIterator iterator = small().batchSize(40).build();
    assertNull(iterator.getPreProcessor());
    List<Integer> seen = new ArrayList<>();
    DataSetPreProcessor doubled =
        batch -> {
          seen.add(batch.numExamples());
          batch.getFeatures().muli(2);
        };
    iterator.setPreProcessor(doubled);
    assertSame(doubled, iterator.getPreProcessor());
    float[][] rows = features(iterator);
    assertEquals(List.of(40, 40, 16), seen);
    assertEquals(2 * DATA.trainFeatures()[95][39], rows[95][39]);
  }

  @Test
  void factsAboutTheData() {
    Mnist1dDataSetIterator iterator = small().build();
    assertEquals(1, iterator.inputColumns());
    assertEquals(10, iterator.totalOutcomes());
    assertEquals(32, iterator.batch());
    assertTrue(iterator.resetSupported());
    assertFalse(iterator.asyncSupported());
    List<String> digits = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertEquals(digits, iterator.getLabels());
  }

  @Test
  void withoutDataThePublishedDataIsGenerated() {
    Mnist1dDataSetIterator iterator = Mnist1dDataSetIterator.builder().length(72).build();
    assertEquals(4000, iterator.size());
    DataSet batch = iterator.next(2);
    float[][] published = Mnist1d.builder().length(72).build().trainFeatures();
    for (int t = 0; t < 72; t++) {
      assertEquals(published[1][t], batch.getFeatures().getFloat(1, 0, t));
    }
    assertEquals(40, Mnist1dDataSetIterator.builder().build().next(1).getFeatures().size(2));
  }

  @Test
  void aBuilderUsedAgainMakesAnIndependentIterator() {
    Mnist1dDataSetIterator.Builder builder = small().shuffleSeed(5);
    Mnist1dDataSetIterator one = builder.build();
    Mnist1dDataSetIterator other = builder.batchSize(3).build();
    assertEquals(32, one.batch());
    assertEquals(3, other.batch());
    assertArrayEquals(features(one), features(other));
  }

  static Stream<Arguments> builders() {
    return Stream.of(
        row("batchSize = 0: 1 or more allowed", b -> b.batchSize(0), b -> b.batchSize(1)),
        row(
            "part = null: TRAIN, VALIDATION or TEST allowed",
            b -> b.part(null),
            b -> b.part(Part.TEST)),
        row(
            "validationFraction = -0.1: 0 <= x < 1 allowed",
            b -> b.validationFraction(-0.1),
            b -> b.validationFraction(0)),
        row(
            "validationFraction = 1.0: 0 <= x < 1 allowed",
            b -> b.validationFraction(1),
            b -> b.validationFraction(0.9)),
        row(
            "validationFraction = NaN: 0 <= x < 1 allowed",
            b -> b.validationFraction(Double.NaN),
            b -> b.validationFraction(0.5)),
        row(
            "validationFraction = 0.999: a smaller one that leaves something of 96 to train"
                + " allowed",
            b -> b.validationFraction(0.999),
            b -> b.validationFraction(0.99)),
        row(
            "validationFraction = 0.005: for part VALIDATION at least 0.5 / 96 allowed",
            b -> b.part(Part.VALIDATION).validationFraction(0.005),
            b -> b.part(Part.VALIDATION).validationFraction(0.006)),
        row("shuffleSeed = -1: 0 or more allowed", b -> b.shuffleSeed(-1), b -> b.shuffleSeed(0)),
        row("length = 72: the data's 40 allowed", b -> b.length(72), b -> b.length(40)),
        row(
            "length = 1: 2 to 1000000 allowed",
            b -> b.data(null).length(1),
            b -> b.data(null).length(2)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("builders")
  void aRejectedValueIsNamed(
      String message,
      UnaryOperator<Mnist1dDataSetIterator.Builder> bad,
      UnaryOperator<Mnist1dDataSetIterator.Builder> good) {
    Mnist1dDataSetIterator.Builder rejected = bad.apply(small());
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, rejected::build).getMessage());
    assertTrue(good.apply(small()).build().hasNext());
  }

  private static Mnist1dDataSetIterator.Builder small() {
    return Mnist1dDataSetIterator.builder().data(DATA);
  }

  private static Arguments row(
      String message,
      UnaryOperator<Mnist1dDataSetIterator.Builder> bad,
      UnaryOperator<Mnist1dDataSetIterator.Builder> good) {
    return Arguments.of(message, bad, good);
  }

  private static float[][] features(Mnist1dDataSetIterator iterator) {
    List<float[]> rows = new ArrayList<>();
    while (iterator.hasNext()) {
      INDArray features = iterator.next().getFeatures();
      for (int i = 0; i < features.size(0); i++) {
        float[] row = new float[(int) features.size(2)];
        for (int t = 0; t < row.length; t++) {
          row[t] = features.getFloat(i, 0, t);
        }
        rows.add(row);
      }
    }
    return rows.toArray(float[][]::new);
  }

  private static int[] labels(Mnist1dDataSetIterator iterator) {
    List<INDArray> rows = new ArrayList<>();
    while (iterator.hasNext()) {
      INDArray labels = iterator.next().getLabels();
      for (int i = 0; i < labels.size(0); i++) {
        rows.add(labels.getRow(i));
      }
    }
    return rows.stream()
        .peek(row -> assertEquals(1, row.sumNumber().doubleValue()))
        .flatMapToInt(row -> IntStream.range(0, 10).filter(label -> row.getDouble(label) == 1))
        .toArray();
  }
}

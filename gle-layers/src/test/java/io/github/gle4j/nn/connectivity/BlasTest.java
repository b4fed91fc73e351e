// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Native code is never told of more memory than there is; what fits is computed. */
class BlasTest {
  private static FloatPointer memory(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = i + 1;
    }
    return new FloatPointer(values);
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void multipliesWhatFitsAndNothingElse() {
    FloatPointer c = memory(8);
    Blas.multiply(false, false, 2, 4, 3, 1, memory(6), memory(12), 0, c);
    assertEquals(22, c.get(0)); // 1 1 + 3 2 + 5 3
    assertEquals(136, c.get(7)); // 2 10 + 4 11 + 6 12
    String six = "6 values at 0 of native memory that has 5";
    assertRefused(
        six, () -> Blas.multiply(false, false, 2, 4, 3, 1, memory(5), memory(12), 0, memory(8)));
    assertRefused(
        "12 values at 0 of native memory that has 11",
        () -> Blas.multiply(false, true, 2, 4, 3, 1, memory(6), memory(11), 0, memory(8)));
    assertRefused(
        "8 values at 1 of native memory that has 8",
        () -> Blas.multiply(true, false, 2, 4, 3, 1, memory(6), memory(12), 0, c.position(1)));
    assertRefused(
        "a matrix of 2 x 3, columns 1 apart",
        () ->
            Blas.multiply(false, false, 2, 4, 3, 1, memory(6), 1, memory(12), 3, 0, memory(8), 2));
    assertRefused(
        "a matrix of -1 x 3, columns -1 apart",
        () -> Blas.multiply(false, false, -1, 4, 3, 1, memory(6), memory(12), 0, memory(8)));
    Blas.multiply(false, false, 2, 2, 3, 1, memory(6), memory(12).position(6), 0, memory(4));
  }

  @Test
  void everyOtherRoutineComparesTooAndWorksAtTheLastValue() {
    List<Executable> tooLarge = new ArrayList<>();
    FloatPointer sums = memory(2);
    Blas.sumColumns(3, 2, 1, memory(6), memory(3), 0, sums);
    tooLarge.add(() -> Blas.sumColumns(3, 2, 1, memory(5), memory(3), 0, memory(2)));
    tooLarge.add(() -> Blas.sumColumns(3, 2, 1, memory(6), memory(2), 0, memory(2)));
    tooLarge.add(() -> Blas.sumColumns(3, 2, 1, memory(6), memory(3), 0, memory(1)));
    assertEquals(6, Blas.sumOfSizes(3, memory(3)));
    assertEquals(5, Blas.sumOfSizes(2, memory(3).position(1)));
    tooLarge.add(() -> Blas.sumOfSizes(4, memory(3)));
    tooLarge.add(() -> Blas.sumOfSizes(3, memory(3).position(1)));
    tooLarge.add(() -> Blas.sumOfSizes(1, memory(3).position(-1)));
    FloatPointer target = memory(3);
    Blas.copy(2, memory(3).position(1), target);
    Blas.add(2, memory(3), target.position(1));
    assertEquals(List.of(2f, 4f, 5f), List.of(target.get(-1), target.get(0), target.get(1)));
    tooLarge.add(() -> Blas.copy(3, memory(2), memory(3)));
    tooLarge.add(() -> Blas.copy(3, memory(3), memory(3).position(1)));
    tooLarge.add(() -> Blas.add(3, memory(2), memory(3)));
    tooLarge.add(() -> Blas.add(3, memory(3), memory(2)));
    tooLarge.add(() -> Blas.add(-1, memory(3), memory(3)));
    tooLarge.forEach(call -> assertThrows(IllegalArgumentException.class, call));
  }

  @Test
  void copiesBetweenHeapAndNativeMemoryStayInside() {
    float[] three = {7, 8, 9};
    FloatPointer memory = memory(4);
    NativeFloats.write(three, memory.position(1));
    NativeFloats.read(memory.position(0), new float[4]);
    assertEquals(9, memory.get(3));
    assertRefused(
        "3 values at 2 of native memory that has 4",
        () -> NativeFloats.write(three, memory.position(2)));
    assertRefused(
        "5 values at 0 of native memory that has 4",
        () -> NativeFloats.read(memory.position(0), new float[5]));
    assertThrows(IndexOutOfBoundsException.class, () -> NativeFloats.read(memory, new float[2], 3));
    assertThrows(
        IndexOutOfBoundsException.class, () -> NativeFloats.write(new float[2], 3, memory));
    // A view ends where it ends, not where the array does of which it is one.
    INDArray array = Nd4j.arange(12).castTo(Nd4j.dataType()).reshape('f', new long[] {12});
    INDArray view = array.get(NDArrayIndex.interval(5, 8));
    assertArrayEquals(new float[] {5, 6, 7}, NativeFloats.toHeap(view));
    NativeFloats.write(three, view);
    assertEquals(9, array.getInt(7));
    assertRefused(
        "4 values at 0 of native memory that has 3", () -> NativeFloats.read(view, new float[4]));
  }
}

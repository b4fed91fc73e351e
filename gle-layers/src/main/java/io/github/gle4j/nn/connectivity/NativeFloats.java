// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's float arrays on the CPU as plain memory, for Java loops and OpenBLAS. */
public final class NativeFloats {
  private static final boolean OPENBLAS_IS_PRESENT =
      isPresent("org.bytedeco.openblas.global.openblas");

  private NativeFloats() {}

  /**
   * Tells whether arrays can be used as plain memory, and OpenBLAS with them.
   *
   * @param dataType type of the arrays
   * @return empty, or why not
   */
  public static Optional<String> obstacle(DataType dataType) {
    if (dataType != DataType.FLOAT) {
      return Optional.of("the data type is " + dataType + ", not FLOAT");
    }
    if (Nd4j.getExecutioner().type() != ExecutionerType.NATIVE_CPU) {
      return Optional.of("ND4J's backend is not the CPU's");
    }
    return OPENBLAS_IS_PRESENT
        ? Optional.empty()
        : Optional.of("OpenBLAS (org.bytedeco:openblas) is not on the class path");
  }

  /**
   * The memory of an array. It lives as long as the array does.
   *
   * @param array of floats, without gaps
   * @return its first value's place; its capacity is the array's length
   * @throws IllegalArgumentException when it has another type or gaps
   */
  public static FloatPointer of(INDArray array) {
    if (array.dataType() != DataType.FLOAT || array.elementWiseStride() != 1) {
      throw new IllegalArgumentException(
          "array of " + array.dataType() + ": floats without gaps between them are allowed");
    }
    if (array.length() > array.data().length()) {
      throw new IllegalArgumentException(
          "array of " + array.length() + " values in a buffer of " + array.data().length());
    }
    FloatPointer memory = new FloatPointer(array.data().addressPointer());
    memory.capacity(array.length()); // ND4J's pointers do not know theirs
    return memory;
  }

  /**
   * Must be called before native code touches memory: that code compares nothing.
   *
   * @param memory from its position on
   * @param count number of values that are going to be read or written
   * @throws IllegalArgumentException when there are fewer
   */
  static void require(FloatPointer memory, long count) {
    long position = memory.position();
    if (position < 0 || count < 0 || count > memory.limit() - position) {
      throw new IllegalArgumentException(
          count + " values at " + position + " of native memory that has " + memory.limit());
    }
  }

  /**
   * Copies the values of an array, in the order of memory.
   *
   * @param array of floats, without gaps
   * @return as many values
   */
  public static float[] toHeap(INDArray array) {
    float[] values = new float[Math.toIntExact(array.length())];
    read(array, values);
    return values;
  }

  /**
   * Copies values of an array, in the order of memory.
   *
   * @param array of floats, without gaps
   * @param values out: as many as it holds
   */
  public static void read(INDArray array, float[] values) {
    try {
      read(of(array), values);
    } finally {
      Reference.reachabilityFence(array); // its memory is freed with it
    }
  }

  /**
   * Sets values of an array, in the order of memory.
   *
   * @param values as many as it holds
   * @param array changed: of floats, without gaps
   */
  public static void write(float[] values, INDArray array) {
    try {
      write(values, of(array));
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  /**
   * Copies values from memory.
   *
   * @param memory from its position on
   * @param values out: all of them
   * @throws IllegalArgumentException when the memory has fewer
   */
  public static void read(FloatPointer memory, float[] values) {
    read(memory, values, values.length);
  }

  /**
   * Copies the first values from memory.
   *
   * @param memory from its position on
   * @param values out: the first of them
   * @param count how many
   * @throws IllegalArgumentException when the memory has fewer
   */
  public static void read(FloatPointer memory, float[] values, int count) {
    require(memory, count);
    Objects.checkFromIndexSize(0, count, values.length);
    memory.get(values, 0, count);
  }

  /**
   * Copies values to memory.
   *
   * @param values all of them
   * @param memory from its position on
   * @throws IllegalArgumentException when the memory has room for fewer
   */
  public static void write(float[] values, FloatPointer memory) {
    write(values, values.length, memory);
  }

  /**
   * Copies the first values to memory.
   *
   * @param values the first of them
   * @param count how many
   * @param memory from its position on
   * @throws IllegalArgumentException when the memory has room for fewer
   */
  public static void write(float[] values, int count, FloatPointer memory) {
    require(memory, count);
    Objects.checkFromIndexSize(0, count, values.length);
    memory.put(values, 0, count);
  }

  /**
   * The size of an array: not finite when a value is not.
   *
   * @param array of floats, without gaps
   * @return the sum of the absolute values
   */
  public static float sumOfSizes(INDArray array) {
    try {
      return Blas.sumOfSizes(Math.toIntExact(array.length()), of(array));
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  /** Memory filled with ones. */
  static FloatPointer ones(int count) {
    float[] one = new float[count];
    Arrays.fill(one, 1);
    return new FloatPointer(one);
  }

  private static boolean isPresent(String className) {
    try {
      Class.forName(className);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}

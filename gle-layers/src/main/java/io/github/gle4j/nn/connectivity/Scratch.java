// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Working memory without defined content, that layers share whose steps one thread does one after
 * the other: what stays in the processor's cache from one layer to the next is not fetched again.
 */
public final class Scratch {
  private record Key(String use, long size) {}

  private final Map<Key, FloatPointer> memory = new HashMap<>();
  private final Map<Key, float[]> arrays = new HashMap<>();

  /** Creates an empty one, which grows with what is asked for. */
  public Scratch() {}

  /**
   * Memory outside the Java heap.
   *
   * @param use what for; with the same size, the same memory
   * @param size number of values
   * @return memory of this size
   */
  public FloatPointer memory(String use, long size) {
    return memory.computeIfAbsent(new Key(use, size), key -> new FloatPointer(size));
  }

  /**
   * A Java array.
   *
   * @param use what for; with the same size, the same array
   * @param size number of values
   * @return an array of this size
   */
  public float[] array(String use, int size) {
    return arrays.computeIfAbsent(new Key(use, size), key -> new float[size]);
  }
}

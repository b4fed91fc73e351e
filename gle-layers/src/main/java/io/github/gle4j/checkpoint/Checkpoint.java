// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Named values: arrays, numbers and texts. Whoever has state puts it under names of its own, with a
 * prefix such as {@code network/}, and takes it from there when it goes on; {@link
 * CheckpointFolder} keeps checkpoints on disk.
 */
public final class Checkpoint {
  /** Longest name, in bytes of UTF-8. */
  static final int LONGEST_NAME = 255;

  /** Most dimensions of an array. */
  static final int HIGHEST_RANK = 8;

  /** What an entry holds. */
  enum Kind {
    TEXT(0, 1),
    LONGS(1, Long.BYTES),
    DOUBLES(2, Double.BYTES),
    FLOAT_ARRAY(3, Float.BYTES),
    DOUBLE_ARRAY(4, Double.BYTES);

    final int number; // in the file
    final int bytes; // of a value

    Kind(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }
  }

  /** An entry: arrays have a shape and values in 'c' order, all others the number of values. */
  static final class Entry {
    private final Kind kind;
    private final long[] shape;
    private final byte[] content;

    Entry(Kind kind, long[] shape, byte[] content) {
      this.kind = kind;
      this.shape = shape;
      this.content = content;
    }

    Kind kind() {
      return kind;
    }

    /** Not a copy. */
    long[] shape() {
      return shape;
    }

    /** Not a copy. */
    byte[] content() {
      return content;
    }
  }

  private final Map<String, Entry> entries;

  Checkpoint(Map<String, Entry> entries) {
    this.entries = entries;
  }

  /**
   * Starts an empty one.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * All names.
   *
   * @return in the order they were put in
   */
  public Set<String> names() {
    return Set.copyOf(entries.keySet());
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /**
   * Whether there is an entry.
   *
   * @param name any
   * @return true when it was put in
   */
  public boolean has(String name) {
    return entries.containsKey(name);
  }

  /**
   * A text.
   *
   * @param name of the entry
   * @return what was put in
   * @throws IllegalArgumentException when there is no such text
   */
  public String text(String name) {
    return new String(entry(name, Kind.TEXT).content, StandardCharsets.UTF_8);
  }

  /**
   * Whole numbers.
   *
   * @param name of the entry
   * @param count how many there must be
   * @return what was put in
   * @throws IllegalArgumentException when there are no such numbers
   */
  public long[] longs(String name, int count) {
    Entry entry = entry(name, Kind.LONGS);
    long[] values = new long[entry.content.length / Long.BYTES];
    littleEndian(entry.content).asLongBuffer().get(values);
    requireCount(name, count, values.length);
    return values;
  }

  /**
   * Whole numbers that count something.
   *
   * @param name of the entry
   * @param count how many there must be
   * @return what was put in
   * @throws IllegalArgumentException when there are no such numbers, or one is negative or too
   *     large for an int
   */
  public int[] counts(String name, int count) {
    long[] values = longs(name, count);
    for (long value : values) {
      if (value < 0 || value > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "the checkpoint has %d in %s: 0 to %d allowed",
                value,
                name,
                Integer.MAX_VALUE));
      }
    }
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  /**
   * Numbers.
   *
   * @param name of the entry
   * @return what was put in, bit by bit
   * @throws IllegalArgumentException when there are no such numbers
   */
  public double[] doubles(String name) {
    return toDoubles(entry(name, Kind.DOUBLES));
  }

  /**
   * Numbers.
   *
   * @param name of the entry
   * @param count how many there must be
   * @return what was put in, bit by bit
   * @throws IllegalArgumentException when there are no such numbers
   */
  public double[] doubles(String name, int count) {
    double[] values = doubles(name);
    requireCount(name, count, values.length);
    return values;
  }

  private static void requireCount(String name, int needed, int saved) {
    if (saved != needed) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "the checkpoint has %d numbers in %s: %d needed", saved, name, needed));
    }
  }

  /**
   * An array.
   *
   * @param name of the entry
   * @return a new array in 'f' order with the type, shape and bits of what was put in
   * @throws IllegalArgumentException when there is no such array
   */
  public INDArray array(String name) {
    Entry entry = entries.get(name);
    if (entry != null && entry.kind == Kind.FLOAT_ARRAY) {
      ByteBuffer bytes = littleEndian(entry.content);
      float[] values = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      return Nd4j.create(values, entry.shape, 'c').dup('f');
    }
    Entry doubles = entry(name, Kind.DOUBLE_ARRAY);
    return Nd4j.create(toDoubles(doubles), doubles.shape, 'c').dup('f');
  }

  private static double[] toDoubles(Entry entry) {
    ByteBuffer bytes = littleEndian(entry.content);
    double[] values = new double[bytes.remaining() / Double.BYTES];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  private static ByteBuffer littleEndian(byte[] content) {
    return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Entry entry(String name, Kind kind) {
    Entry entry = entries.get(name);
    if (entry == null || entry.kind != kind) {
      throw new IllegalArgumentException(
          "the checkpoint has "
              + (entry == null ? "no " + name : name + " as " + entry.kind)
              + ": "
              + kind
              + " is needed");
    }
    return entry;
  }

  /** Collects entries, each name once. */
  public static final class Builder {
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Puts in a text.
     *
     * @param name new
     * @param text any
     * @return this
     * @throws IllegalArgumentException when the name is taken, empty or too long
     */
    public Builder put(String name, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return put(name, new Entry(Kind.TEXT, new long[] {bytes.length}, bytes));
    }

    /**
     * Puts in whole numbers.
     *
     * @param name new
     * @param values any number of them
     * @return this
     * @throws IllegalArgumentException as for texts
     */
    public Builder put(String name, long... values) {
      byte[] content = space(Kind.LONGS, values.length);
      littleEndian(content).asLongBuffer().put(values);
      return put(name, new Entry(Kind.LONGS, new long[] {values.length}, content));
    }

    /**
     * Puts in numbers.
     *
     * @param name new
     * @param values any number of them
     * @return this
     * @throws IllegalArgumentException as for texts
     */
    public Builder put(String name, double... values) {
      byte[] content = space(Kind.DOUBLES, values.length);
      littleEndian(content).asDoubleBuffer().put(values);
      return put(name, new Entry(Kind.DOUBLES, new long[] {values.length}, content));
    }

    /**
     * Puts in a copy of an array.
     *
     * @param name new
     * @param array of FLOAT or DOUBLE, with 1 to 8 dimensions
     * @return this
     * @throws IllegalArgumentException as for texts, or when the array has another type or rank
     */
    public Builder put(String name, INDArray array) {
      boolean isFloat = array.dataType() == DataType.FLOAT;
      if (!isFloat && array.dataType() != DataType.DOUBLE) {
        throw new IllegalArgumentException(
            name + " is of type " + array.dataType() + ": FLOAT or DOUBLE allowed");
      }
      if (array.rank() < 1 || array.rank() > HIGHEST_RANK) {
        throw new IllegalArgumentException(
            name + " has " + array.rank() + " dimensions: 1 to " + HIGHEST_RANK + " allowed");
      }
      Kind kind = isFloat ? Kind.FLOAT_ARRAY : Kind.DOUBLE_ARRAY;
      byte[] content = space(kind, Math.toIntExact(array.length()));
      INDArray inOrder = array.dup('c');
      if (isFloat) {
        littleEndian(content).asFloatBuffer().put(inOrder.data().asFloat());
      } else {
        littleEndian(content).asDoubleBuffer().put(inOrder.data().asDouble());
      }
      return put(name, new Entry(kind, array.shape().clone(), content));
    }

    private static byte[] space(Kind kind, int count) {
      return new byte[Math.multiplyExact(count, kind.bytes)];
    }

    private Builder put(String name, Entry entry) {
      int length = name.getBytes(StandardCharsets.UTF_8).length;
      if (length == 0 || length > LONGEST_NAME) {
        throw new IllegalArgumentException(
            "name \"" + name + "\": 1 to " + LONGEST_NAME + " bytes allowed");
      }
      if (entries.putIfAbsent(name, entry) != null) {
        throw new IllegalArgumentException("name \"" + name + "\" is taken");
      }
      return this;
    }

    /**
     * Ends the collection.
     *
     * @return all that was put in
     */
    public Checkpoint build() {
      return new Checkpoint(new LinkedHashMap<>(entries));
    }
  }

  @Override
  public String toString() {
    return "Checkpoint" + Arrays.toString(entries.keySet().toArray());
  }
}

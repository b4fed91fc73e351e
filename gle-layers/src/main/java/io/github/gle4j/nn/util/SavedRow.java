// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import io.github.gle4j.dynamics.CheckedCopy;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import org.bytedeco.javacpp.indexer.HalfIndexer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.options.ArrayOptionsHelper;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Reads a row vector in the format of {@code Nd4j.write}, which is: the shape information, the
 * values, each behind a header of allocation mode, length and type. {@code Nd4j.read} believes the
 * file where lengths, strides and types contradict each other, and then reads beyond the array.
 */
final class SavedRow {
  private static final Set<String> MODES = Set.of("LONG_SHAPE", "MIXED_DATA_TYPES");
  private static final Set<String> TYPES =
      Set.of(DataType.FLOAT.name(), DataType.DOUBLE.name(), DataType.FLOAT16.name());
  private static final int CHUNK = 1 << 16;

  private final String name;
  private final DataInputStream in;
  private final long bytesAllowed;

  /**
   * A reader.
   *
   * @param name the file, for messages
   * @param bytesAllowed what its values may take
   */
  SavedRow(String name, DataInputStream in, long bytesAllowed) {
    this.name = name;
    this.in = in;
    this.bytesAllowed = bytesAllowed;
  }

  /**
   * Reads the row; null when it is empty.
   *
   * @param least smallest length allowed
   * @param most largest length allowed
   */
  INDArray read(long least, long most) throws IOException {
    try {
      long numbers = header(Set.of(DataType.INT64.name())).length();
      int rank = numbers == shapeNumbers(1) ? 1 : 2;
      require(numbers == shapeNumbers(rank), "no row: " + numbers + " numbers for its shape");
      require(in.readLong() == rank, "its shape contradicts itself");
      long[] shape = longs(rank);
      long[] strides = longs(rank);
      long options = in.readLong();
      longs(2); // the stride and the order, which follow from the others
      Header header = header(TYPES);
      long length = header.length();
      require(
          length >= least && length <= most,
          length
              + " values, the configuration needs "
              + (least == most ? "" : least + " to ")
              + most);
      require(
          length <= bytesAllowed / header.type().width(),
          length
              + " values in a file as small as this one: it may hold "
              + bytesAllowed / header.type().width());
      require(
          (rank == 1 || shape[0] == 1)
              && shape[rank - 1] == length
              && (length <= 1 || strides[rank - 1] == 1),
          "values in shape " + Arrays.toString(shape) + ", a row of " + length + " allowed");
      require(
          ArrayOptionsHelper.dataType(options) == header.type(),
          header.type() + " values contradict their shape");
      INDArray row = values(header);
      require(in.read() < 0, "more bytes than it should have");
      return row;
    } catch (EOFException | UTFDataFormatException e) {
      throw new InvalidModelException(name + ": truncated or damaged", e);
    } catch (RuntimeException e) { // of the options' decoder
      throw new InvalidModelException(name + ": damaged: " + e.getMessage(), e);
    }
  }

  /** Rank, shape, strides, options, stride, order. */
  private static int shapeNumbers(int rank) {
    return 2 * rank + 4;
  }

  private long[] longs(int count) throws IOException {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = in.readLong();
    }
    return values;
  }

  private record Header(long length, DataType type) {}

  private Header header(Set<String> types) throws IOException {
    String mode = in.readUTF();
    require(MODES.contains(mode), "no array of ND4J, or of an old version");
    long length = in.readLong();
    String type = in.readUTF();
    require(types.contains(type), "no values of a type among " + types);
    return new Header(length, DataType.valueOf(type));
  }

  private INDArray values(Header header) throws IOException {
    INDArray row = null;
    int size = header.type().width();
    byte[] chunk = new byte[CHUNK];
    for (long done = 0; done < header.length(); ) {
      int count = (int) Math.min(CHUNK / size, header.length() - done);
      in.readFully(chunk, 0, count * size);
      if (row == null) { // not before something is there
        row = Nd4j.create(header.type(), header.length());
      }
      INDArray part = row.get(NDArrayIndex.interval(done, done + count));
      CheckedCopy.copy(values(ByteBuffer.wrap(chunk), count, header.type()), part);
      done += count;
    }
    return row == null ? null : row.reshape(1, header.length());
  }

  private static INDArray values(ByteBuffer bytes, int count, DataType type) {
    if (type == DataType.DOUBLE) {
      double[] values = new double[count];
      bytes.asDoubleBuffer().get(values);
      return Nd4j.createFromArray(values);
    }
    float[] values = new float[count];
    if (type == DataType.FLOAT) {
      bytes.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = HalfIndexer.toFloat(bytes.getShort());
      }
    }
    return Nd4j.createFromArray(values);
  }

  private void require(boolean valid, String problem) throws InvalidModelException {
    if (!valid) {
      throw new InvalidModelException(name + ": " + problem);
    }
  }
}

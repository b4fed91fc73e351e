// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads arrays of unsigned bytes in the idx format of MNIST: two bytes of zero, one for the type,
 * one for the number of dimensions, a big-endian 32-bit size for each of them, the values.
 */
final class IdxFile {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MAXIMUM_VALUES = 1 << 30;

  private IdxFile() {}

  /**
   * Reads a file of any number of items of a given shape.
   *
   * @param item the shape of an item; none for numbers
   * @return at least one item
   * @throws InvalidImageFileException when the file is missing, damaged or of another shape
   * @throws IOException when it cannot be read
   */
  static byte[] read(Path file, int... item) throws IOException {
    return ImageFile.read(file, in -> read(file, in, item));
  }

  private static byte[] read(Path file, InputStream in, int[] item) throws IOException {
    int dimensions = 1 + item.length;
    int magic = ByteBuffer.wrap(ImageFile.exactly(Integer.BYTES, in, file)).getInt();
    int expected = UNSIGNED_BYTE << 8 | dimensions;
    require(
        magic == expected,
        String.format(
            Locale.ROOT,
            "begins with 0x%08x, an idx file of unsigned bytes in %d dimension(s) with 0x%08x",
            magic,
            dimensions,
            expected),
        file);
    ByteBuffer sizes = ByteBuffer.wrap(ImageFile.exactly(dimensions * Integer.BYTES, in, file));
    int items = sizes.getInt();
    int[] found = new int[item.length];
    sizes.asIntBuffer().get(found);
    require(
        Arrays.equals(found, item),
        "its items have shape "
            + Arrays.toString(found)
            + ", "
            + Arrays.toString(item)
            + " allowed",
        file);
    int values = Arrays.stream(item).reduce(1, Math::multiplyExact);
    int most = MAXIMUM_VALUES / values;
    require(items >= 1 && items <= most, items + " items, 1 to " + most + " allowed", file);
    byte[] content = ImageFile.exactly(items * values, in, file);
    ImageFile.requireEnd(in, file);
    return content;
  }

  private static void require(boolean valid, String problem, Path file) throws IOException {
    if (!valid) {
      throw new InvalidImageFileException(file + ": " + problem);
    }
  }
}

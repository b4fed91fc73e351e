// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Makes files of images. */
final class TestImages {
  static final int CIFAR_VALUES = 3 * 32 * 32;
  static final int MNIST_VALUES = 28 * 28;

  private TestImages() {}

  /** Records with random pixels and labels 0 to 9 in turn. */
  static byte[] cifar(int seed, int records) {
    byte[] bytes = new byte[records * (1 + CIFAR_VALUES)];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < records; i++) {
      bytes[i * (1 + CIFAR_VALUES)] = (byte) (i % 10);
    }
    return bytes;
  }

  static byte[] idx(byte[] content, int... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + shape.length) + content.length);
    bytes.putInt(0x0800 | shape.length);
    for (int size : shape) {
      bytes.putInt(size);
    }
    return bytes.put(content).array();
  }

  /** Random images. */
  static byte[] idxImages(int seed, int count) {
    byte[] pixels = new byte[count * MNIST_VALUES];
    new Random(seed).nextBytes(pixels);
    return idx(pixels, count, 28, 28);
  }

  /** Labels 0 to 9 in turn. */
  static byte[] idxLabels(int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return idx(labels, count);
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** A folder of 50 training and 20 test images, those for training gzipped. */
  static Path mnist(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("train-images-idx3-ubyte.gz"), gzip(idxImages(1, 50)));
    Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), gzip(idxLabels(50)));
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), idxImages(2, 20));
    Files.write(folder.resolve("t10k-labels-idx1-ubyte"), idxLabels(20));
    return folder;
  }
}

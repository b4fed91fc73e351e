// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Images of one size and their classes. */
final class LabelledImages {
  private final byte[] pixels;
  private final byte[] labels;

  /**
   * Images.
   *
   * @param pixels image after image, channel after channel, row after row, 0 to 255; not copied
   * @param labels a class for each image; not copied
   */
  LabelledImages(byte[] pixels, byte[] labels) {
    this.pixels = pixels;
    this.labels = labels;
  }

  int size() {
    return labels.length;
  }

  int label(int image) {
    return labels[image];
  }

  /** A value of the whole, from 0 to 255. */
  int pixel(int index) {
    return Byte.toUnsignedInt(pixels[index]);
  }

  int[] labelCounts(int classes) {
    int[] counts = new int[classes];
    for (byte label : labels) {
      counts[label]++;
    }
    return counts;
  }

  String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(labels);
      digest.update(pixels);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

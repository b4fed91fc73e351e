// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

import static io.github.gle4j.images.ImageSet.require;

/**
 * Random changes of training images, different in each epoch.
 *
 * @param horizontalFlips whether left and right are exchanged in half of the images
 * @param padding how many black pixels are put around an image before a part of its former size is
 *     cut out anywhere; 0 for no such shift
 */
public record ImageAugmentation(boolean horizontalFlips, int padding) {
  private static final int MAXIMUM_PADDING = 16;

  /**
   * Random changes.
   *
   * @param horizontalFlips whether left and right are exchanged in half of the images
   * @param padding how many black pixels are put around an image before a part of its former size
   *     is cut out anywhere: 0 to 16
   * @throws IllegalArgumentException when the padding is outside its range
   */
  public ImageAugmentation {
    require(
        padding >= 0 && padding <= MAXIMUM_PADDING, "padding", padding, "0 to " + MAXIMUM_PADDING);
  }

  /**
   * What is usual for CIFAR-10: flips, and shifts by up to 4 pixels.
   *
   * @return flips and a padding of 4
   */
  public static ImageAugmentation usual() {
    return new ImageAugmentation(true, 4);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.images;

/** Which of the images. */
public enum Part {
  /** The training images without those held out for validation. */
  TRAIN,
  /** The training images held out for validation. */
  VALIDATION,
  /** The test images. */
  TEST
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures as PNG files. */
final class Picture {
  private Picture() {}

  static void write(Path file, BufferedImage image) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    // In memory: ImageIO's own cache is a file, which cannot be had while the program is ending.
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(png)) {
      ImageIO.write(image, "png", stream);
    }
    WholeFile.write(file, png.toByteArray());
  }
}

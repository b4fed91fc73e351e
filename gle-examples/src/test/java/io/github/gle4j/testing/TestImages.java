// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Folders of images that are easily told apart: class c is bright in rows 2 c + 4 and 2 c + 5. */
public final class TestImages {
  private static final int SIDE = 28;
  private static final int CLASSES = 10;

  private TestImages() {}

  /** Writes the four files of MNIST. */
  public static void writeMnist(Path folder, int trainImages, int testImages) throws IOException {
    write(folder, "train", trainImages);
    write(folder, "t10k", testImages);
  }

  private static void write(Path folder, String name, int count) throws IOException {
    ByteBuffer images = ByteBuffer.allocate(16 + count * SIDE * SIDE);
    images.putInt(0x803).putInt(count).putInt(SIDE).putInt(SIDE);
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    Random random = new Random(name.length());
    for (int i = 0; i < count; i++) {
      int label = i % CLASSES;
      labels.put((byte) label);
      for (int row = 0; row < SIDE; row++) {
        for (int column = 0; column < SIDE; column++) {
          boolean bright = row / 2 == label + 2;
          images.put((byte) (random.nextInt(40) + (bright ? 200 : 0)));
        }
      }
    }
    Files.write(folder.resolve(name + "-images-idx3-ubyte"), images.array());
    Files.write(folder.resolve(name + "-labels-idx1-ubyte"), labels.array());
  }
}

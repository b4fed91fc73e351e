// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static io.github.gle4j.TestNetworks.classifier;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** A stream that does not end needs no more memory the longer it lasts. */
@Tag("faults")
@Tag("long")
class LongStreamTest {
  private static final int STEPS = 1_000_000;
  private static final int EVERY = STEPS / 10;
  private static final String HEAP = "256m";
  private static final double GROWTH_MB = 8; // what collectors and compilers take or leave

  @TempDir private Path folder;

  @Test
  void aMillionStepsTakeNoMoreMemoryThanAHundredThousand() throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP,
                "-Xms" + HEAP,
                "-XX:+AlwaysPreTouch", // or the process grows as the heap is first used
                "-cp",
                System.getProperty("java.class.path"),
                Stream.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int exit = process.waitFor();
    String text = Files.readString(output);
    assertEquals(0, exit, text);
    List<double[]> used =
        text.lines()
            .filter(line -> line.startsWith("used: "))
            .map(line -> line.substring("used: ".length()).split(" "))
            .map(words -> new double[] {Double.parseDouble(words[0]), Double.parseDouble(words[1])})
            .toList();
    assertEquals(STEPS / EVERY, used.size(), text);
    double[] early = used.get(0);
    double[] late = used.get(used.size() - 1);
    System.out.printf(
        "figure: stream of %d steps with -Xmx%s: heap after collection %.1f MB at a tenth, %.1f MB"
            + " at the end; whole process %.0f MB, %.0f MB%n",
        STEPS, HEAP, early[0], late[0], early[1], late[1]);
    assertTrue(late[0] - early[0] < GROWTH_MB, text);
    assertTrue(late[1] - early[1] < 4 * GROWTH_MB, text);
  }

  /** The other process: learns from a stream and prints what memory it takes. */
  static final class Stream {
    private Stream() {}

    public static void main(String[] arguments) throws InterruptedException {
      MultiLayerNetwork network = classifier(new Adam(1e-4)).convertDataType(DataType.FLOAT);
      StreamingTrainer trainer = StreamingTrainer.builder(network).build();
      INDArray features = Nd4j.create(DataType.FLOAT, 1, 2);
      INDArray labels = Nd4j.create(DataType.FLOAT, 1, 3);
      Random random = new Random(1);
      for (int step = 1; step <= STEPS; step++) {
        features.putScalar(0, random.nextGaussian());
        features.putScalar(1, random.nextGaussian());
        labels.assign(0).putScalar(features.getDouble(0) > 0 ? 1 : 2, 1);
        trainer.step(features, labels);
        if (step % EVERY == 0) {
          System.out.printf("used: %f %f%n", heap() / 1e6, Pointer.physicalBytes() / 1e6);
        }
      }
    }

    /** The least of some collections: ND4J's own thread lets go of arrays in between. */
    private static long heap() throws InterruptedException {
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 5; i++) {
        System.gc();
        Thread.sleep(100);
        Runtime runtime = Runtime.getRuntime();
        least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
      }
      return least;
    }
  }
}

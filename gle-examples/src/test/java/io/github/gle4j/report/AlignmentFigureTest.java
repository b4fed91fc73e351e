// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.gle4j.suite.GradientAlignment;
import io.github.gle4j.suite.GradientAlignment.Alignment;
import io.github.gle4j.suite.GradientAlignment.Signal;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlignmentFigureTest {
  @Test
  void aPictureAndATableAreWritten(@TempDir Path folder) throws Exception {
    List<Alignment> alignments = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      for (double timeScale : GradientAlignment.TIME_SCALES) {
        for (double ratio : GradientAlignment.RATIOS) {
          for (int layer = 1; layer <= GradientAlignment.LAYERS; layer++) {
            alignments.add(new Alignment(signal, timeScale, ratio, 1, layer, 1 / ratio));
            alignments.add(new Alignment(signal, timeScale, ratio, 2, layer, 0));
          }
        }
      }
    }
    assertEquals(
        List.of("gradient-alignment.png", "gradient-alignment.csv"),
        AlignmentFigure.write(folder, alignments));
    List<String> table = Files.readAllLines(folder.resolve("gradient-alignment.csv"));
    assertEquals("signal,time_scale,ratio,seed,layer,cosine", table.get(0));
    assertEquals("held,8.0,2.0,1,1,0.5", table.get(9));
    assertEquals(1 + alignments.size(), table.size());
    BufferedImage picture = ImageIO.read(folder.resolve("gradient-alignment.png").toFile());
    assertEquals(3 * 360, picture.getWidth());
    assertEquals(0.25, GradientAlignment.mean(alignments, Signal.HELD, 8, 2, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> GradientAlignment.mean(alignments, Signal.HELD, 7, 2, 1));
  }
}

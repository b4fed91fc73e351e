// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExamplesTest {
  private final PrintStream console = System.out;
  private final Locale locale = Locale.getDefault();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @BeforeEach
  void capture() {
    Locale.setDefault(Locale.ROOT);
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(console);
    Locale.setDefault(locale);
  }

  private double[] printedNumbers(String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(printed.toString(StandardCharsets.UTF_8));
    DoubleStream.Builder numbers = DoubleStream.builder();
    while (matcher.find()) {
      for (int group = 1; group <= matcher.groupCount(); group++) {
        numbers.add(Double.parseDouble(matcher.group(group)));
      }
    }
    return numbers.build().toArray();
  }

  @Test
  void theNetworkLearnsMnist1d() {
    GleLayersInYourConfiguration.main(new String[] {"1"});
    double[] accuracy = printedNumbers("learning ([0-9.]+) %, on the test set ([0-9.]+) %");
    assertEquals(2, accuracy.length);
    assertTrue(accuracy[0] > 18, "better than chance: " + accuracy[0]);
  }

  @Test
  void fitTrainsGleLayersAmongOthers() {
    FitAmongOtherLayers.main(new String[] {"3"});
    double[] accuracy = printedNumbers("accuracy over all steps ([0-9.]+) %");
    String seen = Arrays.toString(accuracy);
    assertEquals(6, accuracy.length, seen);
    assertTrue(accuracy[0] < 45, "chance: " + seen);
    assertTrue(accuracy[1] > 60 && accuracy[2] > accuracy[1] + 3, "learns: " + seen);
    assertTrue(accuracy[3] > 87, "has learned: " + seen);
    assertTrue(accuracy[4] < 45 && accuracy[5] > 80, "the frozen layers are of use: " + seen);
    double[] loss = printedNumbers("loss per step ([0-9.]+)");
    assertEquals(3, loss.length);
    assertTrue(loss[0] > 1.5 * loss[1] && loss[1] > 1.2 * loss[2], Arrays.toString(loss));
  }

  @Test
  void theStreamIsLearnedOnTheFly() {
    LiveStream.main(new String[0]);
    double[] errors = printedNumbers("error +([0-9.]+) %");
    assertEquals(20, errors.length);
    assertTrue(errors[9] < 1, "the slow plant is learned");
    assertTrue(errors[10] > 5, "the change is noticed");
    assertTrue(errors[19] < errors[10] / 3, "the fast plant is learned");
  }

  @Test
  void theLoadedNetworkGoesOnAsTheOriginal() throws Exception {
    SaveAndLoad.main(new String[0]);
    double[] outputs = printedNumbers("original (-?[0-9.]+), loaded (-?[0-9.]+)");
    assertEquals(10, outputs.length);
    for (int i = 0; i < outputs.length; i += 2) {
      assertEquals(outputs[i], outputs[i + 1]);
    }
    assertEquals(1, printedNumbers("rnnTimeStep (-?[0-9.]+)").length);
  }
}

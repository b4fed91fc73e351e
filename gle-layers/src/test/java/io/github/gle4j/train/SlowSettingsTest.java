// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gle4j.nn.connectivity.Blas;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class SlowSettingsTest {
  private static final String PLAIN = "processor\t: 0\nflags\t\t: fpu avx avx2\n";
  private static final String WIDE =
      "processor\t: 0\nflags\t\t: fpu avx512f avx512dq avx2 avx512cd avx512bw avx512vl avx512_vnni\n";
  private static final Map<String, String> UNSET = Map.of("PATH", "/bin");
  private static final Map<String, String> SET = Map.of("OPENBLAS_CORETYPE", "SkylakeX");

  @Test
  void threadsOfOpenBlasAreTold() {
    assertEquals(
        List.of(
            "OpenBLAS uses 2 threads, which in small networks wait for each other more than they"
                + " compute: set OMP_NUM_THREADS=1 in the environment"),
        SlowSettings.found(2, SET, WIDE));
    assertEquals(List.of(), SlowSettings.found(1, UNSET, PLAIN));
    assertEquals(List.of(), SlowSettings.found(1, UNSET, ""));
  }

  @Test
  void aProcessorThatOpenBlasMayNotKnowIsTold() {
    String advice =
        "OpenBLAS does not know every processor with AVX-512, which this one is, and then runs at"
            + " half speed: set OPENBLAS_CORETYPE=SkylakeX in the environment";
    assertEquals(List.of(advice), SlowSettings.found(1, UNSET, WIDE));
    assertEquals(List.of(advice), SlowSettings.found(1, Map.of("OPENBLAS_CORETYPE", ""), WIDE));
    assertEquals(List.of(), SlowSettings.found(1, SET, WIDE));
    assertEquals(List.of(), SlowSettings.found(1, UNSET, WIDE.replace("avx512cd", "")));
  }

  @Test
  void openBlasTellsItsThreads() {
    Nd4j.create(1); // sets them, by OMP_NUM_THREADS
    assertEquals(Integer.parseInt(System.getenv("OMP_NUM_THREADS")), Blas.threads());
  }
}

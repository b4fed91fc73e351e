// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleConvolution;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.nd4j.linalg.activations.Activation;

/** Convolutions of awkward sizes for the tests. */
public final class TestConvolutions {
  private TestConvolutions() {}

  private static GleConvolution.Builder convolution(int maps, int... kernel) {
    return new GleConvolution.Builder(kernel)
        .nOut(maps)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.linear(0.4, 1.2, 1.2, 0.4));
  }

  /** Strides, paddings, dilations and modes, and images smaller than their padding. */
  public static Stream<GleConvolution> shapes() {
    return Stream.of(
        convolution(4, 3, 3).inputShape(2, 6, 7).build(),
        convolution(1, 1, 1).inputShape(1, 1, 1).build(),
        convolution(3, 2, 3).inputShape(1, 5, 5).stride(2, 1).build(),
        convolution(3, 3, 2).inputShape(2, 7, 6).stride(1, 2).padding(1, 2).build(),
        convolution(2, 3, 3).inputShape(3, 7, 8).stride(2, 3).padding(2, 1).build(),
        convolution(2, 2, 3).inputShape(2, 6, 7).convolutionMode(ConvolutionMode.Same).build(),
        convolution(2, 4, 3)
            .inputShape(1, 7, 7)
            .stride(2, 2)
            .convolutionMode(ConvolutionMode.Same)
            .build(),
        convolution(2, 3, 3).inputShape(2, 9, 8).dilation(2, 3).padding(1, 1).build(),
        convolution(2, 3, 3).inputShape(1, 2, 2).padding(3, 3).build(),
        convolution(5, 3).inputShape(2, 11, 1).stride(2).padding(1).build());
  }
}

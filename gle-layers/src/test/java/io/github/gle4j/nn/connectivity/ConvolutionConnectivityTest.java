// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import io.github.gle4j.TestConvolutions;
import io.github.gle4j.nn.conf.GleConvolution;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A patch of the input to every neuron. */
class ConvolutionConnectivityTest extends ConnectivityContract {

  private record Convolution(ConvolutionShape shape, boolean hasBias) implements Case {
    @Override
    public int inputs() {
      return shape.inputs();
    }

    @Override
    public int outputs() {
      return shape.outputs();
    }

    @Override
    public WeightArrays arrays(DataType type, Random random) {
      long[] sizes = {shape.maps(), shape.channels(), shape.kernelHeight(), shape.kernelWidth()};
      INDArray weights = array(type, random, 'c', sizes);
      INDArray others = array(type, random, 'c', sizes);
      INDArray biases = array(type, random, 'f', 1, shape.maps());
      return new WeightArrays(
          weights,
          others,
          Nd4j.create(type, sizes, 'c'),
          hasBias ? biases : null,
          hasBias ? Nd4j.zerosLike(biases) : null);
    }

    @Override
    public Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch) {
      return new ConvolutionConnectivity(shape, batch, arrays, scratch);
    }

    @Override
    public Connectivity<INDArray> reference(WeightArrays arrays) {
      return ConvolutionConnectivity.reference(shape, arrays);
    }
  }

  /** The last fills several tiles of unrolled inputs. */
  @Override
  int[] batches() {
    return new int[] {1, 5, 1500};
  }

  @Override
  List<Case> cases() {
    return TestConvolutions.shapes()
        .map(GleConvolution::shape)
        .<Case>mapMulti(
            (shape, to) -> {
              to.accept(new Convolution(shape, true));
              to.accept(new Convolution(shape, false));
            })
        .toList();
  }
}

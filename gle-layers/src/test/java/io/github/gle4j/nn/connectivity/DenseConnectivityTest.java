// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every input to every neuron. */
class DenseConnectivityTest extends ConnectivityContract {

  private record Dense(int inputs, int outputs, boolean hasBias) implements Case {

    @Override
    public WeightArrays arrays(DataType type, Random random) {
      INDArray weights = array(type, random, 'f', inputs, outputs);
      INDArray others = array(type, random, 'f', inputs, outputs);
      INDArray biases = array(type, random, 'f', 1, outputs);
      return new WeightArrays(
          weights,
          others,
          Nd4j.create(type, weights.shape(), 'f'),
          hasBias ? biases : null,
          hasBias ? Nd4j.zerosLike(biases) : null);
    }

    @Override
    public Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch) {
      return new DenseConnectivity(batch, arrays, scratch);
    }

    @Override
    public Connectivity<INDArray> reference(WeightArrays arrays) {
      return DenseConnectivity.reference(arrays);
    }
  }

  @Override
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int[] size : new int[][] {{1, 1}, {1, 3}, {17, 1}, {5, 53}, {90, 127}}) {
      cases.add(new Dense(size[0], size[1], true));
      cases.add(new Dense(size[0], size[1], false));
    }
    return cases;
  }
}

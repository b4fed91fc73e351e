// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.connectivity.Connectivity;
import io.github.gle4j.nn.connectivity.DenseConnectivity;
import io.github.gle4j.nn.connectivity.Scratch;
import io.github.gle4j.nn.connectivity.WeightArrays;
import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link GleDense} at run time: every input to every neuron, sequences [batch, size, time]. */
public final class GleDenseImpl extends BaseGleImpl<GleDense> {

  /**
   * Creates the layer; DL4J calls this through {@link GleDense#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleDense}
   * @param dataType floating-point type of parameters and states
   */
  public GleDenseImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  public long inputs() {
    return layerConf().getNIn();
  }

  @Override
  public long outputs() {
    return layerConf().getNOut();
  }

  @Override
  Connectivity<INDArray> reference(WeightArrays arrays) {
    return DenseConnectivity.reference(arrays);
  }

  @Override
  Connectivity<float[]> fused(WeightArrays arrays, int batch, Scratch scratch) {
    return new DenseConnectivity(batch, arrays, scratch);
  }

  @Override
  long batch() {
    return input.size(0);
  }

  @Override
  void requireInput(INDArray input) {
    if (input.rank() != 3) {
      throw new DL4JInvalidInputException(
          "GleDense expects input of rank 3, "
              + getDataFormat()
              + ", but got shape "
              + Arrays.toString(input.shape())
              + " "
              + layerId());
    }
    long size = permuteIfNWC(input).size(1);
    if (size != inputs()) {
      throw new DL4JInvalidInputException(
          "the input has "
              + size
              + " values per time step (shape "
              + Arrays.toString(input.shape())
              + "), but nIn = "
              + inputs()
              + " "
              + layerId());
    }
  }

  @Override
  INDArray sequence(INDArray array, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    return permuteIfNWC(array.castTo(dataType));
  }

  @Override
  INDArray output(INDArray sequence, LayerWorkspaceMgr workspaceMgr) {
    return permuteIfNWC(sequence);
  }

  @Override
  INDArray likeInput(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    return permuteIfNWC(sequence);
  }
}

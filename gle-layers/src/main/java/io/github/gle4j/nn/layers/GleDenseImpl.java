// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleDense;
import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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
  public Connectivity connectivity(int batch, Scratch scratch) {
    return new DenseConnectivity(
        batch,
        weights(),
        feedbackWeights(weights()),
        weightGradients(),
        bias(),
        biasGradients(),
        scratch);
  }

  @Override
  void forward(INDArray below, INDArray weights, INDArray bias, INDArray current) {
    Nd4j.gemm(below, weights, current, false, false, 1, 0);
    if (bias != null) {
      current.addiRowVector(bias);
    }
  }

  @Override
  void feedback(INDArray e, INDArray weights, INDArray f) {
    Nd4j.gemm(e, weights, f, false, true, 1, 0);
  }

  @Override
  void addGradients(INDArray below, INDArray e) {
    Nd4j.gemm(below, e, weightGradients(), true, false, -1, 1);
    if (layerConf().isHasBias()) {
      biasGradients().subi(e.sum(true, 0));
    }
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

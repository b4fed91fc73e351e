// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.connectivity;

import io.github.gle4j.dynamics.CheckedCopy;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer of DL4J as a connection, with its parameters as they are now, for any batch size. */
public final class Dl4jConnectivity implements Connectivity<INDArray> {
  private final Layer inside;
  private final InputType inputType;
  private final InputType outputType;
  private final INDArray gradients;

  /**
   * A connection.
   *
   * @param inside has a gradient view of its own, which every backward pass overwrites
   * @param inputType what it takes
   * @param outputType what it gives
   * @param gradients where gradients go, as many as that view has; null: nothing is learned
   */
  public Dl4jConnectivity(
      Layer inside, InputType inputType, InputType outputType, INDArray gradients) {
    this.inside = inside;
    this.inputType = inputType;
    this.outputType = outputType;
    this.gradients = gradients;
  }

  @Override
  public void forward(INDArray from, INDArray current, boolean add) {
    LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
    inside.setInput(Dl4jRows.shaped(from, inputType), memory);
    write(Dl4jRows.flat(inside.activate(true, memory)), current, add);
  }

  /** Along the derivative at the latest input of {@link #forward} or {@link #gradient}. */
  @Override
  public void feedback(INDArray e, INDArray to, boolean add) {
    write(backward(e).negi(), to, add);
  }

  @Override
  public void gradient(INDArray pre, INDArray post, boolean add) {
    LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
    inside.setInput(Dl4jRows.shaped(pre, inputType), memory);
    inside.activate(true, memory);
    backward(post);
    INDArray latest = inside.getGradientsViewArray();
    write(latest.reshape('f', new long[] {latest.length()}), gradients, add);
  }

  /** Nothing: the layer inside reads its parameters where they are. */
  @Override
  public void parametersChanged() {}

  @Override
  public float sizeOfGradients() {
    return gradients.norm1Number().floatValue();
  }

  /** Writes the gradients of the layer inside; returns the gradient of the loss by its input. */
  private INDArray backward(INDArray e) {
    INDArray epsilon = Dl4jRows.shaped(e, outputType).negi();
    return Dl4jRows.flat(
        inside.backpropGradient(epsilon, LayerWorkspaceMgr.noWorkspaces()).getSecond());
  }

  private static void write(INDArray from, INDArray to, boolean add) {
    if (add) {
      to.addi(from);
    } else {
      CheckedCopy.copy(from, to);
    }
  }
}

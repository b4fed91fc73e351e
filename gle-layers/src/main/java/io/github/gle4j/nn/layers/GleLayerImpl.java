// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.conf.GleLayer;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutional;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** {@link GleLayer} at run time: its connectivity is a layer of DL4J. */
public final class GleLayerImpl extends BaseImageImpl<GleLayer> {
  private transient Layer inside;
  private transient INDArray insideGradients; // of the latest backward pass alone

  /**
   * Creates the layer; DL4J calls this through {@link GleLayer#instantiate}.
   *
   * @param conf configuration whose layer is a {@link GleLayer}
   * @param dataType floating-point type of parameters and states
   */
  public GleLayerImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  InputType inputType() {
    return layerConf().getInputType();
  }

  @Override
  InputType outputType() {
    return layerConf().getInside().getOutputType(index, inputType());
  }

  /** Also makes the layer inside, upon its part of the parameters. */
  @Override
  public void setParamsViewArray(INDArray params) {
    super.setParamsViewArray(params);
    long count = GleLayerParamInitializer.insideParams(layerConf());
    NeuralNetConfiguration insideConf = GleLayerParamInitializer.inside(conf);
    INDArray flat = params.reshape('f', new long[] {params.length()});
    INDArray own = flat.get(NDArrayIndex.interval(0, count)).reshape('f', 1, count);
    inside = insideConf.getLayer().instantiate(insideConf, null, index, own, false, dataType);
    insideGradients = Nd4j.create(dataType, 1, count);
    inside.setBackpropGradientsViewArray(insideGradients);
  }

  @Override
  void forward(INDArray below, INDArray weights, INDArray bias, INDArray current) {
    LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
    inside.setInput(shaped(below, inputType()), memory);
    CheckedCopy.copy(flat(inside.activate(true, memory)), current);
  }

  /** Along the derivative at the latest input of {@link #forward} or {@link #addGradients}. */
  @Override
  void feedback(INDArray e, INDArray weights, INDArray f) {
    CheckedCopy.copy(backward(e).negi(), f);
  }

  @Override
  void addGradients(INDArray below, INDArray e) {
    LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
    inside.setInput(shaped(below, inputType()), memory);
    inside.activate(true, memory);
    backward(e);
    INDArray flat = gradientsFlattened.reshape('f', new long[] {gradientsFlattened.length()});
    flat.get(NDArrayIndex.interval(0, insideGradients.length()))
        .addi(insideGradients.reshape('f', new long[] {insideGradients.length()}));
  }

  /** Writes the gradients of the layer inside; returns the gradient of the loss by its input. */
  private INDArray backward(INDArray e) {
    INDArray epsilon = shaped(e, outputType()).negi();
    return flat(inside.backpropGradient(epsilon, LayerWorkspaceMgr.noWorkspaces()).getSecond());
  }

  /** A copy of [samples, values], which the layer may change. */
  private static INDArray shaped(INDArray rows, InputType type) {
    INDArray copy = rows.dup('c');
    return type instanceof InputTypeConvolutional image
        ? copy.reshape('c', rows.size(0), image.getChannels(), image.getHeight(), image.getWidth())
        : copy;
  }

  private static INDArray flat(INDArray array) {
    INDArray plain = array.dup('c');
    return plain.reshape('c', plain.size(0), plain.length() / plain.size(0));
  }

  @Override
  public Connectivity connectivity(int batch, Scratch scratch) {
    return new SlowConnectivity(this, batch);
  }

  /** For the engine's Java arrays: everything by the layer's own operations. */
  private static final class SlowConnectivity implements Connectivity {
    private final GleLayerImpl layer;
    private final INDArray below;
    private final INDArray current;
    private final INDArray e;
    private final INDArray f;

    SlowConnectivity(GleLayerImpl layer, int batch) {
      this.layer = layer;
      below = matrix(batch, layer.inputs());
      current = matrix(batch, layer.outputs());
      e = matrix(batch, layer.outputs());
      f = matrix(batch, layer.inputs());
    }

    private static INDArray matrix(long batch, long size) {
      return Nd4j.create(DataType.FLOAT, new long[] {batch, size}, 'f');
    }

    @Override
    public void forward(FloatPointer rates, float[] currents) {
      float[] values = new float[(int) below.length()];
      NativeFloats.read(rates, values);
      NativeFloats.write(values, below);
      try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
        layer.forward(below, null, null, current);
      }
      NativeFloats.read(current, currents);
    }

    @Override
    public void feedback(float[] errors, float[] feedback) {
      NativeFloats.write(errors, e);
      try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
        layer.feedback(e, null, f);
      }
      NativeFloats.read(f, feedback);
    }

    @Override
    public void gradient(FloatPointer rates, float scale, boolean add) {
      float[] values = new float[(int) below.length()];
      NativeFloats.read(rates, values);
      NativeFloats.write(values, below);
      INDArray own = ownGradients();
      if (!add) {
        own.assign(0);
      }
      try (MemoryWorkspace outside = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
        INDArray before = own.dup();
        layer.addGradients(below, e);
        own.subi(before).muli(-scale).addi(before); // as of the scale -1
      }
    }

    private INDArray ownGradients() {
      return layer
          .gradientsFlattened
          .reshape('f', new long[] {layer.gradientsFlattened.length()})
          .get(NDArrayIndex.interval(0, layer.insideGradients.length()));
    }

    @Override
    public void parametersChanged() {
      // The layer inside reads its parameters where they are.
    }

    @Override
    public float sizeOfCurrents() {
      return current.norm1Number().floatValue();
    }

    @Override
    public float sizeOfErrors() {
      return e.norm1Number().floatValue();
    }

    @Override
    public float sizeOfGradients() {
      return ownGradients().norm1Number().floatValue();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.conf.BaseGleLayer;
import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutional;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer whose input or output are images. Images come as DL4J's rank 4, [batch * time, channels,
 * height, width] with the samples of a step side by side, or as sequences of flattened images; they
 * go out as rank 4. What is no image is a sequence.
 */
abstract class BaseImageImpl<C extends BaseGleLayer> extends BaseGleImpl<C> {
  private int samples; // of the network's input; 0: not known

  BaseImageImpl(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  /** What a time step takes. */
  abstract InputType inputType();

  /** What a time step gives. */
  abstract InputType outputType();

  @Override
  public final long inputs() {
    return inputType().arrayElementsPerExample();
  }

  @Override
  public final long outputs() {
    return outputType().arrayElementsPerExample();
  }

  @Override
  public void setInputMiniBatchSize(int size) {
    samples = size;
  }

  @Override
  long batch() {
    return input.rank() == 3 ? input.size(0) : samples;
  }

  @Override
  void requireInput(INDArray input) {
    boolean isSequence = input.rank() == 3 && input.size(1) == inputs();
    boolean isImages =
        inputType() instanceof InputTypeConvolutional image
            && input.rank() == 4
            && Arrays.equals(image.getShape(), Arrays.copyOfRange(input.shape(), 1, 4));
    String images = Arrays.toString(inputType().getShape());
    String shape = Arrays.toString(input.shape());
    if (!isSequence && !isImages) {
      boolean takesImages = inputType() instanceof InputTypeConvolutional;
      throw refused(
          "got input of shape "
              + shape
              + ": "
              + (takesImages ? "images " + images + " as [batch * time, ...] or " : "")
              + "sequences [batch, "
              + inputs()
              + ", time] are allowed");
    }
    if (isImages && samples == 0) {
      throw refused(
          "cannot tell samples from time steps in input of shape "
              + shape
              + ", as DL4J's graphs do not say: put a CnnToRnnPreProcessor in front of it");
    }
    if (isImages && input.size(0) % samples != 0) {
      throw refused(
          "got input of shape "
              + shape
              + ": a multiple of the network's "
              + samples
              + " samples is allowed");
    }
  }

  private DL4JInvalidInputException refused(String what) {
    return new DL4JInvalidInputException(
        layerConf().getClass().getSimpleName() + " " + what + " " + layerId());
  }

  @Override
  INDArray sequence(INDArray array, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    if (array.rank() == 3) {
      return array.castTo(dataType);
    }
    long batch = batch();
    long time = array.size(0) / batch;
    long size = array.length() / array.size(0);
    boolean isPlain = array.ordering() == 'c' && array.elementWiseStride() == 1;
    INDArray images = (isPlain ? array : array.dup('c')).castTo(dataType);
    INDArray sequence = array(type, workspaceMgr, batch, size, time);
    CheckedCopy.copy(images.reshape('c', time, batch, size).permute(1, 2, 0), sequence);
    return sequence;
  }

  @Override
  INDArray output(INDArray sequence, LayerWorkspaceMgr workspaceMgr) {
    return outputType() instanceof InputTypeConvolutional image
        ? images(sequence, ArrayType.ACTIVATIONS, workspaceMgr, image)
        : sequence;
  }

  @Override
  INDArray likeInput(INDArray sequence, ArrayType type, LayerWorkspaceMgr workspaceMgr) {
    return input.rank() == 3
        ? sequence
        : images(sequence, type, workspaceMgr, (InputTypeConvolutional) inputType());
  }

  private INDArray images(
      INDArray sequence,
      ArrayType type,
      LayerWorkspaceMgr workspaceMgr,
      InputTypeConvolutional image) {
    long batch = sequence.size(0);
    long time = sequence.size(2);
    long[] allImages = {batch * time, image.getChannels(), image.getHeight(), image.getWidth()};
    INDArray images = workspaceMgr.createUninitialized(type, dataType, allImages, 'c');
    CheckedCopy.copy(sequence.permute(2, 0, 1), images.reshape('c', time, batch, sequence.size(1)));
    return images;
  }

  /** A mask per step comes as [batch, time] or, from images, as [batch * time, 1, 1, 1]. */
  @Override
  public void setMaskArray(INDArray maskArray) {
    super.setMaskArray(
        maskArray != null && maskArray.rank() == 4
            ? maskArray.dup('f').reshape('f', samples, maskArray.length() / samples)
            : maskArray);
  }

  /** The layer above gets it in the form of its input: per image, or per step of a sequence. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    if (maskArray != null) {
      samples = minibatchSize;
    }
    setMaskArray(maskArray);
    this.maskState = currentMaskState;
    return new Pair<>(
        this.maskArray != null && outputType() instanceof InputTypeConvolutional
            ? this.maskArray.dup('f').reshape('f', this.maskArray.length(), 1, 1, 1)
            : this.maskArray,
        currentMaskState);
  }
}

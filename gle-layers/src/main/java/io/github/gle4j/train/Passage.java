// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.CheckedCopy;
import io.github.gle4j.nn.connectivity.Dl4jRows;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What lies between two GLE layers: layers of DL4J without parameters and state, which pass rates
 * up and errors down without delay. None at all passes everything as it is.
 *
 * <p>Errors go down along the derivative at the rates that last went up.
 *
 * @param layers lowest first, with the wrappers of frozen ones
 * @param inputs what each of them takes
 * @param outputs number of values that the uppermost gives, per sample
 */
record Passage(List<Layer> layers, List<InputType> inputs, long outputs) {

  /** Whether there is nothing. */
  boolean isEmpty() {
    return layers.isEmpty();
  }

  /**
   * Passes rates up.
   *
   * @param rates [samples, neurons] in 'f' order; unchanged
   * @param training whether dropout is applied
   * @return [samples, outputs] in 'f' order
   */
  INDArray up(INDArray rates, boolean training) {
    INDArray result = rates;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = Frozen.inside(layers.get(i));
      LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
      layer.setInput(Dl4jRows.shaped(result, inputs.get(i)), memory);
      result = flat(layer.activate(training && !Frozen.is(layers.get(i)), memory));
    }
    return result;
  }

  /** As {@link #up}, for many steps of inference: [batch, neurons, time] in 'f' order. */
  INDArray upAll(INDArray rates) {
    if (isEmpty()) {
      return rates;
    }
    int batch = Math.toIntExact(rates.size(0));
    long time = rates.size(2);
    INDArray result =
        Nd4j.createUninitialized(rates.dataType(), new long[] {batch, outputs, time}, 'f');
    boolean isFast = NativeFloats.obstacle(rates.dataType()).isEmpty();
    FusedPassage fast = isFast ? FusedPassage.of(this, batch) : null;
    for (long t = 0; t < time; t++) {
      INDArray step = rates.get(all(), all(), point(t));
      INDArray target = result.get(all(), all(), point(t));
      if (isFast) {
        NativeFloats.write(fast.up(NativeFloats.toHeap(step), false), target);
      } else {
        CheckedCopy.copy(up(step, false), target);
      }
    }
    return result;
  }

  /**
   * Passes errors down.
   *
   * @param feedback [samples, outputs]; unchanged
   * @param training as for {@link #up} before it
   * @return [samples, neurons] in 'f' order
   */
  INDArray down(INDArray feedback, boolean training) {
    INDArray result = feedback;
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      InputType above =
          i + 1 < layers.size()
              ? inputs.get(i + 1)
              : layer.conf().getLayer().getOutputType(layer.getIndex(), inputs.get(i));
      INDArray epsilon = Dl4jRows.shaped(result, above);
      result = flat(down(layer, epsilon, training));
    }
    return result;
  }

  /** DL4J's dropout does not remember that it was left out on the way up. */
  private static INDArray down(Layer layer, INDArray epsilon, boolean training) {
    Layer inside = Frozen.inside(layer);
    IDropout dropout = inside.conf().getLayer().getIDropout();
    inside.conf().getLayer().setIDropout(training && !Frozen.is(layer) ? dropout : null);
    try {
      return inside.backpropGradient(epsilon, LayerWorkspaceMgr.noWorkspaces()).getSecond();
    } finally {
      inside.conf().getLayer().setIDropout(dropout);
    }
  }

  private static INDArray flat(INDArray array) {
    return Dl4jRows.flat(array).dup('f');
  }
}

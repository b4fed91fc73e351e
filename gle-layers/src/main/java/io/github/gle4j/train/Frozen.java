// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;

/**
 * DL4J's wrappers around layers that do not learn, as its transfer learning makes them. A stream
 * goes through the layer inside: rates up and errors down, without gradients and without dropout.
 */
final class Frozen {
  private Frozen() {}

  /** Whether a layer is kept from learning by a wrapper. */
  static boolean is(Layer layer) {
    return layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop;
  }

  /** The layer that does the work: itself where it is not frozen. */
  static Layer inside(Layer layer) {
    Layer inside = layer;
    while (is(inside)) {
      inside = ((BaseWrapperLayer) inside).getUnderlying();
    }
    return inside;
  }
}

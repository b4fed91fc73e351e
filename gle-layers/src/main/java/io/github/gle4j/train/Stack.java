// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;

/**
 * The GLE layers of a network and what lies between them.
 *
 * @param layers lowest first
 * @param above what lies above each of them, nothing for the top
 */
record Stack(List<StreamingLayer> layers, List<Passage> above) {

  /** Number of GLE layers. */
  int size() {
    return layers.size();
  }

  /** The uppermost layer. */
  StreamingLayer top() {
    return layers.get(layers.size() - 1);
  }

  /** The index of a layer in the network. */
  int index(int l) {
    return ((Layer) layers.get(l)).getIndex();
  }
}

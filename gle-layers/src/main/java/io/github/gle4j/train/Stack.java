// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.layers.StreamingLayer;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;

/**
 * The GLE layers of a network and what lies between them.
 *
 * @param layers lowest first, without the wrappers of frozen ones
 * @param above what lies above each of them, nothing for the top
 * @param learning whether each of them learns; a frozen one does not
 */
record Stack(List<StreamingLayer> layers, List<Passage> above, List<Boolean> learning) {

  /** Number of GLE layers. */
  int size() {
    return layers.size();
  }

  /** The uppermost layer. */
  StreamingLayer top() {
    return layers.get(layers.size() - 1);
  }

  /** Whether a layer learns, and is not frozen. */
  boolean learns(int l) {
    return learning.get(l);
  }

  /** The index of a layer in the network. */
  int index(int l) {
    return ((Layer) layers.get(l)).getIndex();
  }
}

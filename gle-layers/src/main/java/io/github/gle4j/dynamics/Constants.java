// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import java.util.Map;

/**
 * Constants of a layer's neurons by name, which are parameters of the layer, such as time
 * constants: one per neuron, or one for as many neighbouring neurons each.
 *
 * @param arrays by name
 * @param <A> type of an array
 */
public record Constants<A>(Map<String, A> arrays) {

  /**
   * A constant.
   *
   * @param name as the model declares it
   * @return its values
   * @throws IllegalArgumentException when there is none of this name
   */
  public A get(String name) {
    A array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "no constant \"" + name + "\": there are " + arrays.keySet());
    }
    return array;
  }
}

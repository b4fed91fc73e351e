// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import org.nd4j.linalg.api.buffer.DataType;

/** Data types of networks. */
final class DataTypes {
  private DataTypes() {}

  /** Why layers cannot compute in a type, or null. */
  static String obstacle(DataType type) {
    return type == DataType.BFLOAT16
        ? "the network's data type is BFLOAT16, in which ND4J cannot differentiate activation"
            + " functions: FLOAT and DOUBLE are allowed"
        : null;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Keeps learned time constants at or above a lower bound: DL4J and the streaming trainer apply it
 * after every update. {@link GleDense} adds it to itself.
 */
public final class TimeConstantBound implements LayerConstraint {
  private double lowerBound;
  private Set<String> params;

  private TimeConstantBound() {} // for DL4J's JSON mapper

  /**
   * A bound on the given parameters.
   *
   * @param lowerBound smallest value allowed
   * @param params keys of the parameters
   */
  public TimeConstantBound(double lowerBound, Set<String> params) {
    this.lowerBound = lowerBound;
    this.params = new TreeSet<>(params);
  }

  @Override
  public void applyConstraint(Layer layer, int iteration, int epoch) {
    for (String key : params) {
      INDArray values = layer.getParam(key);
      Transforms.max(values, lowerBound, false);
    }
  }

  /**
   * The smallest value allowed.
   *
   * @return a positive number
   */
  public double getLowerBound() {
    return lowerBound;
  }

  @Override
  public Set<String> getParams() {
    return params;
  }

  @Override
  public void setParams(Set<String> params) {
    this.params = new TreeSet<>(params);
  }

  @Override
  public TimeConstantBound clone() {
    return new TimeConstantBound(lowerBound, params);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof TimeConstantBound other
        && lowerBound == other.lowerBound
        && params.equals(other.params);
  }

  @Override
  public int hashCode() {
    return Objects.hash(lowerBound, params);
  }
}

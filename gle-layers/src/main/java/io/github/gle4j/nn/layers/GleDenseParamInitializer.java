// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.nn.conf.GleDense;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Lays out and initialises the parameters {@code W b tauM tauR} of a {@link GleDense} layer; the
 * weights are [nIn, nOut] in 'f' order.
 */
public final class GleDenseParamInitializer extends GleParamInitializer {
  /** The only instance. */
  public static final GleDenseParamInitializer INSTANCE = new GleDenseParamInitializer();

  private GleDenseParamInitializer() {
    super('f');
  }

  @Override
  long[] weightShape(Layer layer) {
    GleDense dense = (GleDense) layer;
    return new long[] {dense.getNIn(), dense.getNOut()};
  }

  @Override
  double[] fanInAndOut(Layer layer) {
    GleDense dense = (GleDense) layer;
    return new double[] {dense.getNIn(), dense.getNOut()};
  }
}

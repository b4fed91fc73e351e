// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.conf;

import io.github.gle4j.nn.layers.GleDenseImpl;
import io.github.gle4j.nn.layers.GleDenseParamInitializer;
import io.github.gle4j.nn.layers.GleParamInitializer;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A fully connected layer of GLE neurons: leaky integrators that look ahead (GLE Eqs. 6-15).
 *
 * <p>Input and output are [batch, size, time] (or [batch, time, size], as configured); the output
 * lags the input by one step. Parameters: {@code W} [nIn, nOut], {@code b} [1, nOut] and the time
 * constants {@code tauM} and {@code tauR} [1, nOut], which stay as initialised unless {@link
 * Builder#learnTimeConstants} says otherwise. Time is unit-free; all time constants are at least
 * {@code dt}.
 *
 * <p>Networks of this layer are trained step by step by {@code StreamingTrainer}, or a sequence at
 * a time by DL4J's {@code fit}; the top is a parameterless {@code RnnLossLayer}. The number of
 * neurons is fixed with the time constants: {@code TransferLearning} must replace the layer, not
 * its nOut.
 */
public final class GleDense extends BaseGleLayer {
  private GleDense() {} // for DL4J's JSON mapper

  private GleDense(Builder builder) {
    super(builder);
    initializeConstraints(builder);
  }

  @Override
  Layer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new GleDenseImpl(conf, dataType);
  }

  @Override
  public GleParamInitializer initializer() {
    return GleDenseParamInitializer.INSTANCE;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GleDense && super.equals(o);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }

  /** Builds a {@link GleDense} in DL4J's style. */
  @SuppressWarnings("unchecked") // DL4J declares <E extends Layer> E build()
  public static final class Builder extends BaseGleLayer.Builder<Builder> {

    /** Starts with dt = 0.2, gamma = 0, prospective errors, fixed time constants and a bias. */
    public Builder() {}

    /**
     * Builds the configuration.
     *
     * @return the configuration
     * @throws DL4JInvalidConfigException when a value is missing or outside its range
     */
    @Override
    public GleDense build() {
      requireNoRecurrentWeights("GleDense");
      return new GleDense(this);
    }
  }
}

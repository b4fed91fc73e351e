// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.RateFunction;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationRationalTanh;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's activation functions whose value or derivative its operations lose at voltages that are
 * large but finite, as something in between overflows. Here they are computed value by value in
 * double precision, from exponentials of what is not positive.
 */
enum StableFunction implements RateFunction {
  SOFTPLUS {
    @Override
    double value(double p) {
      return Math.max(p, 0) + Math.log1p(expOfMinusSize(p));
    }

    @Override
    double slope(double p) {
      return logistic(p);
    }
  },

  /** {@code p logistic(p)}. */
  SWISH {
    @Override
    double value(double p) {
      return p * logistic(p);
    }

    @Override
    double slope(double p) {
      return logistic(p) + p * logisticSlope(p);
    }
  },

  /** {@code p logistic(1.702 p)}, ND4J's {@code gelu(precise=false)}. */
  GELU {
    @Override
    double value(double p) {
      return p * logistic(STEEPNESS * p);
    }

    @Override
    double slope(double p) {
      return logistic(STEEPNESS * p) + p * logisticSlope(STEEPNESS * p) * STEEPNESS;
    }
  },

  /** {@code p (1 + tanh(w)) / 2}, {@code w = sqrt(2 / pi) (p + (0.044715 p)^3)}, as in ND4J. */
  PRECISE_GELU {
    @Override
    double value(double p) {
      return p * logistic(2 * w(p));
    }

    @Override
    double slope(double p) {
      double bySlopeOfW = 2 * GAUSSIAN * (1 + 3 * CUBIC * CUBIC * CUBIC * p * p);
      return logistic(2 * w(p)) + p * logisticSlope(2 * w(p)) * bySlopeOfW;
    }

    private static double w(double p) {
      double cubic = CUBIC * p;
      return GAUSSIAN * (p + cubic * cubic * cubic);
    }
  },

  /** {@code p tanh(softplus(p))}. */
  MISH {
    @Override
    double value(double p) {
      return p * tanhOfSoftplus(p);
    }

    @Override
    double slope(double p) {
      double z = expOfMinusSize(p);
      double a = (1 + z) * (1 + z);
      double b = p < 0 ? 1 : z * z;
      return tanhOfSoftplus(p) + p * (4 * a * b / ((a + b) * (a + b))) * logistic(p);
    }

    /** With {@code n = exp(p)} it is {@code ((1 + n)^2 - 1) / ((1 + n)^2 + 1)}. */
    private static double tanhOfSoftplus(double p) {
      double z = expOfMinusSize(p);
      return p < 0 ? z * (2 + z) / (z * (2 + z) + 2) : (1 + 2 * z) / (1 + 2 * z + 2 * z * z);
    }
  },

  /** {@code 1.7159 s(2 p / 3)}, {@code s(y) = y (1 - 1 / (1 + |y| + y^2 + 1.41645 y^4)) / |y|}. */
  RATIONAL_TANH {
    @Override
    double value(double p) {
      double y = Math.min(Math.abs(TWO_THIRDS * p), FAR);
      double above = y + y * y + QUARTIC * y * y * y * y;
      return Math.copySign(HEIGHT * (above / (1 + above)), p);
    }

    @Override
    double slope(double p) {
      double y = Math.abs(TWO_THIRDS * p);
      double above = y + y * y + QUARTIC * y * y * y * y;
      return HEIGHT
          * TWO_THIRDS
          * (1 + 2 * y + 4 * QUARTIC * y * y * y)
          / (1 + above)
          / (1 + above);
    }
  };

  private static final double STEEPNESS = 1.702f; // ND4J's constants are floats
  private static final double GAUSSIAN = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715f;
  private static final double HEIGHT = 1.7159f;
  private static final double TWO_THIRDS = 2f / 3;
  private static final double QUARTIC = 1.41645f;

  /** From here on slopes are those of infinity, and no power overflows. */
  private static final double FAR = 1e70;

  /** ND4J's functions that are wrong without this. */
  static final Map<IActivation, StableFunction> ALL =
      Map.of(
          new ActivationSoftPlus(), SOFTPLUS,
          new ActivationSwish(), SWISH,
          new ActivationGELU(false), GELU,
          new ActivationGELU(true), PRECISE_GELU,
          new ActivationMish(), MISH,
          new ActivationRationalTanh(), RATIONAL_TANH);

  /** The function at a finite voltage. */
  abstract double value(double p);

  /** Its derivative, up to {@link #FAR}. */
  abstract double slope(double p);

  @Override
  public void apply(float[] p, float[] r, float[] d) {
    for (int i = 0; i < p.length; i++) {
      r[i] = (float) value(p[i]);
      d[i] = (float) slope(p[i]);
    }
  }

  /** The rates, an array like the voltages. */
  INDArray values(INDArray p) {
    return map(this::value, p);
  }

  /** The derivatives, an array like the voltages. */
  INDArray slopes(INDArray p) {
    return map(voltage -> slope(Math.max(-FAR, Math.min(FAR, voltage))), p);
  }

  private static INDArray map(DoubleUnaryOperator function, INDArray p) {
    double[] values = p.dup('c').data().asDouble();
    Arrays.setAll(values, i -> function.applyAsDouble(values[i]));
    return Nd4j.createFromArray(values).castTo(p.dataType()).reshape('c', p.shape());
  }

  private static double logistic(double p) {
    double z = expOfMinusSize(p);
    return (p < 0 ? z : 1) / (1 + z);
  }

  private static double logisticSlope(double p) {
    double z = expOfMinusSize(p);
    return z / ((1 + z) * (1 + z));
  }

  /** The smaller of {@code exp(p)} and {@code exp(-p)}. */
  private static double expOfMinusSize(double p) {
    return Math.exp(-Math.abs(p));
  }
}

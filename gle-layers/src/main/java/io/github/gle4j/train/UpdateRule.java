// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.conf.Momentum;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * What one of ND4J's updaters does to a parameter, in loops over Java arrays and in single
 * precision where ND4J's is. A rule is a value, and a line of {@link #of}.
 */
interface UpdateRule {

  /** Names of the states that ND4J's updater keeps, in the order that {@link #apply} takes them. */
  List<String> states();

  /**
   * Updates a parameter.
   *
   * @param w parameter, changed
   * @param g gradient
   * @param s states, changed
   * @param scale factor of the gradient
   */
  void apply(float[] w, float[] g, float[][] s, float scale, int iteration, int epoch);

  /** Rules by the class of their configuration; subclasses are rules of their own. */
  Map<Class<?>, Function<IUpdater, UpdateRule>> KNOWN =
      Map.of(
          Sgd.class, updater -> new Descent((Sgd) updater),
          Momentum.class, updater -> new HeavyBall((Momentum) updater),
          Adam.class, updater -> new AdaptiveMoments((Adam) updater));

  /** The rule of an updater, if there is one. */
  static Optional<UpdateRule> of(IUpdater updater) {
    boolean dividesByZero = updater instanceof Adam adam && !(adam.getEpsilon() > 0);
    return dividesByZero
        ? Optional.empty()
        : Optional.ofNullable(KNOWN.get(updater.getClass())).map(rule -> rule.apply(updater));
  }

  /** {@code w -= rate g}. */
  record Descent(Sgd updater) implements UpdateRule {
    @Override
    public List<String> states() {
      return List.of();
    }

    @Override
    public void apply(float[] w, float[] g, float[][] s, float scale, int iteration, int epoch) {
      float rate = (float) updater.getLearningRate(iteration, epoch) * scale;
      for (int i = 0; i < w.length; i++) {
        w[i] -= rate * g[i];
      }
    }
  }

  /** {@code a = momentum a + g; w -= rate a}. */
  record HeavyBall(Momentum updater) implements UpdateRule {
    @Override
    public List<String> states() {
      return List.of(Momentum.STATE_KEY);
    }

    @Override
    public void apply(float[] w, float[] g, float[][] s, float scale, int iteration, int epoch) {
      float rate = (float) updater.getLearningRate(iteration, epoch);
      float momentum = (float) updater.getMomentum();
      float[] accumulated = s[0];
      for (int i = 0; i < w.length; i++) {
        accumulated[i] = momentum * accumulated[i] + scale * g[i];
        w[i] -= rate * accumulated[i];
      }
    }
  }

  /** Adam, whose first steps' bias corrections agree with ND4J's. */
  record AdaptiveMoments(Adam updater) implements UpdateRule {
    @Override
    public List<String> states() {
      return List.of(AdamUpdater.M_STATE, AdamUpdater.V_STATE);
    }

    @Override
    public void apply(float[] w, float[] g, float[][] s, float scale, int iteration, int epoch) {
      float beta1 = (float) updater.getBeta1();
      float beta2 = (float) updater.getBeta2();
      float epsilon = (float) updater.getEpsilon();
      float power1 = (float) Math.pow(beta1, iteration + 1);
      float power2 = (float) Math.pow(beta2, iteration + 1);
      float learningRate = (float) updater.getLearningRate(iteration, epoch);
      float rate = (float) (learningRate * (float) Math.sqrt(1.0 - power2) / (1.0 - power1));
      if (!Float.isFinite(rate) || rate == 0) {
        rate = epsilon; // as ND4J
      }
      float[] m = s[0];
      float[] v = s[1];
      for (int i = 0; i < w.length; i++) {
        float gradient = scale * g[i];
        m[i] = beta1 * m[i] + gradient * (1 - beta1);
        v[i] = beta2 * v[i] + gradient * gradient * (1 - beta2);
        w[i] -= m[i] * rate / ((float) Math.sqrt(v[i]) + epsilon);
      }
    }
  }
}

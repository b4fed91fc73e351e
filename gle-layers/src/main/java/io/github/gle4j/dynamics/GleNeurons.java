// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import io.github.gle4j.dynamics.Variable.Kind;
import io.github.gle4j.dynamics.Variable.Phase;
import java.util.List;
import java.util.Set;

/**
 * The neurons of Generalized Latent Equilibrium, the only home of their equations (GLE Eqs. 6-15
 * and Algorithm 1). A superscript dot means the derivative by time, which is unit-free.
 *
 * <p>Error neurons: {@code q = above d; v. = (q - v) / tauR; e = v + tauM v.; v += dt v.}, or
 * {@code v = e = q} when prospective errors are off.
 *
 * <p>Membranes: {@code u. = (current + gamma e - u) / tauM; p = u + tauR u.; u += dt u.}, then
 * {@code r = phi(p), d = phi'(p)}.
 *
 * <p>Gradients: {@code +sum(e u.)} for tauM, {@code -sum(q u.)} for tauR (Eqs. 14, 15).
 *
 * @param dt length of an Euler step
 * @param gamma apical coupling of the error into the soma, not negative
 * @param prospectiveErrors false: errors are neither filtered nor looked ahead
 * @param learned which of the constants are learned
 */
public record GleNeurons(double dt, double gamma, boolean prospectiveErrors, Set<String> learned)
    implements NeuronModel {
  /** Name of the membrane time constants, each at least dt. */
  public static final String TAU_M = "tauM";

  /** Name of the prospective time constants, each at least dt. */
  public static final String TAU_R = "tauR";

  /**
   * Such neurons.
   *
   * @param dt length of an Euler step
   * @param gamma apical coupling
   * @param prospectiveErrors whether errors look ahead
   * @param learned names of constants, copied
   */
  public GleNeurons {
    learned = Set.copyOf(learned);
  }

  @Override
  public List<Variable> variables(int neurons) {
    return List.of(
        new Variable("u", neurons, Phase.RATES, Kind.STATE), // membrane potential
        new Variable("v", neurons, Phase.ERRORS, Kind.STATE), // that of the error neuron
        new Variable("q", neurons, Phase.ERRORS, Kind.ERROR), // instantaneous error
        new Variable(ERROR, neurons, Phase.ERRORS, Kind.ERROR), // prospective error
        new Variable(RATE, neurons, Phase.RATES, Kind.MESSAGE),
        new Variable("d", neurons, Phase.RATES, Kind.STATE), // phi'(p)
        new Variable("uDot", neurons, Phase.RATES, Kind.RESULT),
        new Variable("vDot", neurons, Phase.ERRORS, Kind.WORK),
        new Variable("p", neurons, Phase.RATES, Kind.WORK)); // prospective voltage
  }

  @Override
  public List<String> constants() {
    return List.of(TAU_M, TAU_R);
  }

  @Override
  public List<String> readByErrors() {
    return List.of("d");
  }

  @Override
  public List<String> readByGradients() {
    return learned.isEmpty() ? List.of() : List.of("uDot");
  }

  @Override
  public boolean errorsMoveMembranes() {
    return gamma != 0;
  }

  @Override
  public boolean staysFinite() {
    return true;
  }

  @Override
  public <A> Neurons<A> on(ArrayMath<A> math, Phi<A> phi) {
    return new Plain<>(this, math, phi);
  }

  @Override
  public Neurons<float[]> fused(Phi<float[]> phi) {
    return new Fused(this, phi);
  }

  private <A> void addGradients(State<A> state, ConstantGradients<A> to, boolean add) {
    if (learned.contains(TAU_M)) {
      to.sum(TAU_M, 1, state.get(ERROR), state.get("uDot"), add);
    }
    if (learned.contains(TAU_R)) {
      to.sum(TAU_R, -1, state.get("q"), state.get("uDot"), add);
    }
  }

  /** The readable form. */
  private record Plain<A>(GleNeurons model, ArrayMath<A> math, Phi<A> phi) implements Neurons<A> {

    @Override
    public void error(Constants<A> constants, State<A> state, A above) {
      A v = state.get("v");
      A q = state.get("q");
      A e = state.get(ERROR);
      math.product(above, state.get("d"), q);
      if (!model.prospectiveErrors) {
        math.copy(q, v);
        math.copy(q, e);
        return;
      }
      A vDot = state.get("vDot");
      math.sum(q, -1, v, vDot);
      math.divide(vDot, constants.get(TAU_R), vDot);
      math.multiply(vDot, constants.get(TAU_M), e);
      math.sum(e, 1, v, e);
      math.sum(v, model.dt, vDot, v);
    }

    @Override
    public void membrane(Constants<A> constants, State<A> state) {
      A u = state.get("u");
      A uDot = state.get("uDot");
      A current = state.get(CURRENT);
      A p = state.get("p");
      if (model.gamma != 0) {
        math.sum(current, model.gamma, state.get(ERROR), current);
      }
      math.sum(current, -1, u, uDot);
      math.divide(uDot, constants.get(TAU_M), uDot);
      math.multiply(uDot, constants.get(TAU_R), p);
      math.sum(p, 1, u, p);
      math.sum(u, model.dt, uDot, u);
      phi.apply(p, state.next(RATE), state.get("d"));
    }

    @Override
    public void constantGradients(State<A> state, ConstantGradients<A> to, boolean add) {
      model.addGradients(state, to, add);
    }
  }

  /** One pass over Java arrays each, in loops that the JVM turns into vector instructions. */
  private record Fused(GleNeurons model, Phi<float[]> phi) implements Neurons<float[]> {

    @Override
    public void error(Constants<float[]> constants, State<float[]> state, float[] above) {
      float[] tauM = constants.get(TAU_M);
      float[] tauR = constants.get(TAU_R);
      float[] v = state.get("v");
      float[] q = state.get("q");
      float[] e = state.get(ERROR);
      float[] d = state.get("d");
      if (!model.prospectiveErrors) {
        for (int i = 0; i < q.length; i++) {
          q[i] = above[i] * d[i];
        }
        System.arraycopy(q, 0, v, 0, q.length);
        System.arraycopy(q, 0, e, 0, q.length);
        return;
      }
      int samples = v.length / tauM.length; // of a neuron, or of all that share its constants
      for (int n = 0; n < tauM.length; n++) {
        float ahead = tauM[n] / tauR[n];
        float step = (float) model.dt / tauR[n];
        error(ahead, step, above, d, v, q, e, n * samples, samples);
      }
    }

    private static void error(
        float ahead,
        float step,
        float[] above,
        float[] d,
        float[] v,
        float[] q,
        float[] e,
        int from,
        int samples) {
      for (int i = from; i < from + samples; i++) {
        float instantaneous = above[i] * d[i];
        float old = v[i]; // read before anything is written: the JVM vectorises no loop otherwise
        float change = instantaneous - old;
        q[i] = instantaneous;
        e[i] = old + ahead * change;
        v[i] = old + step * change;
      }
    }

    /** The current becomes the prospective voltage. */
    @Override
    public void membrane(Constants<float[]> constants, State<float[]> state) {
      float[] tauM = constants.get(TAU_M);
      float[] tauR = constants.get(TAU_R);
      float[] u = state.get("u");
      float[] current = state.get(CURRENT);
      if (model.gamma != 0) {
        addScaled((float) model.gamma, state.get(ERROR), current);
      }
      int samples = u.length / tauM.length;
      if (!model.learned.isEmpty()) {
        float[] uDot = state.get("uDot");
        for (int n = 0; n < tauM.length; n++) {
          slope(tauM[n], current, u, uDot, n * samples, samples);
        }
      }
      for (int n = 0; n < tauM.length; n++) {
        float ahead = tauR[n] / tauM[n];
        float step = (float) model.dt / tauM[n];
        membrane(ahead, step, current, u, n * samples, samples);
      }
      phi.apply(current, state.next(RATE), state.get("d"));
    }

    private static void slope(
        float tauM, float[] current, float[] u, float[] uDot, int from, int samples) {
      for (int i = from; i < from + samples; i++) {
        uDot[i] = (current[i] - u[i]) / tauM;
      }
    }

    private static void membrane(
        float ahead, float step, float[] current, float[] u, int from, int samples) {
      for (int i = from; i < from + samples; i++) {
        float old = u[i];
        float change = current[i] - old;
        current[i] = old + ahead * change;
        u[i] = old + step * change;
      }
    }

    private static void addScaled(float factor, float[] values, float[] sum) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += factor * values[i];
      }
    }

    @Override
    public void constantGradients(
        State<float[]> state, ConstantGradients<float[]> to, boolean add) {
      model.addGradients(state, to, add);
    }
  }
}

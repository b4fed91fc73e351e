// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.dynamics;

import io.github.gle4j.dynamics.Variable.Kind;
import io.github.gle4j.dynamics.Variable.Phase;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The declared arrays of a layer for the samples of a batch: what its neurons carry from one time
 * step to the next, what goes to the neighbours, and the working memory of a step. The state
 * belongs to whoever drives the layer; no layer keeps it between calls.
 *
 * <p>Neighbouring layers read {@link #get messages} while a step is under way, so a step writes
 * {@link #next}; after all layers have stepped, {@link #publish} swaps them in. Around a phase of a
 * step with a mask the layer calls {@link #begin} and {@link #end}.
 *
 * @param <A> type of an array
 */
public final class State<A> {
  private final List<Variable> variables;
  private final int batch;
  private final ArrayMath<A> math;
  private final Function<Variable, A> work;
  private final Map<String, Integer> places = new HashMap<>();
  private final List<A> now = new ArrayList<>();
  private final List<A> next = new ArrayList<>(); // of messages, when they are first written
  private final List<A> before = new ArrayList<>(); // of states, when a mask is first there

  /**
   * The state before the first step: all zero, derivatives of activation functions included, so
   * that the very first errors are zero whatever the function.
   *
   * @param variables with different names
   * @param batch number of samples
   * @param math makes the arrays
   */
  public State(List<Variable> variables, int batch, ArrayMath<A> math) {
    this(variables, batch, math, variable -> math.zeros(variable.size(), batch));
  }

  /**
   * As {@link #State(List, int, ArrayMath)}, with working memory that layers may share whose steps
   * one thread does one after the other.
   *
   * @param variables with different names
   * @param batch number of samples
   * @param math makes the arrays
   * @param work makes those of kind WORK
   */
  public State(List<Variable> variables, int batch, ArrayMath<A> math, Function<Variable, A> work) {
    this.variables = List.copyOf(variables);
    this.batch = batch;
    this.math = math;
    this.work = work;
    for (Variable variable : variables) {
      if (places.put(variable.name(), now.size()) != null) {
        throw new IllegalArgumentException("two variables have the name " + variable.name());
      }
      now.add(variable.isSaved() ? math.zeros(variable.size(), batch) : null);
      next.add(null);
      before.add(null);
    }
  }

  /**
   * The declarations.
   *
   * @return in their order
   */
  public List<Variable> variables() {
    return variables;
  }

  /**
   * Number of samples.
   *
   * @return the batch size
   */
  public int batch() {
    return batch;
  }

  /**
   * The values of a variable; of a message those that neighbours read in this step.
   *
   * @param name of the variable
   * @return not a copy; made when it is first asked for, if nobody keeps it
   * @throws IllegalArgumentException when there is none of this name
   */
  public A get(String name) {
    int place = place(name);
    A array = now.get(place);
    if (array == null) {
      Variable variable = variables.get(place);
      array = variable.kind() == Kind.WORK ? work.apply(variable) : zeros(place);
      now.set(place, array);
    }
    return array;
  }

  /**
   * Where a step writes a message.
   *
   * @param name of the variable
   * @return not a copy
   * @throws IllegalArgumentException when there is none of this name
   */
  public A next(String name) {
    return made(next, place(name));
  }

  /** Ends a step: what was written for neighbours becomes what they read. */
  public void publish() {
    publish(null);
  }

  /**
   * What a phase wrote for neighbours becomes what they read.
   *
   * @param phase of the messages; null: any
   */
  public void publish(Phase phase) {
    for (int i = 0; i < variables.size(); i++) {
      Variable variable = variables.get(i);
      if (variable.kind() == Kind.MESSAGE && (phase == null || variable.phase() == phase)) {
        A written = made(next, i);
        next.set(i, now.get(i));
        now.set(i, written);
      }
    }
  }

  /**
   * Remembers what a phase with a mask is about to change.
   *
   * @param phase that follows
   * @param mask as for {@link ArrayMath#hold}; null: time passes for all samples
   */
  public void begin(Phase phase, A mask) {
    if (mask == null) {
      return;
    }
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).phase() == phase && variables.get(i).kind() == Kind.STATE) {
        math.copy(now.get(i), made(before, i));
      }
    }
  }

  /**
   * Undoes what a phase did for samples that stand still.
   *
   * @param phase that has passed
   * @param mask as for {@link #begin}
   */
  public void end(Phase phase, A mask) {
    if (mask == null) {
      return;
    }
    for (int i = 0; i < variables.size(); i++) {
      Variable variable = variables.get(i);
      if (variable.phase() != phase) {
        continue;
      }
      switch (variable.kind()) {
        case STATE -> math.hold(mask, before.get(i), now.get(i));
        case MESSAGE -> math.hold(mask, now.get(i), made(next, i));
        case ERROR -> math.clear(mask, get(variable.name()));
        case RESULT -> math.hide(mask, get(variable.name()));
        case WORK -> {}
      }
    }
  }

  /**
   * What must be kept to go on later, as copies.
   *
   * @return arrays by name
   */
  public Map<String, A> save() {
    Map<String, A> saved = arrays();
    saved.replaceAll((name, array) -> copyOf(place(name), array));
    return saved;
  }

  /**
   * What must be kept to go on later, for a caller that will not use this state any more.
   *
   * @return arrays by name, not copies
   */
  public Map<String, A> arrays() {
    Map<String, A> arrays = new LinkedHashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).isSaved()) {
        arrays.put(variables.get(i).name(), now.get(i));
      }
    }
    return arrays;
  }

  /**
   * Takes over saved values.
   *
   * @param saved arrays by name, copied; others than the declared ones are not looked at
   * @throws IllegalArgumentException when one is missing or of another size; nothing changes then
   */
  public void load(Map<String, A> saved) {
    List<String> needed = variables.stream().filter(Variable::isSaved).map(Variable::name).toList();
    for (String name : needed) {
      if (saved.get(name) == null) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "saved neuron state has no array \"%s\": it needs %s",
                name,
                listed(needed)));
      }
    }
    needed.forEach(name -> math.copy(saved.get(name), get(name)));
  }

  private static String listed(List<String> names) {
    int last = names.size() - 1;
    return last == 0
        ? names.get(0)
        : names.subList(0, last).stream().collect(Collectors.joining(", "))
            + " and "
            + names.get(last);
  }

  /**
   * Takes over all that lasts until the end of a step.
   *
   * @param other with the same variables and batch
   * @param copier copies an array of it into one of this
   * @param <B> type of its arrays
   */
  public <B> void copyFrom(State<B> other, BiConsumer<B, A> copier) {
    copyFrom(other, EnumSet.allOf(Phase.class), copier);
  }

  /**
   * Takes over what lasts until the end of a step, of some phases.
   *
   * @param other with the same variables and batch
   * @param phases whose variables are copied
   * @param copier copies an array of it into one of this
   * @param <B> type of its arrays
   */
  public <B> void copyFrom(State<B> other, Set<Phase> phases, BiConsumer<B, A> copier) {
    if (batch != other.batch || !variables.equals(other.variables)) {
      throw new IllegalArgumentException(
          "a state of " + other.variables + " for one of " + variables + ": the same are allowed");
    }
    for (int i = 0; i < variables.size(); i++) {
      B array = other.now.get(i);
      Variable variable = variables.get(i);
      if (array != null && variable.kind() != Kind.WORK && phases.contains(variable.phase())) {
        copier.accept(array, made(now, i));
      }
    }
  }

  /**
   * An independent copy, with the errors and results of the latest step.
   *
   * @return a new state with the same values
   */
  public State<A> copy() {
    State<A> copy = new State<>(variables, batch, math);
    copy.copyFrom(this, math::copy);
    return copy;
  }

  /**
   * This state for another number of samples: a smaller batch keeps the first samples, a larger one
   * repeats them cyclically.
   *
   * @param samples number of samples
   * @return this state when the batch is unchanged, else a new one
   */
  public State<A> forBatch(int samples) {
    if (samples == batch) {
      return this;
    }
    int[] rows = new int[samples];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i % batch;
    }
    State<A> other = new State<>(variables, samples, math);
    Map<String, A> fitting = arrays();
    fitting.replaceAll((name, array) -> math.samples(array, batch, rows));
    other.load(fitting);
    return other;
  }

  /** Sets the state to that before the first step. */
  public void reset() {
    for (A array : now) {
      if (array != null) {
        math.fill(0, array);
      }
    }
  }

  /**
   * What became infinite or not a number in the latest step, before it is published.
   *
   * @return the variable, neuron and sample, or null when all is well
   */
  public String firstNonFinite() {
    for (int i = 0; i < variables.size(); i++) {
      Variable variable = variables.get(i);
      A array = variable.kind() == Kind.MESSAGE ? next.get(i) : now.get(i);
      if (array == null || variable.kind() == Kind.RESULT || variable.kind() == Kind.WORK) {
        continue;
      }
      long at = math.firstNonFinite(array);
      if (at >= 0) {
        return place(variable.name(), at, batch);
      }
    }
    return null;
  }

  /**
   * Names a value for a message.
   *
   * @param quantity what it is of
   * @param index its place in memory, the samples of a neuron side by side
   * @param batch number of samples
   * @return a part of a sentence
   */
  public static String place(String quantity, long index, long batch) {
    return String.format(
        Locale.ROOT, "%s of neuron %d, sample %d,", quantity, index / batch, index % batch);
  }

  private A made(List<A> arrays, int place) {
    A array = arrays.get(place);
    if (array == null) {
      array = zeros(place);
      arrays.set(place, array);
    }
    return array;
  }

  private A zeros(int place) {
    return math.zeros(variables.get(place).size(), batch);
  }

  private A copyOf(int place, A array) {
    A copy = zeros(place);
    math.copy(array, copy);
    return copy;
  }

  private int place(String name) {
    Integer place = places.get(Objects.requireNonNull(name, "name"));
    if (place == null) {
      throw new IllegalArgumentException(
          "no variable \"" + name + "\": there are " + places.keySet());
    }
    return place;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import io.github.gle4j.dynamics.ConstantGradients;
import io.github.gle4j.dynamics.Constants;
import io.github.gle4j.dynamics.Nd4jArrays;
import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The constants of a layer's neurons, which are parameters of the layer, and their gradients. */
interface LayerConstants<A> extends ConstantGradients<A> {

  /** Their values. */
  Constants<A> values();

  /** Must be called after the parameters have changed. */
  void parametersChanged();

  /**
   * Constants as INDArrays.
   *
   * @param parameters the layer's, by name
   * @param gradients the layer's views by name; null: nothing is learned
   */
  static LayerConstants<INDArray> reference(
      List<String> names, Function<String, INDArray> parameters, Map<String, INDArray> gradients) {
    return new Reference(new Constants<>(named(names, parameters)), gradients);
  }

  /**
   * Constants as Java arrays, copies of a layer's.
   *
   * @param parameters the layer's, by name
   * @param gradients the layer's views by name; null: nothing is learned
   */
  static LayerConstants<float[]> fused(
      List<String> names, Function<String, INDArray> parameters, Map<String, INDArray> gradients) {
    return new Heap(names, parameters, gradients);
  }

  private static <T> Map<String, T> named(List<String> names, Function<String, T> of) {
    Map<String, T> named = new LinkedHashMap<>();
    names.forEach(name -> named.put(name, of.apply(name)));
    return named;
  }

  /** By ND4J's operations. */
  record Reference(Constants<INDArray> values, Map<String, INDArray> gradients)
      implements LayerConstants<INDArray> {

    @Override
    public void parametersChanged() {
      // They are read where they are.
    }

    @Override
    public void sum(String constant, int sign, INDArray a, INDArray b, boolean add) {
      INDArray gradient = gradients.get(constant);
      INDArray sum = Nd4jArrays.byConstant(a.mul(b), gradient).sum(true, 0);
      if (!add) {
        gradient.assign(0);
      }
      if (sign > 0) {
        gradient.addi(sum);
      } else {
        gradient.subi(sum);
      }
    }
  }

  /** In loops over Java arrays. */
  final class Heap implements LayerConstants<float[]> {
    private final Constants<float[]> values;
    private final Map<String, FloatPointer> parameters;
    private final Map<String, FloatPointer> gradients;
    private final float[] sums;

    Heap(
        List<String> names,
        Function<String, INDArray> parameters,
        Map<String, INDArray> gradients) {
      this.parameters = named(names, name -> NativeFloats.of(parameters.apply(name)));
      this.gradients =
          gradients == null ? Map.of() : named(names, name -> NativeFloats.of(gradients.get(name)));
      values = new Constants<>(named(names, name -> NativeFloats.toHeap(parameters.apply(name))));
      sums = values.arrays().values().stream().findFirst().map(float[]::clone).orElse(null);
    }

    @Override
    public Constants<float[]> values() {
      return values;
    }

    @Override
    public void parametersChanged() {
      for (Map.Entry<String, float[]> constant : values.arrays().entrySet()) {
        NativeFloats.read(parameters.get(constant.getKey()), constant.getValue());
      }
    }

    @Override
    public void sum(String constant, int sign, float[] a, float[] b, boolean add) {
      FloatPointer gradient = gradients.get(constant);
      if (add) {
        NativeFloats.read(gradient, sums);
      }
      int group = a.length / sums.length; // values of the neurons that share a constant
      for (int n = 0; n < sums.length; n++) {
        float sum = 0;
        for (int i = n * group; i < (n + 1) * group; i++) {
          sum += a[i] * b[i];
        }
        sums[n] = sign * sum + (add ? sums[n] : 0);
      }
      NativeFloats.write(sums, gradient);
    }
  }
}

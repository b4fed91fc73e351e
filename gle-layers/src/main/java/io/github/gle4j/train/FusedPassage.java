// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import io.github.gle4j.nn.connectivity.NativeFloats;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A {@link Passage} for Java arrays [values][batch]: pooling in Java, other layers by DL4J. It
 * holds what went up last, and belongs to the layer below it.
 */
abstract class FusedPassage {

  /**
   * Passes rates up.
   *
   * @param rates unchanged until {@link #down}
   * @param training whether dropout is applied
   * @return belongs to this passage
   */
  abstract float[] up(float[] rates, boolean training);

  /**
   * Passes errors down.
   *
   * @param feedback unchanged
   * @return belongs to this passage
   */
  abstract float[] down(float[] feedback);

  /** Whether ND4J's operations do the work. */
  abstract boolean isSlow();

  /** The fast form of a passage where there is one. */
  static FusedPassage of(Passage passage, int batch) {
    List<Pooling> chain = new ArrayList<>();
    for (int i = 0; i < passage.layers().size(); i++) {
      Layer layer = passage.layers().get(i);
      Optional<Pooling> pooling =
          Pooling.of(Frozen.inside(layer).conf().getLayer(), passage.inputs().get(i), batch);
      if (pooling.isEmpty()) {
        return new General(passage, batch);
      }
      chain.add(pooling.get());
    }
    return new Poolings(chain);
  }

  private static final class Poolings extends FusedPassage {
    private final List<Pooling> chain;

    Poolings(List<Pooling> chain) {
      this.chain = chain;
    }

    @Override
    float[] up(float[] rates, boolean training) {
      float[] result = rates;
      for (int i = 0; i < chain.size(); i++) {
        result = chain.get(i).up(result);
      }
      return result;
    }

    @Override
    float[] down(float[] feedback) {
      float[] result = feedback;
      for (int i = chain.size() - 1; i >= 0; i--) {
        result = chain.get(i).down(result);
      }
      return result;
    }

    @Override
    boolean isSlow() {
      return false;
    }
  }

  private static final class General extends FusedPassage {
    private final Passage passage;
    private final int batch;
    private float[] above = {};
    private float[] below = {};
    private boolean training; // of the latest way up

    General(Passage passage, int batch) {
      this.passage = passage;
      this.batch = batch;
    }

    @Override
    float[] up(float[] rates, boolean dropOut) {
      training = dropOut;
      INDArray result = passage.up(matrix(rates), training);
      above = above.length == result.length() ? above : new float[(int) result.length()];
      NativeFloats.read(result, above);
      return above;
    }

    @Override
    float[] down(float[] feedback) {
      INDArray result = passage.down(matrix(feedback), training);
      below = below.length == result.length() ? below : new float[(int) result.length()];
      NativeFloats.read(result, below);
      return below;
    }

    private INDArray matrix(float[] values) {
      return Nd4j.createFromArray(values).reshape('f', batch, values.length / batch);
    }

    @Override
    boolean isSlow() {
      return true;
    }
  }
}

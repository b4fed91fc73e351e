// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.layers;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.difference;
import static io.github.gle4j.TestNetworks.everyStep;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.network;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.GleDense;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.train.StreamingTrainer;
import java.util.List;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.constraint.UnitNormConstraint;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.weightnoise.WeightNoise;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** Penalties, constraints, clipping, dropout and weight noise under fit. */
class RegularisationTest {
  private static final int TIME = 12;
  private static final INDArray FEATURES = gaussian(5, 3, 2, TIME);
  private static final INDArray LABELS = oneHot(3, 3, 3);

  private static MultiLayerNetwork classifier(Consumer<GleDense.Builder> change) {
    GleDense.Builder layer = hidden(2).learnTimeConstants(LearnedTimeConstants.BOTH);
    change.accept(layer);
    return network(new Sgd(0.5), layer.build(), readout(4, 3).build(), classes());
  }

  @Test
  void fitAppliesWhatTheStreamApplies() {
    List<Consumer<GleDense.Builder>> changes =
        List.of(
            builder -> builder.l1(0.1),
            builder -> builder.l2(0.1).l2Bias(0.2),
            builder -> builder.weightDecay(0.1),
            builder -> builder.constrainWeights(new MaxNormConstraint(0.3, 0)),
            builder -> builder.constrainInputWeights(new UnitNormConstraint(0)),
            builder -> builder.constrainAllParameters(new NonNegativeConstraint()),
            builder ->
                builder
                    .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                    .gradientNormalizationThreshold(0.01),
            builder ->
                builder.gradientNormalization(GradientNormalization.RenormalizeL2PerParamType));
    MultiLayerNetwork plain = classifier(builder -> {});
    plain.fit(new DataSet(FEATURES, everyStep(LABELS, TIME)));
    for (Consumer<GleDense.Builder> change : changes) {
      MultiLayerNetwork streamed = classifier(change);
      MultiLayerNetwork whole = classifier(change);
      StreamingTrainer.builder(streamed)
          .updateInterval(TIME)
          .build()
          .fit(new DataSet(FEATURES, LABELS));
      whole.fit(new DataSet(FEATURES, everyStep(LABELS, TIME)));
      int index = changes.indexOf(change);
      assertTrue(difference(plain.params(), whole.params()) > 1e-4, "change " + index);
      assertEquals(0, difference(streamed.params(), whole.params()), 1e-12, "change " + index);
    }
  }

  @Test
  void theBoundOfLearnedTimeConstantsHoldsInsideWrappers() {
    for (boolean bidirectional : new boolean[] {true, false}) {
      GleDense learned =
          hidden(2)
              .timeConstants(TimeConstants.constant(0.25, 0.25))
              .learnTimeConstants(LearnedTimeConstants.BOTH)
              .build();
      MultiLayerNetwork network =
          bidirectional
              ? network(new Sgd(50), new Bidirectional(learned), readout(8, 3).build(), classes())
              : network(
                  new Sgd(50),
                  new LastTimeStep(learned),
                  new org.deeplearning4j.nn.conf.layers.OutputLayer.Builder()
                      .nIn(4)
                      .nOut(3)
                      .build());
      for (int i = 0; i < 4; i++) {
        network.fit(new DataSet(FEATURES, bidirectional ? everyStep(LABELS, TIME) : LABELS.dup()));
      }
      INDArray tauR = network.getParam(bidirectional ? "0_btauR" : "0_tauR");
      assertEquals(0.2, tauR.minNumber().doubleValue(), 1e-12);
      assertNotEquals(0.25, tauR.maxNumber().doubleValue());
    }
  }

  /** Passes everything on but the inputs of one step. */
  private record WithoutStep(int step, int timeDimension) implements IDropout {
    private INDArray without(INDArray values) {
      (timeDimension == 2 ? values.get(all(), all(), point(step)) : values.get(all(), point(step)))
          .assign(0);
      return values;
    }

    @Override
    public INDArray applyDropout(
        INDArray input, INDArray result, int iteration, int epoch, LayerWorkspaceMgr manager) {
      if (result != input) {
        result.assign(input);
      }
      return without(result);
    }

    @Override
    public INDArray backprop(INDArray above, INDArray below, int iteration, int epoch) {
      if (below != above) {
        below.assign(above);
      }
      return without(below);
    }

    @Override
    public void clear() {}

    @Override
    public IDropout clone() {
      return this;
    }
  }

  /** Errors reach the layer below one step after the input they belong to. */
  @Test
  void errorsOfDroppedInputsAreDropped() {
    for (RNNFormat format : RNNFormat.values()) {
      boolean last = format == RNNFormat.NCW;
      RnnLossLayer top = classes();
      top.setRnnDataFormat(format);
      MultiLayerNetwork network =
          network(
              new Sgd(0),
              readout(2, 3).dataFormat(format).dropOut(new WithoutStep(5, last ? 2 : 1)).build(),
              top);
      network.initGradientsView();
      int[] order = last ? new int[] {0, 1, 2} : new int[] {0, 2, 1};
      LayerWorkspaceMgr manager = LayerWorkspaceMgr.noWorkspaces();
      Layer layer = network.getLayer(0);
      INDArray rates = layer.activate(FEATURES.permute(order).dup(), true, manager).permute(order);
      INDArray errors =
          layer
              .backpropGradient(gaussian(1, 3, 3, TIME).permute(order).dup(), manager)
              .getSecond()
              .permute(order);
      for (int t = 2; t < TIME; t++) {
        double error = errors.get(all(), all(), point(t)).amaxNumber().doubleValue();
        assertEquals(t == 6, error == 0, format + " step " + t);
      }
      INDArray current = layer.getParam("b").sub(rates.get(all(), all(), point(6)));
      assertEquals(0, current.amaxNumber().doubleValue(), 1e-12, "the input of step 5 is missing");
    }
  }

  @Test
  void weightNoiseReachesBiases() {
    for (boolean biases : new boolean[] {false, true}) {
      MultiLayerNetwork network =
          classifier(
              b -> b.weightNoise(new WeightNoise(new NormalDistribution(1, 1e-9), biases, true)));
      MultiLayerNetwork shifted = classifier(b -> {});
      shifted.getParam("0_W").addi(1);
      shifted.getParam("0_b").addi(biases ? 1 : 0);
      assertEquals(0, difference(shifted.output(FEATURES), network.output(FEATURES, true)), 1e-7);
      assertTrue(difference(shifted.output(FEATURES), network.output(FEATURES)) > 1e-3);
    }
  }
}

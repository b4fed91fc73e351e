// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.pinned;

import static io.github.gle4j.TestNetworks.classes;
import static io.github.gle4j.TestNetworks.gaussian;
import static io.github.gle4j.TestNetworks.hidden;
import static io.github.gle4j.TestNetworks.oneHot;
import static io.github.gle4j.TestNetworks.readout;
import static io.github.gle4j.TestNetworks.squares;

import io.github.gle4j.dynamics.TimeConstants;
import io.github.gle4j.nn.conf.ActivationSaturatingLinear;
import io.github.gle4j.nn.conf.FeedbackWeights;
import io.github.gle4j.nn.conf.GleConvolution;
import io.github.gle4j.nn.conf.GleLayer;
import io.github.gle4j.nn.conf.LearnedTimeConstants;
import io.github.gle4j.nn.conf.Momentum;
import io.github.gle4j.train.StreamingTrainer;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Networks whose numbers and files every later version must give again, bit by bit. Together they
 * have all of the project's configuration classes and all ways through the engines.
 */
enum PinnedNetwork {
  /** The plainest: every update waits for the next step. */
  DENSE {
    @Override
    Layer[] layers() {
      return new Layer[] {hidden(0).build(), hidden(0).build(), readout(0, 3).build(), classes()};
    }
  },

  CONVOLUTION {
    @Override
    InputType input() {
      return InputType.convolutional(9, 8, 2);
    }

    @Override
    Layer[] layers() {
      return new Layer[] {
        convolution(3, 3, 3).activation(new ActivationSaturatingLinear()).build(),
        new SubsamplingLayer.Builder(PoolingType.MAX, new int[] {2, 2}).stride(2, 2).build(),
        convolution(4, 3, 2)
            .convolutionMode(ConvolutionMode.Same)
            .learnTimeConstants(LearnedTimeConstants.BOTH)
            .build(),
        readout(0, 3).build(),
        classes()
      };
    }

    @Override
    IUpdater updater() {
      return new Momentum(0.02, 0.9);
    }
  },

  WRAPPED {
    @Override
    InputType input() {
      return InputType.convolutional(6, 5, 2);
    }

    @Override
    Layer[] layers() {
      return new Layer[] {
        new GleLayer.Builder(
                new ConvolutionLayer.Builder(3, 3).nOut(3).activation(Activation.IDENTITY).build())
            .activation(Activation.TANH)
            .timeConstants(TimeConstants.linear(0.4, 1.2, 1.2, 0.4))
            .build(),
        new GleLayer.Builder(
                new DenseLayer.Builder().nOut(5).activation(Activation.IDENTITY).build())
            .activation(Activation.SIGMOID)
            .timeConstants(TimeConstants.constant(0.6, 1.2))
            .learnTimeConstants(LearnedTimeConstants.TAU_R)
            .build(),
        readout(0, 3).build(),
        classes()
      };
    }

    @Override
    IUpdater updater() {
      return new Sgd(0.05);
    }
  },

  /** Sequences of unequal length with a label in some steps; states carried on. */
  MASKS {
    @Override
    Layer[] layers() {
      return DENSE.layers();
    }

    @Override
    DataSet data() {
      INDArray features = gaussian(1, BATCH, 3, TIME);
      INDArray labels = Nd4j.create(DataType.DOUBLE, BATCH, 3, TIME);
      INDArray featuresMask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
      INDArray labelsMask = Nd4j.ones(DataType.DOUBLE, BATCH, TIME);
      Random random = new Random(2);
      for (int b = 0; b < BATCH; b++) {
        for (int t = 0; t < TIME; t++) {
          labels.putScalar(b, random.nextInt(3), t, 1);
          featuresMask.putScalar(b, t, t < TIME - 3 * b ? 1 : 0);
          labelsMask.putScalar(b, t, t < TIME - 3 * b ? random.nextInt(2) : 0);
        }
      }
      return new DataSet(features, labels, featuresMask, labelsMask);
    }
  },

  /** A listener wants every update at once; DL4J's own updater. */
  LISTENERS {
    @Override
    Layer[] layers() {
      return DENSE.layers();
    }

    @Override
    IUpdater updater() {
      return new AdaGrad(0.02);
    }

    @Override
    void prepare(MultiLayerNetwork network) {
      network.addListeners(
          new BaseTrainingListener() {
            @Override
            public void onGradientCalculation(Model model) {
              model.gradient().gradientForVariable().values().forEach(g -> g.muli(0.5));
            }
          });
    }
  },

  /** Constraints, regularisation, learned time constants, a regression. */
  CONSTRAINTS {
    @Override
    Layer[] layers() {
      return new Layer[] {
        hidden(0).constrainWeights(new MaxNormConstraint(0.5, 1)).l2(0.01).build(),
        hidden(0).learnTimeConstants(LearnedTimeConstants.BOTH).build(),
        readout(0, 3).hasBias(false).build(),
        squares()
      };
    }

    @Override
    IUpdater updater() {
      return new RmsProp(0.005);
    }
  },

  /** Every layer has an updater of its own. */
  UPDATERS {
    @Override
    Layer[] layers() {
      return new Layer[] {
        hidden(0).updater(new Adam(0.01)).biasUpdater(new Sgd(0.1)).build(),
        hidden(0).updater(new Momentum(0.02, 0.5)).build(),
        hidden(0).updater(new Nesterovs(0.01, 0.9)).build(),
        readout(0, 3).updater(new Sgd(0.1)).build(),
        classes()
      };
    }
  },

  /** Errors in the membranes, fixed feedback weights, updates every third step. */
  GAMMA {
    @Override
    Layer[] layers() {
      return new Layer[] {
        hidden(0).gamma(0.3).feedback(FeedbackWeights.fixedRandom(7)).build(),
        hidden(0).gamma(0.1).activation(Activation.RELU).prospectiveErrors(false).build(),
        readout(0, 3).build(),
        classes()
      };
    }

    @Override
    StreamingTrainer.Builder options(StreamingTrainer.Builder builder) {
      return builder.updateInterval(3).beta(0.7).carryState(false);
    }
  };

  private static final int BATCH = 5;
  private static final int TIME = 20;
  private static final int PASSES = 10;

  private static GleConvolution.Builder convolution(int maps, int... kernel) {
    return new GleConvolution.Builder(kernel)
        .nOut(maps)
        .activation(Activation.TANH)
        .timeConstants(TimeConstants.linear(0.4, 1.2, 1.2, 0.4));
  }

  InputType input() {
    return InputType.recurrent(3);
  }

  abstract Layer[] layers();

  IUpdater updater() {
    return new Adam(0.01);
  }

  void prepare(MultiLayerNetwork network) {}

  StreamingTrainer.Builder options(StreamingTrainer.Builder builder) {
    return builder;
  }

  MultiLayerConfiguration configuration(DataType type) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .dataType(type)
            .weightInit(WeightInit.XAVIER)
            .updater(updater())
            .list();
    for (Layer layer : layers()) {
      list.layer(layer);
    }
    return list.setInputType(input()).build();
  }

  /** A network whose parameters no random generator decides. */
  MultiLayerNetwork network(DataType type) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration(type));
    network.init();
    for (org.deeplearning4j.nn.api.Layer layer : network.getLayers()) {
      layer
          .paramTable()
          .forEach(
              (key, array) -> {
                if (!key.startsWith("tau")) {
                  array.assign(gaussian(key.hashCode() + layer.getIndex(), array.shape()).mul(0.5));
                }
              });
    }
    return network;
  }

  DataSet data() {
    INDArray labels = oneHot(2, BATCH, 3);
    return input() instanceof InputType.InputTypeConvolutional image
        ? new DataSet(
            gaussian(1, BATCH, image.getChannels(), image.getHeight(), image.getWidth()), labels)
        : new DataSet(gaussian(1, BATCH, 3, TIME), labels);
  }

  /** A trainer after 200 steps. */
  StreamingTrainer trained(DataType type, UnaryOperator<StreamingTrainer.Builder> engine) {
    MultiLayerNetwork network = network(type);
    prepare(network);
    StreamingTrainer.Builder builder = options(StreamingTrainer.builder(network));
    if (input() instanceof InputType.InputTypeConvolutional) {
      builder.presentationSteps(TIME);
    }
    StreamingTrainer trainer = engine.apply(builder).build();
    DataSet data = data();
    for (int pass = 0; pass < PASSES; pass++) {
      trainer.fit(data);
    }
    return trainer;
  }
}

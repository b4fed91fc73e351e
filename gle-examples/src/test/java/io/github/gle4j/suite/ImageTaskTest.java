// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.images.Cifar10;
import io.github.gle4j.images.Mnist;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.testing.TestImages;
import io.github.gle4j.train.Propagation;
import io.github.gle4j.train.StreamingResult;
import io.github.gle4j.train.StreamingTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class ImageTaskTest {
  @TempDir private Path folder;

  private ImageTask mnist(int trainImages) throws Exception {
    TestImages.writeMnist(folder, trainImages, 20);
    return new ImageTask(Mnist.read(folder), null);
  }

  @Test
  void holdsATenthOut() throws Exception {
    ImageTask task = mnist(40);
    TaskDescription description = task.description();
    assertEquals("mnist", description.name());
    assertEquals(
        "MNIST: 36 images for training, 4 for validation, 20 in the test set.", description.data());
    assertEquals("le-lenet", description.defaultModel());
    TaskModel model = task.models().named("le-dense").withBatchSize(16);
    try (Parts parts = task.parts(model, 1)) {
      assertEquals(3, parts.batchesPerEpoch());
      DataSet batch = parts.train().batches().next();
      assertEquals(List.of(16L, 784L), sizes(batch.getFeatures()));
      assertEquals(List.of(16L, 10L), sizes(batch.getLabels()));
    }
    assertEquals(36, task.manifest(model).get("trainImages"));
    assertEquals(10, task.manifest(model).get("stepsPerImage"));
    Exception e = assertThrows(IllegalArgumentException.class, () -> mnist(4));
    assertEquals("4 training images: 5 or more allowed, as a tenth is held out", e.getMessage());
    assertEquals(1, mnist(5).manifest(model).get("validationImages"));
  }

  private static List<Long> sizes(INDArray array) {
    return List.of(array.size(0), array.size(1));
  }

  /** What the evaluation by a single step relies on. */
  @Test
  void everyStepOfAPresentationShowsTheSameOutput() throws Exception {
    ImageTask task = mnist(40);
    for (String name : List.of("le-lenet", "le-dense")) {
      TaskModel model = task.models().named(name);
      Learner learner = TrainingPlan.of(task, model, null, 1, 3).learner(1, true, () -> false);
      List<DataSet> images;
      try (Parts parts = task.parts(model, 1)) {
        learner.learn(parts.train().batches().next());
        images = List.of(parts.test().batches().next());
      }
      Evaluation evaluation = new Evaluation();
      double loss = learner.evaluate(new ExistingDataSetIterator(images), evaluation);
      StreamingResult presented =
          StreamingTrainer.builder((MultiLayerNetwork) learner.network())
              .propagation(Propagation.SWEEP)
              .presentationSteps(10)
              .build()
              .evaluate(new ExistingDataSetIterator(images));
      assertEquals(presented.loss(), loss, 1e-5 * loss);
      assertEquals(presented.evaluation().getConfusionMatrix(), evaluation.getConfusionMatrix());
    }
  }

  @Test
  void networksForCifar10Learn() throws Exception {
    byte[] records = new byte[10_000 * 3073];
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      records[3073 * i] = (byte) random.nextInt(10);
      records[3073 * i + 1 + random.nextInt(3072)] = (byte) 200;
    }
    Files.write(folder.resolve("data_batch_1.bin"), records);
    Files.write(folder.resolve("test_batch.bin"), records);
    ImageTask task = new ImageTask(Cifar10.read(folder), null);
    for (TaskModel model : task.models().all()) {
      Learner learner = TrainingPlan.of(task, model, null, 1, 3).learner(1, true, () -> false);
      try (Parts parts = task.parts(model, 1)) {
        assertEquals(9_000, parts.train().size());
        DataSet batch = parts.train().batches().next(16);
        double first = learner.learn(batch).figures().loss();
        learner.learn(batch);
        assertTrue(learner.learn(batch).figures().loss() < first, model.name());
      }
      assertEquals(model.online() ? 30 : 3, learner.updates());
    }
  }
}

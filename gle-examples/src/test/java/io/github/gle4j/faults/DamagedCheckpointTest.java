// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.checkpoint.Checkpoint;
import io.github.gle4j.checkpoint.CheckpointFolder;
import io.github.gle4j.checkpoint.InvalidCheckpointException;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.models.TaskModel;
import io.github.gle4j.suite.Mnist1dTask;
import io.github.gle4j.suite.Mode;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.suite.RunCheckpoints;
import io.github.gle4j.suite.TrainingPlan;
import io.github.gle4j.suite.TrainingRun;
import io.github.gle4j.testing.SilentObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checkpoints damaged on their way, which checksums tell, and by someone who computes the checksums
 * anew ({@code docs/format.md}).
 */
@Tag("faults")
@Tag("long")
class DamagedCheckpointTest {
  private static final int INPUTS = 1000; // of each kind
  private static final int HEADER = 16;
  private static final int DIGEST = 32;
  private static final int FOOTER = 16 + DIGEST;

  @TempDir private Path folder;

  private static TrainingRun run() {
    TaskModel model = TaskModel.of(PublishedModel.GLE_15K).withLength(8);
    return new TrainingRun(
        new TrainingPlan(
            new Mnist1dTask(Protocol.HOLDOUT, 60, 8), model, Mode.STREAMING, null, null, 2, 1),
        1,
        () -> false);
  }

  @Test
  void damageOnTheWay() throws Exception {
    CheckpointFolder checkpoints = trained();
    Path file = newest();
    byte[] good = Files.readAllBytes(file);
    Mutations mutations = new Mutations(8);
    DamagedInputTest.damage(
        "checkpoint",
        INPUTS,
        InvalidCheckpointException.class,
        i -> {
          byte[] bad = mutations.damaged(good);
          Files.write(file, bad);
          checkpoints.load();
          assertTrue(Arrays.equals(good, bad), "loaded though damaged");
        });
  }

  @Test
  void damageWithTheRightChecksums() throws Exception {
    CheckpointFolder checkpoints = trained();
    Path file = newest();
    List<byte[]> entries = entries(Files.readAllBytes(file));
    Files.write(file, file(entries));
    resume(checkpoints.load().orElseThrow().checkpoint()); // the benign twin
    Mutations mutations = new Mutations(9);
    Random random = new Random(9);
    INDArray untrained;
    try (TrainingRun run = run()) {
      untrained = run.network().params().dup();
    }
    DamagedInputTest.damage(
        "checkpoint with right checksums",
        INPUTS,
        InvalidCheckpointException.class,
        i -> {
          List<byte[]> bad = new ArrayList<>(entries);
          int place = random.nextInt(bad.size());
          switch (i % 8) {
            case 0 -> bad.remove(place);
            case 1 -> bad.add(bad.get(place));
            default -> bad.set(place, mutations.damaged(bad.get(place)));
          }
          Files.write(file, file(bad));
          Checkpoint checkpoint = checkpoints.load().orElseThrow().checkpoint();
          try (TrainingRun run = run()) {
            try {
              run.resume(checkpoint);
            } catch (IllegalArgumentException e) {
              assertEquals(untrained, run.network().params());
              throw new InvalidCheckpointException(file, e.getMessage());
            }
          }
        });
    Files.write(file, new byte[0]);
    assertThrows(InvalidCheckpointException.class, checkpoints::load);
  }

  private static void resume(Checkpoint checkpoint) throws IOException {
    try (TrainingRun run = run()) {
      run.resume(checkpoint);
      run.run(new SilentObserver());
      assertEquals(3, run.metrics().size());
    }
  }

  /** A run with a checkpoint after each minibatch, of which the last is left. */
  private CheckpointFolder trained() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 1);
    try (TrainingRun run = run()) {
      run.keep(new RunCheckpoints(checkpoints, 1));
      run.run(new SilentObserver());
    }
    return checkpoints;
  }

  private Path newest() throws IOException {
    try (var files = Files.list(folder)) {
      return files.findAny().orElseThrow();
    }
  }

  /** The entries of a file without their checksums. */
  private static List<byte[]> entries(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> entries = new ArrayList<>();
    int count = bytes.getInt(HEADER - Integer.BYTES);
    bytes.position(HEADER);
    for (int i = 0; i < count; i++) {
      int from = bytes.position();
      bytes.position(from + 1 + Byte.toUnsignedInt(bytes.get()));
      int kind = bytes.get();
      int rank = bytes.get();
      long values = 1;
      for (int d = 0; d < rank; d++) {
        values *= bytes.getLong();
      }
      int[] bytesOfKind = {1, 8, 8, 4, 8};
      int to = bytes.position() + (int) values * bytesOfKind[kind];
      entries.add(Arrays.copyOfRange(file, from, to));
      bytes.position(to + Integer.BYTES);
    }
    assertEquals(file.length - FOOTER, bytes.position());
    return entries;
  }

  private static byte[] file(List<byte[]> entries) throws Exception {
    int length = HEADER + FOOTER;
    for (byte[] entry : entries) {
      length += entry.length + Integer.BYTES;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("GLE-CKPT".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(entries.size());
    for (byte[] entry : entries) {
      CRC32C checksum = new CRC32C();
      checksum.update(entry);
      bytes.put(entry).putInt((int) checksum.getValue());
    }
    bytes.put("GLE-END\n".getBytes(StandardCharsets.US_ASCII)).putLong(length);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(bytes.array(), 0, length - DIGEST);
    return bytes.put(digest.digest()).array();
  }
}

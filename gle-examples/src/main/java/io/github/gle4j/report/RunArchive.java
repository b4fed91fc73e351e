// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The finished runs of a comparison, each in a folder of its own, named after model, seed and the
 * SHA-256 of its configuration: {@code configuration.txt}, {@code run.json} and its checksum. A run
 * that did not finish leaves nothing.
 */
public final class RunArchive {
  private static final int HASH_DIGITS = 12;

  private final Path folder;

  /**
   * An archive.
   *
   * @param folder may not exist yet
   */
  public RunArchive(Path folder) {
    this.folder = folder;
  }

  /**
   * Looks for a finished run of the very same configuration.
   *
   * @param plan what the run is to do
   * @return its result, if there is one
   * @throws io.github.gle4j.suite.BadInputException when there is one whose file was edited or
   *     damaged; the message names the file, and what to delete to repeat the run
   * @throws IOException when there is one that cannot be read
   */
  public Optional<ComparedRun> find(TrainingPlan plan) throws IOException {
    RunFile file = new RunFile(folder(plan));
    return file.exists() ? Optional.of(file.read(plan)) : Optional.empty();
  }

  /**
   * Whether the file of a finished run has a checksum, so that any change of it is noticed.
   *
   * @param plan what the run was to do
   * @return false when it was written by an earlier version, or its checksum is gone
   */
  public boolean hasChecksum(TrainingPlan plan) {
    return new RunFile(folder(plan)).hasChecksum();
  }

  /**
   * Keeps a finished run.
   *
   * @param plan what the run was to do
   * @param run what it brought
   * @throws IOException when it cannot be written
   */
  public void keep(TrainingPlan plan, ComparedRun run) throws IOException {
    Path folder = Files.createDirectories(folder(plan));
    byte[] configuration = plan.configuration().getBytes(StandardCharsets.UTF_8);
    WholeFile.write(folder.resolve("configuration.txt"), configuration);
    new RunFile(folder).write(run);
  }

  private Path folder(TrainingPlan plan) {
    String hash = WholeFile.sha256(plan.configuration().getBytes(StandardCharsets.UTF_8));
    return folder.resolve(
        plan.model().name() + "-seed" + plan.seed() + "-" + hash.substring(0, HASH_DIGITS));
  }
}

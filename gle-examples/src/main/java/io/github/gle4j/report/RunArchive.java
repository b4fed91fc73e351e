// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The finished runs of a comparison, each in a folder of its own, named after model, seed and the
 * SHA-256 of its configuration: {@code configuration.txt} and {@code run.json}. A run that did not
 * finish leaves nothing.
 */
public final class RunArchive {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

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
   * @throws IOException when there is one that cannot be read; the message names the file
   */
  public Optional<ComparedRun> find(TrainingPlan plan) throws IOException {
    Path file = file(plan);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(MAPPER.readValue(file.toFile(), ComparedRun.class));
    } catch (IOException e) {
      throw new IOException(file + " cannot be read; delete it to repeat the run", e);
    }
  }

  /**
   * Keeps a finished run.
   *
   * @param plan what the run was to do
   * @param run what it brought
   * @throws IOException when it cannot be written
   */
  public void keep(TrainingPlan plan, ComparedRun run) throws IOException {
    Path file = file(plan);
    Files.createDirectories(file.getParent());
    byte[] configuration = plan.configuration().getBytes(StandardCharsets.UTF_8);
    WholeFile.write(file.resolveSibling("configuration.txt"), configuration);
    WholeFile.write(file, MAPPER.writeValueAsBytes(run));
  }

  private Path file(TrainingPlan plan) {
    String hash = WholeFile.sha256(plan.configuration().getBytes(StandardCharsets.UTF_8));
    String name =
        plan.model().name() + "-seed" + plan.seed() + "-" + hash.substring(0, HASH_DIGITS);
    return folder.resolve(name).resolve("run.json");
  }
}

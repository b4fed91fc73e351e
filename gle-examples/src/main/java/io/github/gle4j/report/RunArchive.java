// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The finished runs of a comparison, each in a folder of its own, named after model, seed and the
 * SHA-256 of its configuration: {@code configuration.txt}, {@code run.json} and its checksum. A run
 * that did not finish leaves nothing.
 */
public final class RunArchive {
  private static final int HASH_DIGITS = 12;
  private static final Pattern NAME =
      Pattern.compile("(.+)-seed(\\d{1,9})-[0-9a-f]{" + HASH_DIGITS + "}");

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

  /**
   * Looks for finished runs besides those of some plans.
   *
   * @param asked the plans
   * @param planned the plan that belongs beside them for a model's name and a seed, if there is one
   * @return those of the very same configuration as such a plan, and the names of the others
   * @throws io.github.gle4j.suite.BadInputException when the file of the former was edited or
   *     damaged
   * @throws IOException when one cannot be read
   */
  public OtherRuns others(
      Collection<TrainingPlan> asked, BiFunction<String, Integer, Optional<TrainingPlan>> planned)
      throws IOException {
    Set<Path> known = asked.stream().map(this::folder).collect(Collectors.toSet());
    Map<TrainingPlan, ComparedRun> fitting = new LinkedHashMap<>();
    List<String> foreign = new ArrayList<>();
    for (Path run : finished()) {
      if (known.contains(run)) {
        continue;
      }
      String name = run.getFileName().toString();
      Matcher parts = NAME.matcher(name);
      Optional<TrainingPlan> plan =
          parts.matches()
              ? planned.apply(parts.group(1), Integer.valueOf(parts.group(2)))
              : Optional.empty();
      if (plan.isPresent() && folder(plan.get()).equals(run)) {
        fitting.put(plan.get(), new RunFile(run).read(plan.get()));
      } else {
        foreign.add(name);
      }
    }
    return new OtherRuns(fitting, foreign);
  }

  /** The folders of all finished runs. */
  private List<Path> finished() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> runs = Files.list(folder)) {
      return runs.filter(run -> new RunFile(run).exists()).sorted().toList();
    }
  }

  private Path folder(TrainingPlan plan) {
    String hash = WholeFile.sha256(plan.configuration().getBytes(StandardCharsets.UTF_8));
    return folder.resolve(
        plan.model().name() + "-seed" + plan.seed() + "-" + hash.substring(0, HASH_DIGITS));
  }
}

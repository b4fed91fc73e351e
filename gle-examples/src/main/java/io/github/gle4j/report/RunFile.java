// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.gle4j.models.UserFile;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.ComparedRun;
import io.github.gle4j.suite.ComparedRun.Epoch;
import io.github.gle4j.suite.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a finished run brought, as a file, and its SHA-256 in a second one, in the form of {@code
 * sha256sum}. The second is written first: where there is a run, its checksum is there as well,
 * unless an earlier version wrote it.
 */
final class RunFile {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private static final String NAME = "run.json";
  private static final String SUM_NAME = NAME + ".sha256";
  private static final Pattern SUM = Pattern.compile("([0-9a-f]{64})  run\\.json\\R?");
  private static final int MAXIMUM_BYTES = 1 << 26; // of 400 000 epochs

  private final Path file;
  private final Path sum;

  /** The file of a run in the folder of that run. */
  RunFile(Path folder) {
    file = folder.resolve(NAME);
    sum = folder.resolve(SUM_NAME);
  }

  boolean exists() {
    return Files.exists(file);
  }

  /** Whether there is a checksum, so that damage is noticed wherever it is. */
  boolean hasChecksum() {
    return Files.exists(sum);
  }

  void write(ComparedRun run) throws IOException {
    byte[] content = MAPPER.writeValueAsBytes(run);
    String line = WholeFile.sha256(content) + "  " + NAME + "\n";
    WholeFile.write(sum, line.getBytes(StandardCharsets.UTF_8));
    WholeFile.write(file, content);
  }

  /**
   * The run.
   *
   * @param plan what it was to do
   * @throws BadInputException when the file is not what was written, or not of this plan
   */
  ComparedRun read(TrainingPlan plan) throws IOException {
    byte[] content;
    try {
      content = UserFile.bytes(file, MAXIMUM_BYTES);
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
    if (hasChecksum() && !WholeFile.sha256(content).equals(checksum())) {
      throw damaged(file + ": edited or damaged, its SHA-256 is not that in " + SUM_NAME);
    }
    ComparedRun run;
    try {
      run = MAPPER.readValue(content, ComparedRun.class);
    } catch (JsonProcessingException e) {
      throw damaged(file + ": cannot be read, " + e.getOriginalMessage().lines().findFirst().get());
    }
    String contradiction = run == null ? "it is empty" : contradiction(run, plan);
    if (contradiction != null) {
      throw damaged(file + ": edited or damaged, " + contradiction);
    }
    return run;
  }

  private String checksum() throws IOException {
    Matcher line;
    try {
      line = SUM.matcher(UserFile.text(sum, UserFile.MANIFEST));
    } catch (IllegalArgumentException e) {
      throw damaged(e.getMessage());
    }
    if (!line.matches()) {
      throw damaged(sum + ": edited or damaged, 64 hexadecimal digits and the name allowed");
    }
    return line.group(1);
  }

  private BadInputException damaged(String what) {
    return new BadInputException(what + "; delete " + file.getParent() + " to repeat the run");
  }

  /** What a run cannot have brought by this plan, or null: a file may have no checksum. */
  private static String contradiction(ComparedRun run, TrainingPlan plan) {
    if (!plan.model().name().equals(run.model()) || plan.seed() != run.seed()) {
      return "it is of model " + run.model() + " and seed " + run.seed();
    }
    if (run.epochs() == null || run.epochs().size() != plan.epochs() + 1) {
      return "it has not the epochs 0 to " + plan.epochs();
    }
    for (int i = 0; i <= plan.epochs(); i++) {
      if (!isPossible(run.epochs().get(i), i)) {
        return "epoch " + i + " has impossible values";
      }
    }
    if (!isSquare(run.confusion(), plan.model().shape().classes())) {
      return "its confusion matrix has not the counts of all classes";
    }
    // Else a figure was changed and not the counts it comes from.
    if (!(Math.abs(run.lastAccuracy() - accuracy(run.confusion())) < 1e-9)) {
      return "the last accuracy is not that of its confusion matrix";
    }
    if (run.updates() < 0 || run.timeSteps() < 0 || isAnyNull(run.command(), run.machine())) {
      return "updates, timeSteps, command or machine have impossible values";
    }
    return null;
  }

  private static boolean isPossible(Epoch epoch, int number) {
    return epoch != null
        && epoch.epoch() == number
        && Stream.of(epoch.trainLoss(), epoch.validationLoss(), epoch.testLoss())
            .allMatch(loss -> loss == null || Double.isFinite(loss))
        && epoch.testAccuracy() >= 0
        && epoch.testAccuracy() <= 1
        && epoch.trainingSeconds() >= 0
        && Double.isFinite(epoch.trainingSeconds());
  }

  private static boolean isSquare(List<List<Integer>> counts, int classes) {
    return counts != null
        && counts.size() == classes
        && counts.stream()
            .allMatch(
                row ->
                    row != null
                        && row.size() == classes
                        && row.stream().allMatch(count -> count != null && count >= 0));
  }

  private static double accuracy(List<List<Integer>> counts) {
    double right = 0;
    double all = 0;
    for (int row = 0; row < counts.size(); row++) {
      right += counts.get(row).get(row);
      all += counts.get(row).stream().mapToDouble(Integer::doubleValue).sum();
    }
    return right / all;
  }

  private static boolean isAnyNull(Object... values) {
    return Stream.of(values).anyMatch(Objects::isNull);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the latest checkpoints of a run in a folder. A checkpoint is written to a temporary file,
 * brought to the medium, then given its name in one step: whenever the machine stops, every file
 * with the name of a checkpoint is whole. One folder is for one run at a time, which is up to the
 * caller; two that write at once leave whole files all the same.
 */
public final class CheckpointFolder {
  // Digits of any script: names were once written in those of the system's language.
  private static final Pattern NAME = Pattern.compile("checkpoint-(\\p{Nd}{12})\\.gle");
  private static final Pattern TEMPORARY =
      Pattern.compile("\\.checkpoint(\\.(\\d+)-\\d+)?\\.writing");
  private static final AtomicLong SAVES = new AtomicLong();

  private final Path folder;
  private final int kept;
  private final Disk disk;

  /**
   * A checkpoint that was loaded.
   *
   * @param checkpoint its content
   * @param file where it was
   * @param skipped later ones that could not be used, with the reason, newest first
   */
  public record Loaded(
      Checkpoint checkpoint, Path file, List<InvalidCheckpointException> skipped) {}

  /**
   * A folder, which is made when the first checkpoint is saved.
   *
   * @param folder where the files are
   * @param kept number of checkpoints that are left there, at least 1; 2 or more outlive damage to
   *     the latest
   * @throws IllegalArgumentException when kept is less than 1
   */
  public CheckpointFolder(Path folder, int kept) {
    this(folder, kept, Disk.REAL);
  }

  CheckpointFolder(Path folder, int kept, Disk disk) {
    if (kept < 1) {
      throw new IllegalArgumentException("kept = " + kept + ": 1 or more checkpoints allowed");
    }
    this.folder = folder;
    this.kept = kept;
    this.disk = disk;
  }

  /**
   * Saves a checkpoint and deletes those that are no longer kept.
   *
   * @param checkpoint its content
   * @return the new file
   * @throws IOException when it cannot be saved; those that were there are untouched then
   */
  public Path save(Checkpoint checkpoint) throws IOException {
    Files.createDirectories(folder);
    List<Path> there = disk.list(folder);
    List<Path> earlier = newestFirst(there);
    long number = earlier.isEmpty() ? 1 : number(earlier.get(0)).getAsLong() + 1;
    Path file = folder.resolve(String.format(Locale.ROOT, "checkpoint-%012d.gle", number));
    deleteLeftovers(there);
    Path temporary = folder.resolve(temporaryName());
    ByteBuffer content = CheckpointFormat.encode(checkpoint);
    try {
      try (FileChannel channel = disk.create(temporary)) {
        disk.write(channel, content);
        disk.sync(channel);
      }
      disk.move(temporary, file);
      disk.syncFolder(folder);
    } catch (IOException e) {
      try {
        disk.delete(temporary);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw new IOException(file + " cannot be saved: " + e.getMessage(), e);
    }
    for (Path old : earlier.subList(Math.min(kept - 1, earlier.size()), earlier.size())) {
      disk.delete(old);
    }
    return file;
  }

  /**
   * Loads the newest checkpoint that is whole.
   *
   * @return nothing when there is no file of a checkpoint's name
   * @throws InvalidCheckpointException when there are such files and none is whole
   * @throws IOException when the folder cannot be read
   */
  public Optional<Loaded> load() throws IOException {
    List<InvalidCheckpointException> skipped = new ArrayList<>();
    for (Path file : Files.isDirectory(folder) ? newestFirst(disk.list(folder)) : List.<Path>of()) {
      try {
        return Optional.of(new Loaded(CheckpointFormat.read(file), file, List.copyOf(skipped)));
      } catch (InvalidCheckpointException e) {
        skipped.add(e);
      }
    }
    if (!skipped.isEmpty()) {
      throw skipped.get(0);
    }
    return Optional.empty();
  }

  /** A name that no other writer has: the process, and a number in it. */
  private static String temporaryName() {
    return ".checkpoint."
        + ProcessHandle.current().pid()
        + "-"
        + SAVES.incrementAndGet()
        + ".writing";
  }

  /** Deletes what processes that were killed while they saved have left. */
  private void deleteLeftovers(List<Path> files) throws IOException {
    for (Path file : files) {
      Matcher name = TEMPORARY.matcher(file.getFileName().toString());
      if (name.matches() && !isOfLivingProcess(name.group(2))) {
        disk.delete(file);
      }
    }
  }

  private static boolean isOfLivingProcess(String pid) {
    try {
      return pid != null && ProcessHandle.of(Long.parseLong(pid)).isPresent();
    } catch (NumberFormatException e) {
      return false; // no number of a process
    }
  }

  private static List<Path> newestFirst(List<Path> files) {
    return files.stream()
        .filter(file -> number(file).isPresent())
        .sorted(Comparator.comparingLong((Path file) -> number(file).getAsLong()).reversed())
        .toList();
  }

  private static OptionalLong number(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
  }
}

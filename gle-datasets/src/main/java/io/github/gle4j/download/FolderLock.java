// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Sole ownership of a folder, among threads and among processes, until it is closed or the process
 * ends, however it does. Whoever wants to own the folder leaves a file {@value #FILE} in it.
 */
public final class FolderLock implements AutoCloseable {
  /** Name of the file. */
  public static final String FILE = ".lock";

  private static final int POLL_MILLISECONDS = 100;

  // A FileLock belongs to the whole process, so threads need a lock of their own.
  private static final Map<Path, Semaphore> OWNERS = new ConcurrentHashMap<>();

  private final Semaphore owner;
  private final FileChannel channel;

  private FolderLock(Semaphore owner, FileChannel channel) {
    this.owner = owner;
    this.channel = channel;
  }

  /**
   * Makes the folder if need be and waits until it is free.
   *
   * @param waiting run once when the folder is not free
   * @throws InterruptedIOException when the thread is interrupted while it waits
   */
  static FolderLock acquire(Path folder, Runnable waiting) throws IOException {
    Files.createDirectories(folder);
    Optional<FolderLock> lock = tryAcquire(folder);
    if (lock.isEmpty()) {
      waiting.run();
    }
    try {
      while (lock.isEmpty()) {
        Thread.sleep(POLL_MILLISECONDS);
        lock = tryAcquire(folder);
      }
      return lock.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + folder);
    }
  }

  /**
   * Owns a folder if it is free, without waiting.
   *
   * @param folder which exists
   * @return empty when somebody else owns it
   * @throws IOException when the folder cannot be written to
   */
  public static Optional<FolderLock> tryAcquire(Path folder) throws IOException {
    Path real = folder.toRealPath();
    Semaphore owner = OWNERS.computeIfAbsent(real, path -> new Semaphore(1));
    if (!owner.tryAcquire()) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(real.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      locked = channel.tryLock() != null;
      return locked ? Optional.of(new FolderLock(owner, channel)) : Optional.empty();
    } finally {
      if (!locked) {
        if (channel != null) {
          channel.close();
        }
        owner.release();
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close(); // gives the file lock back
    } finally {
      owner.release();
    }
  }
}

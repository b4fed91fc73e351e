// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Computes numbered things in several threads, somewhat ahead of the one thread that takes them in
 * order. Which thread computes what changes nothing in the results.
 *
 * @param <T> what is computed
 */
final class ReadAhead<T> implements AutoCloseable {
  /** How many things one task computes: enough to make the hand-over cheap. */
  private static final int CHUNK = 8;

  private static final int IDLE_SECONDS = 1;

  /** Computes one thing. */
  interface Source<T> {
    T compute(int number) throws Exception;
  }

  private final ThreadPoolExecutor executor;
  private final IntFunction<T[]> newArray;
  private final int ahead;
  private final Deque<Future<T[]>> chunks = new ArrayDeque<>();
  private Source<T> source;
  private int end;
  private int submitted;
  private int usedOfFirst;

  /**
   * Without anything to compute yet.
   *
   * @param name of the threads; they end when there is nothing to do, and do not keep a program
   *     from ending
   * @param ahead how many things to have computed, at least, before they are taken
   */
  ReadAhead(String name, int threads, int ahead, IntFunction<T[]> newArray) {
    this.newArray = newArray;
    this.ahead = ahead + threads * CHUNK;
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** Gives up what was going on; the next things are those from first to before end. */
  void restart(int first, int end, Source<T> source) {
    chunks.forEach(chunk -> chunk.cancel(false));
    chunks.clear();
    this.source = source;
    this.end = end;
    submitted = first;
    usedOfFirst = 0;
  }

  /**
   * The next thing.
   *
   * @throws ExecutionException when it, or one computed with it, could not be computed
   * @throws InterruptedException when the thread is interrupted while it waits
   */
  T next() throws ExecutionException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    while (submitted < end && (chunks.isEmpty() || chunks.size() * CHUNK < ahead)) {
      int from = submitted;
      int to = Math.min(end, from + CHUNK);
      chunks.add(executor.submit(task(source, from, to)));
      submitted = to;
    }
    T[] first = chunks.getFirst().get();
    T result = first[usedOfFirst];
    usedOfFirst++;
    if (usedOfFirst == first.length) {
      chunks.removeFirst();
      usedOfFirst = 0;
    }
    return result;
  }

  private Callable<T[]> task(Source<T> source, int from, int to) {
    return () -> {
      T[] results = newArray.apply(to - from);
      for (int number = from; number < to; number++) {
        results[number - from] = source.compute(number);
      }
      return results;
    };
  }

  @Override
  public void close() {
    restart(0, 0, null);
    executor.shutdownNow();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * A few threads that do their parts of the same work again and again, the caller's thread part 0.
 * They meet at a barrier that spins, since a round lasts microseconds; when no round comes for a
 * while they give way. Nothing is allocated in a round.
 */
final class Crew implements AutoCloseable {
  private static final int SPINS = 10_000; // some tens of microseconds
  private static final long NAP_NANOS = 20_000;

  private final IntConsumer work;
  private final Member[] members;
  private volatile long round;
  private volatile boolean closed;

  /**
   * Starts the threads.
   *
   * @param size number of parts, the caller's included
   * @param work told which part to do, 0 to size - 1
   */
  Crew(int size, IntConsumer work) {
    this.work = work;
    members = new Member[size - 1];
    for (int i = 0; i < members.length; i++) {
      members[i] = new Member(i + 1);
      members[i].start();
    }
  }

  /** Has all parts done once; what they wrote is visible to the caller and to the next round. */
  void run() {
    long now = round + 1;
    round = now; // written by the caller's thread alone
    Throwable failure = null;
    try {
      work.accept(0);
    } catch (Throwable e) { // also what sneaks past the compiler
      failure = e;
    }
    for (Member member : members) {
      int waits = 0;
      while (member.done < now) {
        waits = pause(waits);
      }
      failure = failure == null ? member.failure : failure;
    }
    if (failure != null) {
      Crew.<RuntimeException>rethrow(failure);
    }
  }

  @SuppressWarnings("unchecked") // as it came, checked or not
  private static <T extends Throwable> void rethrow(Throwable failure) throws T {
    throw (T) failure;
  }

  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Member member : members) {
      LockSupport.unpark(member);
      while (member.isAlive()) {
        try {
          member.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static int pause(int waits) {
    if (waits < SPINS) {
      Thread.onSpinWait();
      return waits + 1;
    }
    LockSupport.parkNanos(NAP_NANOS);
    return waits;
  }

  private final class Member extends Thread {
    private final int part;
    private volatile long done;
    private Throwable failure;

    Member(int part) {
      super("gle-layers-" + part);
      this.part = part;
      setDaemon(true);
    }

    @Override
    public void run() {
      int waits = 0;
      long rounds = 0;
      while (!closed) {
        if (round == rounds) {
          waits = pause(waits);
          continue;
        }
        waits = 0;
        try {
          work.accept(part);
        } catch (Throwable e) {
          failure = e;
        }
        done = ++rounds;
      }
    }
  }
}

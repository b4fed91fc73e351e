// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * Becomes true when the user interrupts the program (Ctrl-C) or the system ends it. Commands that
 * have something to save {@link #arm} it: the program then lives on until it is closed.
 */
final class Interruption implements BooleanSupplier, AutoCloseable {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::interrupt, "interruption");
  private volatile boolean interrupted;

  void arm() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void interrupt() {
    interrupted = true;
    boolean waiting = true;
    while (waiting) {
      try {
        closed.await();
        waiting = false;
      } catch (InterruptedException e) {
        waiting = true; // nobody interrupts a shutdown hook on purpose
      }
    }
  }

  @Override
  public boolean getAsBoolean() {
    return interrupted;
  }

  @Override
  public void close() {
    closed.countDown();
    if (!interrupted) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        interrupted = true; // the program is ending already
      }
    }
  }
}

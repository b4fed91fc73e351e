// SPDX-License-Identifier: Apache-2.0
/** Runs: training with its record, and the replay of reference traces. */
package io.github.gle4j.suite;

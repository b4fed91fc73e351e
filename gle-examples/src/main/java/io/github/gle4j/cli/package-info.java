// SPDX-License-Identifier: Apache-2.0
/** The command line: {@code ./gle}. */
package io.github.gle4j.cli;

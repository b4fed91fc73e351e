// SPDX-License-Identifier: Apache-2.0
/** Learning from a stream, one local update per time step. */
package io.github.gle4j.train;

// SPDX-License-Identifier: Apache-2.0
/** Programs of one page each to start from. */
package io.github.gle4j.examples;

// SPDX-License-Identifier: Apache-2.0
/**
 * What connections do to rates and errors: made from arrays and shapes, for two forms of arrays.
 */
package io.github.gle4j.nn.connectivity;

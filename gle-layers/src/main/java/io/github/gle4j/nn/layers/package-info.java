// SPDX-License-Identifier: Apache-2.0
/** The layers at run time. */
package io.github.gle4j.nn.layers;

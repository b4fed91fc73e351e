// SPDX-License-Identifier: Apache-2.0
/**
 * MNIST-1D, generated in memory, after Greydanus &amp; Kobak, "Scaling down deep learning with
 * MNIST-1D".
 */
package io.github.gle4j.mnist1d;

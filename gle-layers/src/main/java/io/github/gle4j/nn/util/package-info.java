// SPDX-License-Identifier: Apache-2.0
/** Files of networks, read so that one from a stranger can do no harm. */
package io.github.gle4j.nn.util;

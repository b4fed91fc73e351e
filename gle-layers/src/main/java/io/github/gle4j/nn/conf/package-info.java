// SPDX-License-Identifier: Apache-2.0
/** Configurations for DL4J networks. Their class names are part of the saved format. */
package io.github.gle4j.nn.conf;

// SPDX-License-Identifier: Apache-2.0
/** Distributed training with DL4J's Spark module. */
package io.github.gle4j.spark;

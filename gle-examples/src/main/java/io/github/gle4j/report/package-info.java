// SPDX-License-Identifier: Apache-2.0
/** The files a run leaves behind. */
package io.github.gle4j.report;

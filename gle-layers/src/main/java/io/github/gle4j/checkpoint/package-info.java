// SPDX-License-Identifier: Apache-2.0
/** Files that hold all a run needs to go on with the very same numbers. */
package io.github.gle4j.checkpoint;

// SPDX-License-Identifier: Apache-2.0
/** Downloads of published archives: known size and SHA-256, resumable, cached, safely extracted. */
package io.github.gle4j.download;

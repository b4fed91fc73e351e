// SPDX-License-Identifier: Apache-2.0
/** Networks by name, with the settings they were published with. */
package io.github.gle4j.models;

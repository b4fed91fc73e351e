// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.nio.file.Path;

/**
 * One second of sound and its label.
 *
 * @param file the recording
 * @param start where in the recording the clip begins, in samples; 0 but for silence that is cut
 *     from background noise
 * @param speaker who speaks; clips of one speaker have the same text here
 * @param label the class, from 0
 */
public record Clip(Path file, int start, String speaker, int label) {}

// SPDX-License-Identifier: Apache-2.0
/**
 * Google Speech Commands (Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech
 * Recognition") as streams of mel spectrograms or cepstral coefficients.
 */
package io.github.gle4j.speech;

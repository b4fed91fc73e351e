// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.suite;

import java.util.List;

/**
 * What a network said while a second of sound streamed through it, one time step after the other,
 * from rest.
 *
 * <p>The features are standardised over the second, so it is read as a whole before the first step.
 * A step's time is the middle of the window of sound it stands for; the window reaches half its
 * length (20 or 32 ms) further. All times are since the beginning of the recording.
 *
 * @param classes names of the classes
 * @param steps what the network said, step by step
 * @param spectrogram binary logarithms of the power in mel bands, every {@link
 *     Listener#WINDOW_MILLIS}: the windows of each band, lowest band first
 * @param start when the second begins, in milliseconds
 * @param wordEnd end of the word, in milliseconds: from the loudest window on, the middle of the
 *     last one at most {@link Listener#WORD_DECIBELS} weaker, before a pause of {@value
 *     Listener#PAUSE} windows; NaN when there is no sound
 */
public record Listening(
    List<String> classes,
    List<Step> steps,
    List<float[]> spectrogram,
    double start,
    double wordEnd) {

  /**
   * A time step.
   *
   * @param milliseconds when it is, since the beginning of the recording
   * @param probabilities of the classes, by the output of the step
   * @param prediction the class if the second ended after this step: of a GLE network the one with
   *     the largest sum of outputs so far, of others the most probable one
   */
  public record Step(double milliseconds, List<Float> probabilities, int prediction) {
    /**
     * Copies the list.
     *
     * @param milliseconds when it is
     * @param probabilities of the classes
     * @param prediction the class
     */
    public Step {
      probabilities = List.copyOf(probabilities);
    }
  }

  /**
   * Copies the lists.
   *
   * @param classes names of the classes
   * @param steps what the network said
   * @param spectrogram the windows of each band
   * @param start in milliseconds
   * @param wordEnd in milliseconds, or NaN
   */
  public Listening {
    classes = List.copyOf(classes);
    steps = List.copyOf(steps);
    spectrogram = List.copyOf(spectrogram);
  }

  /**
   * The step from which the prediction no longer changes.
   *
   * @return 0 or more
   */
  public int decisionStep() {
    int step = steps.size() - 1;
    while (step > 0 && steps.get(step - 1).prediction() == decision()) {
      step--;
    }
    return step;
  }

  /**
   * The prediction at the end of the second.
   *
   * @return a place in the list of classes
   */
  public int decision() {
    return steps.get(steps.size() - 1).prediction();
  }

  /**
   * When the decision was made.
   *
   * @return in milliseconds, the time of the {@link #decisionStep}
   */
  public double decisionTime() {
    return steps.get(decisionStep()).milliseconds();
  }

  /**
   * How probable the decision is by the output of the last step.
   *
   * @return 0 to 1
   */
  public float probability() {
    return steps.get(steps.size() - 1).probabilities().get(decision());
  }

  /**
   * Whether there is sound: digital silence, which may vary by one step of 16-bit samples in either
   * direction, has no word and no end of one.
   *
   * @return true if there is
   */
  public boolean hasSound() {
    return !Double.isNaN(wordEnd);
  }

  /**
   * The time from the end of the word to the decision.
   *
   * @return in milliseconds; negative when the word was recognised before its end, NaN when there
   *     is no sound
   */
  public double delay() {
    return decisionTime() - wordEnd;
  }
}

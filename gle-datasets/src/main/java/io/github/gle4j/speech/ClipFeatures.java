// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.random.RandomGenerator;

/** The features of the clips of one part; any number of threads can ask for them. */
final class ClipFeatures {
  private final SpeechCommands data;
  private final FeatureOptions options;
  private final Augmentation augmentation; // or null
  private final FeatureCache cache; // or null
  private final AtomicReferenceArray<String> cacheKeys; // by clip, as far as they are known
  private final ThreadLocal<FeatureExtractor> extractors;

  ClipFeatures(
      SpeechCommands data,
      Part part,
      FeatureOptions options,
      Augmentation augmentation,
      FeatureCache cache) {
    this.data = data;
    this.options = options;
    this.augmentation = augmentation;
    this.cache = cache;
    this.cacheKeys = new AtomicReferenceArray<>(data.clips(part).size());
    this.extractors = ThreadLocal.withInitial(() -> new FeatureExtractor(options));
  }

  /**
   * The features of one clip, [window][row].
   *
   * @param index the clip's place in its part
   * @param random decides about the augmentation
   */
  float[] of(Clip clip, int index, RandomGenerator random) throws IOException {
    float[] features = new float[options.frames() * options.rows()];
    if (augmentation != null) {
      float[] samples =
          augmentation.apply(data.samples(clip), options.sampleRate(), data.noise(), random);
      extractors.get().extract(samples, features);
    } else if (cache == null) {
      extractors.get().extract(data.samples(clip), features);
    } else {
      readOrExtract(clip, index, features);
    }
    return features;
  }

  /** The sound is read once, for its key; a known key leads to the features directly. */
  private void readOrExtract(Clip clip, int index, float[] features) throws IOException {
    String key = cacheKeys.get(index);
    float[] samples = null;
    if (key == null) {
      samples = data.samples(clip);
      key = cache.key(samples);
      cacheKeys.set(index, key);
    }
    if (!cache.read(key, features)) {
      extractors.get().extract(samples == null ? data.samples(clip) : samples, features);
      cache.write(key, features);
    }
  }
}

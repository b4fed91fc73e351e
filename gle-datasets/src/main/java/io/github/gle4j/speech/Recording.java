// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * A file of a Speech Commands folder.
 *
 * @param key folder and file name with a slash between, the ending in small letters, as in the
 *     official lists
 * @param folder name of the folder, which is a word, or one of the special names
 * @param word the word that is said, or the folder's name when that is not known
 * @param speaker the speaker's number or, when there is none, folder and file name
 */
record Recording(Path file, String key, String folder, String word, String speaker) {
  private static final String SPEAKER_END = "_nohash_";
  private static final String SUFFIX = ".wav";
  private static final long HASH_VALUES = 1L << 27;

  /**
   * A file named {@code SPEAKER_nohash_NUMBER.wav} or, in the folder of unknown words, {@code
   * WORD_SPEAKER_nohash_NUMBER.wav.wav}; other names do not tell the speaker.
   */
  static Recording of(Path file) {
    String name = file.getFileName().toString();
    String folder = file.getParent().getFileName().toString();
    String path = path(file);
    String key = key(path);
    int end = name.indexOf(SPEAKER_END);
    if (end < 0) {
      return new Recording(file, key, folder, folder, path);
    }
    String before = name.substring(0, end);
    int separator = before.lastIndexOf('_');
    boolean hasWord = folder.equals(SpeechClasses.UNKNOWN) && separator > 0;
    return new Recording(
        file,
        key,
        folder,
        hasWord ? before.substring(0, separator) : folder,
        hasWord ? before.substring(separator + 1) : before);
  }

  private static String path(Path file) {
    return file.getParent().getFileName() + "/" + file.getFileName();
  }

  /** Whether a name is that of a WAV file, in letters of any case. */
  static boolean isClip(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  /** A key whose ending has small letters, as in the official lists. */
  static String key(String path) {
    int ending = path.length() - SUFFIX.length();
    return ending >= 0 && path.substring(ending).equalsIgnoreCase(SUFFIX)
        ? path.substring(0, ending) + SUFFIX
        : path;
  }

  /**
   * The part by the official rule: SHA-1 of the speaker, modulo 2^27, as a percentage of 2^27 - 1.
   * Without a speaker it is of the file's name.
   */
  Part hashedPart() {
    String hashed = speaker.equals(path(file)) ? file.getFileName().toString() : speaker;
    byte[] digest;
    try {
      digest = MessageDigest.getInstance("SHA-1").digest(hashed.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
    long hash = new BigInteger(1, digest).mod(BigInteger.valueOf(HASH_VALUES)).longValue();
    double percentage = hash * (100.0 / (HASH_VALUES - 1));
    return percentage < 10 ? Part.VALIDATION : percentage < 20 ? Part.TEST : Part.TRAIN;
  }
}

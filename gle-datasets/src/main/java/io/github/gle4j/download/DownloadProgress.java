// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

/** Is told how far a {@link DownloadCache} has come. */
@FunctionalInterface
public interface DownloadProgress {
  /** What is going on. */
  enum Stage {
    /** Another owner uses the cache folder; the amounts are 0. */
    WAITING,
    /** Bytes come in. */
    DOWNLOADING,
    /** The archive's SHA-256 or the extracted files are compared with what they must be. */
    CHECKING,
    /** The archive is read and its files are written. */
    EXTRACTING
  }

  /** Tells nobody. */
  DownloadProgress NONE = (stage, name, done, total) -> {};

  /**
   * Called often, by the thread that asked for the archive.
   *
   * @param stage what is going on
   * @param name the archive
   * @param done bytes so far; of the archive, or of the extracted files when they are checked
   * @param total bytes when the stage is over
   */
  void progress(Stage stage, String name, long done, long total);
}

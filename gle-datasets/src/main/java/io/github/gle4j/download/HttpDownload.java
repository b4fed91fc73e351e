// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import io.github.gle4j.download.DownloadProgress.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;

/**
 * Brings an archive from a web server into a file. What has come in stays in the file when the
 * connection breaks, and the next attempt, also of another run, asks for the rest only.
 *
 * <p>This is {@link HttpURLConnection} because {@code java.net.http.HttpClient} has no time limit
 * on a body that stops coming.
 */
final class HttpDownload {
  private static final int ATTEMPTS_WITHOUT_A_BYTE = 4;
  private static final int ATTEMPTS = 100;
  private static final int BUFFER = 1 << 16;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  private final Archive archive;
  private final URI source;
  private final Path part;
  private final Duration patience;
  private final DownloadProgress progress;

  /**
   * A download.
   *
   * @param part the file that grows
   * @param patience how long the server may be silent; twice, four times as long lie between
   *     attempts
   */
  HttpDownload(
      Archive archive, URI source, Path part, Duration patience, DownloadProgress progress) {
    this.archive = archive;
    this.source = source;
    this.part = part;
    this.patience = patience;
    this.progress = progress;
  }

  /** Completes the file; whether its content is right is not looked at. */
  void complete() throws IOException {
    int withoutAByte = 0;
    for (int attempt = 1; ; attempt++) {
      long before = size();
      if (before > archive.bytes()) {
        Files.delete(part);
        continue;
      }
      if (before == archive.bytes()) {
        return;
      }
      try {
        fetch(before);
      } catch (DownloadException e) {
        throw e; // trying again would not help
      } catch (IOException e) {
        withoutAByte = size() > before ? 0 : withoutAByte + 1;
        if (withoutAByte == ATTEMPTS_WITHOUT_A_BYTE || attempt == ATTEMPTS) {
          throw new DownloadException(
              String.format(
                  Locale.ROOT,
                  "%s: %s (%d of %d bytes are kept; try again, or set the system property %s)",
                  source,
                  reason(e),
                  size(),
                  archive.bytes(),
                  archive.property()),
              e);
        }
        pause(withoutAByte);
      }
    }
  }

  private long size() throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private void pause(int doublings) throws InterruptedIOException {
    try {
      Thread.sleep((patience.toMillis() << doublings) / 8);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while downloading " + archive.name());
    }
  }

  private void fetch(long from) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) source.toURL().openConnection();
    try {
      connection.setConnectTimeout((int) patience.toMillis());
      connection.setReadTimeout((int) patience.toMillis());
      connection.setRequestProperty("Accept-Encoding", "identity");
      if (from > 0) {
        connection.setRequestProperty("Range", "bytes=" + from + "-");
      }
      int status = connection.getResponseCode();
      if (status == RANGE_NOT_SATISFIABLE && from > 0) {
        Files.delete(part); // the server has another file than before
        throw new IOException("the server cannot resume at byte " + from);
      }
      if (status != HttpURLConnection.HTTP_OK && status != HttpURLConnection.HTTP_PARTIAL) {
        refuse(status);
      }
      long start = status == HttpURLConnection.HTTP_PARTIAL ? from : 0;
      if (status == HttpURLConnection.HTTP_PARTIAL) {
        String range = connection.getHeaderField("Content-Range");
        if (range == null || !range.startsWith("bytes " + from + "-")) {
          throw new DownloadException(
              source + ": asked for bytes from " + from + ", got range " + range);
        }
      }
      long length = connection.getContentLengthLong();
      if (length >= 0 && start + length != archive.bytes()) {
        throw tooLong(start + length + " bytes");
      }
      try (InputStream in = connection.getInputStream()) {
        write(in, start);
      }
    } finally {
      connection.disconnect();
    }
  }

  private void refuse(int status) throws IOException {
    String message = source + ": HTTP status " + status;
    if (status >= 500 || status == 408 || status == 429) {
      throw new IOException("HTTP status " + status); // may pass
    }
    throw new DownloadException(
        message + "; the system property " + archive.property() + " names another source");
  }

  private DownloadException tooLong(String size) {
    return new DownloadException(
        String.format(
            Locale.ROOT, "%s: %s, but %s has %d", source, size, archive.name(), archive.bytes()));
  }

  private void write(InputStream in, long start) throws IOException {
    StandardOpenOption how =
        start == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
    byte[] buffer = new byte[BUFFER];
    long done = start;
    try (OutputStream out =
        Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how)) {
      int count = in.read(buffer);
      while (count >= 0 && done + count <= archive.bytes()) {
        out.write(buffer, 0, count);
        done += count;
        progress.progress(Stage.DOWNLOADING, archive.name(), done, archive.bytes());
        count = in.read(buffer);
      }
      done += Math.max(0, count);
    }
    if (done > archive.bytes()) {
      Files.delete(part); // these cannot be the archive's first bytes either
      throw tooLong("more than " + archive.bytes() + " bytes");
    }
    if (done < archive.bytes()) {
      throw new IOException("the connection ended after " + done + " bytes");
    }
  }
}

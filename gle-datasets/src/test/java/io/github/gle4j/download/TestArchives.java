// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Makes archives in memory. */
final class TestArchives {
  private TestArchives() {}

  /** Puts entries into an archive. */
  interface Content {
    void addTo(TarArchiveOutputStream tar) throws IOException;
  }

  static byte[] tarGz(Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      content.addTo(tar);
    }
    return bytes.toByteArray();
  }

  static void addFile(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  static void addFile(TarArchiveOutputStream tar, String name, String content) throws IOException {
    addFile(tar, name, content.getBytes(StandardCharsets.UTF_8));
  }

  static void addLink(TarArchiveOutputStream tar, String name, byte type, String to)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
    entry.setLinkName(to);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  static Archive archive(String name, URI address, byte[] content) {
    return new Archive(name, address, content.length, sha256(content));
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}

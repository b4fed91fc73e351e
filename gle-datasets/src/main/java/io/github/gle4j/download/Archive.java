// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A published file whose size and content are known in advance. Two system properties lead a
 * download elsewhere; wherever the bytes come from, they must be the published ones:
 *
 * <ul>
 *   <li>{@code gle.download.NAME}, with the archive's name: an http, https or file address, or the
 *       path of a local file;
 *   <li>{@code gle.download.mirror}: the address of a folder that holds archives by their names.
 * </ul>
 *
 * @param name its file name, such as {@code images.tar.gz}
 * @param address where it is published: http or https
 * @param bytes its size
 * @param sha256 its SHA-256, 64 lower-case hexadecimal digits
 */
public record Archive(String name, URI address, long bytes, String sha256) {
  private static final String PROPERTY = "gle.download.";
  private static final String MIRROR_PROPERTY = PROPERTY + "mirror";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern WITH_SCHEME = Pattern.compile("(https?|file):.*");

  /**
   * An archive.
   *
   * @param name its file name, such as {@code images.tar.gz}
   * @param address where it is published: http or https
   * @param bytes its size
   * @param sha256 its SHA-256, 64 lower-case hexadecimal digits
   * @throws IllegalArgumentException when the name is no plain file name, the address is not http
   *     or https, the size is not positive, or the SHA-256 is not one
   */
  public Archive {
    require(NAME.matcher(name).matches(), "name", name, "letters, digits, '.', '_', '-'");
    require(isWeb(address), "address", address, "http or https");
    require(bytes > 0, "bytes", bytes, "1 or more");
    require(SHA_256.matcher(sha256).matches(), "sha256", sha256, "64 hexadecimal digits");
  }

  /**
   * The system property that says where to take this archive from.
   *
   * @return its name
   */
  public String property() {
    return PROPERTY + name;
  }

  /**
   * Where to take this archive from: the system properties' address or the published one.
   *
   * @return an address of scheme http, https or file
   * @throws DownloadException when a property holds no usable address
   */
  URI source() throws DownloadException {
    String own = System.getProperty(property());
    if (own != null) {
      return WITH_SCHEME.matcher(own).matches() ? uri(property(), own) : local(own);
    }
    String mirror = System.getProperty(MIRROR_PROPERTY);
    return mirror == null
        ? address
        : uri(MIRROR_PROPERTY, mirror.endsWith("/") ? mirror + name : mirror + "/" + name);
  }

  private URI local(String path) throws DownloadException {
    try {
      return Path.of(path).toUri();
    } catch (IllegalArgumentException e) {
      throw unusable(property(), path, e);
    }
  }

  private static URI uri(String property, String value) throws DownloadException {
    try {
      URI uri = URI.create(value);
      if (isWeb(uri) || "file".equals(uri.getScheme())) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw unusable(property, value, e);
    }
    throw unusable(property, value, null);
  }

  private static DownloadException unusable(String property, String value, Throwable cause) {
    return new DownloadException(
        "system property " + property + " = " + value + ": http, https, file addresses allowed",
        cause);
  }

  static boolean isWeb(URI address) {
    return "http".equals(address.getScheme()) || "https".equals(address.getScheme());
  }

  private static void require(boolean valid, String field, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException(field + " = " + value + ": " + allowed + " allowed");
    }
  }
}

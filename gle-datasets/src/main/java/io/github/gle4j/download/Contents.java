// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import io.github.gle4j.download.TarGz.Extracted;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The list of files an archive was extracted to: sizes and checksums, in a file of the same folder.
 * The last line is the checksum of the lines before it.
 */
final class Contents {
  private static final String FILE = ".contents";

  private Contents() {}

  static void write(Path folder, List<Extracted> files) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Extracted file : files) {
      lines.append(
          String.format(Locale.ROOT, "%08x %d %s\n", file.crc32(), file.size(), file.name()));
    }
    lines.append(String.format(Locale.ROOT, "%08x", crc32(lines.toString())));
    Files.writeString(folder.resolve(FILE), lines);
  }

  /** Total size of the listed files, or 0 when there is no usable list. */
  static long bytes(Path folder) {
    return read(folder).values().stream().mapToLong(Extracted::size).sum();
  }

  /**
   * Whether the folder holds the listed files and no others, each with the content it had.
   *
   * @param checkedBytes is told how many bytes have been looked at
   */
  static boolean areIntact(Path folder, LongConsumer checkedBytes) {
    Map<String, Extracted> expected = read(folder);
    if (expected.isEmpty()) {
      return false;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> files = paths.filter(path -> !Files.isDirectory(path)).toList();
      if (files.size() != expected.size() + 1) { // the list itself
        return false;
      }
      byte[] buffer = new byte[1 << 16];
      long checked = 0;
      for (Path path : files) {
        String name = folder.relativize(path).toString().replace('\\', '/');
        Extracted file = expected.get(name);
        if (file == null) {
          if (name.equals(FILE)) {
            continue;
          }
          return false;
        }
        if (!isIntact(path, file, buffer)) {
          return false;
        }
        checked += file.size();
        checkedBytes.accept(checked);
      }
      return true;
    } catch (IOException | UncheckedIOException e) {
      return false; // what cannot be read is replaced
    }
  }

  private static boolean isIntact(Path path, Extracted file, byte[] buffer) throws IOException {
    if (!Files.isRegularFile(path) || Files.size(path) != file.size()) {
      return false;
    }
    CRC32 crc = new CRC32();
    try (InputStream in = Files.newInputStream(path)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        crc.update(buffer, 0, count);
      }
    }
    return crc.getValue() == file.crc32();
  }

  /** The listed files by name; none when the list is missing or damaged. */
  private static Map<String, Extracted> read(Path folder) {
    try {
      String text = Files.readString(folder.resolve(FILE));
      int last = text.lastIndexOf('\n') + 1;
      if (!text.substring(last)
          .equals(String.format(Locale.ROOT, "%08x", crc32(text.substring(0, last))))) {
        return Map.of();
      }
      Map<String, Extracted> files = new HashMap<>();
      for (String line : text.substring(0, last).lines().toList()) {
        String[] cells = line.split(" ", 3);
        files.put(
            cells[2],
            new Extracted(cells[2], Long.parseLong(cells[1]), Long.parseLong(cells[0], 16)));
      }
      return files;
    } catch (IOException e) {
      return Map.of();
    }
  }

  private static long crc32(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import static io.github.gle4j.download.TestArchives.addFile;
import static io.github.gle4j.download.TestArchives.addLink;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gle4j.download.TestArchives.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarGzTest {
  private static final TarGz.Limits LIMITS = new TarGz.Limits(100_000, 20);

  @TempDir private Path temporary;
  private int archives;

  private List<TarGz.Extracted> extract(byte[] archive) throws IOException {
    archives++;
    Path file = Files.write(temporary.resolve("archive" + archives + ".tar.gz"), archive);
    Path folder = Files.createDirectory(temporary.resolve("out" + archives));
    return TarGz.extract(file, folder, LIMITS, done -> {});
  }

  private void assertRefused(String message, Content content) throws IOException {
    byte[] archive = TestArchives.tarGz(content);
    DownloadException e = assertThrows(DownloadException.class, () -> extract(archive));
    assertTrue(e.getMessage().contains("archive" + archives + ".tar.gz: refused: "), e::getMessage);
    assertTrue(e.getMessage().contains(message), e::getMessage);
    try (var files = Files.list(temporary)) {
      assertFalse(files.anyMatch(path -> path.getFileName().toString().contains("evil")));
    }
  }

  private String text(String name) throws IOException {
    return Files.readString(temporary.resolve("out" + archives).resolve(name));
  }

  @Test
  void extractsFilesAndFolders() throws IOException {
    String longName = "folder/" + "n".repeat(150) + ".txt";
    List<TarGz.Extracted> files =
        extract(
            TestArchives.tarGz(
                tar -> {
                  tar.putArchiveEntry(new TarArchiveEntry("./"));
                  tar.closeArchiveEntry();
                  tar.putArchiveEntry(new TarArchiveEntry("./folder/"));
                  tar.closeArchiveEntry();
                  addFile(tar, "./folder/a.txt", "A");
                  addFile(tar, "other//.//b..txt", "BB");
                  addFile(tar, longName, "long");
                  addFile(tar, "empty", "");
                }));
    assertEquals("A", text("folder/a.txt"));
    assertEquals("BB", text("other/b..txt"));
    assertEquals("long", text(longName));
    assertEquals("", text("empty"));
    assertEquals(
        List.of("folder/a.txt", "other/b..txt", longName, "empty"),
        files.stream().map(TarGz.Extracted::name).toList());
    assertEquals(2, files.get(1).size());
    assertEquals(0xD3D99E8BL, files.get(0).crc32()); // of "A", from the definition of CRC-32
  }

  @Test
  void refusesNamesThatLeaveTheFolder() throws IOException {
    assertRefused("'/evil' is an absolute name", tar -> addFile(tar, "/evil", "x"));
    assertRefused("'C:/evil' is an absolute name", tar -> addFile(tar, "C:/evil", "x"));
    assertRefused("'../evil' has '..'", tar -> addFile(tar, "../evil", "x"));
    assertRefused("'a/../../evil' has '..'", tar -> addFile(tar, "a/../../evil", "x"));
    assertRefused(
        "has a backslash",
        tar -> {
          TarArchiveEntry entry = new TarArchiveEntry("x", true);
          entry.setName("..\\evil");
          entry.setSize(0);
          tar.putArchiveEntry(entry);
          tar.closeArchiveEntry();
        });
  }

  @Test
  void refusesLinksAndDevices() throws IOException {
    assertRefused("'a' is a link", tar -> addLink(tar, "a", TarConstants.LF_SYMLINK, "../evil"));
    assertRefused("'a' is a link", tar -> addLink(tar, "a", TarConstants.LF_LINK, "/etc/passwd"));
    assertRefused(
        "'a' is neither a plain file nor a folder",
        tar -> addLink(tar, "a", TarConstants.LF_FIFO, ""));
    assertRefused(
        "'a' is neither a plain file nor a folder",
        tar -> addLink(tar, "a", TarConstants.LF_CHR, ""));
  }

  @Test
  void refusesTheSameNameTwice() throws IOException {
    assertRefused(
        "it has 'a/x' twice",
        tar -> {
          addFile(tar, "a/x", "1");
          addFile(tar, "./a//x", "2");
        });
    assertRefused(
        "it has 'a/X' twice",
        tar -> {
          addFile(tar, "a/x", "1");
          addFile(tar, "a/X", "2");
        });
    assertRefused(
        "'a/x' is below a file",
        tar -> {
          addFile(tar, "a", "1");
          addFile(tar, "a/x", "2");
        });
    assertRefused(
        "it has 'a' twice",
        tar -> {
          addFile(tar, "a/x", "1");
          addFile(tar, "a", "2");
        });
  }

  @Test
  void refusesBombs() throws IOException {
    byte[] zeros = new byte[60_000];
    assertRefused(
        "it extracts to more than 100000 bytes",
        tar -> {
          addFile(tar, "a", zeros);
          addFile(tar, "b", zeros);
        });
    assertRefused(
        "it extracts to more than 100000 bytes", tar -> addFile(tar, "a", new byte[50_000_000]));
    assertRefused(
        "it has more than 20 entries",
        tar -> {
          for (int i = 0; i <= 20; i++) {
            addFile(tar, "a" + i, "");
          }
        });
    // A header that claims little cannot hide much: what follows is read as another header.
    extract(TestArchives.tarGz(tar -> addFile(tar, "a", zeros)));
  }

  /** A hostile archive, and the archive that differs from it in nothing else but the hostility. */
  private record Pair(String name, Content hostile, Content benign) {}

  @Tag("faults")
  @Test
  void everyHostileArchiveHasABenignTwin() throws IOException {
    byte[] zeros = new byte[60_000];
    List<Pair> pairs =
        List.of(
            new Pair(
                "absolute path",
                tar -> addFile(tar, "/evil", "x"),
                tar -> addFile(tar, "evil", "x")),
            new Pair(
                "..",
                tar -> addFile(tar, "a/../../evil", "x"),
                tar -> addFile(tar, "a/..evil", "x")),
            new Pair(
                "symbolic link",
                tar -> addLink(tar, "a", TarConstants.LF_SYMLINK, "../evil"),
                tar -> addFile(tar, "a", "../evil")),
            new Pair(
                "file through a link",
                tar -> {
                  addLink(tar, "a", TarConstants.LF_SYMLINK, "..");
                  addFile(tar, "a/evil", "x");
                },
                tar -> addFile(tar, "a/evil", "x")),
            new Pair(
                "hard link",
                tar -> addLink(tar, "a", TarConstants.LF_LINK, "/etc/passwd"),
                tar -> addFile(tar, "a", "/etc/passwd")),
            new Pair(
                "device",
                tar -> addLink(tar, "a", TarConstants.LF_CHR, ""),
                tar -> addFile(tar, "a", "")),
            new Pair(
                "bomb of many bytes",
                tar -> addFile(tar, "a", new byte[50_000_000]),
                tar -> addFile(tar, "a", zeros)),
            new Pair(
                "bomb of many files",
                tar -> {
                  for (int i = 0; i < 21; i++) {
                    addFile(tar, "a" + i, "");
                  }
                },
                tar -> {
                  for (int i = 0; i < 20; i++) {
                    addFile(tar, "a" + i, "");
                  }
                }),
            new Pair(
                "a file twice",
                tar -> {
                  addFile(tar, "a/x", "1");
                  addFile(tar, "./a//x", "2");
                },
                tar -> {
                  addFile(tar, "a/x", "1");
                  addFile(tar, "./a//y", "2");
                }),
            new Pair(
                "names that differ in case only",
                tar -> {
                  addFile(tar, "x", "1");
                  addFile(tar, "X", "2");
                },
                tar -> {
                  addFile(tar, "x", "1");
                  addFile(tar, "Y", "2");
                }));
    for (Pair pair : pairs) {
      byte[] hostile = TestArchives.tarGz(pair.hostile());
      assertThrows(DownloadException.class, () -> extract(hostile), pair.name());
      assertFalse(Files.exists(temporary.resolve("evil")), pair.name());
      assertFalse(extract(TestArchives.tarGz(pair.benign())).isEmpty(), pair.name());
    }
    System.out.printf(
        "figure: hostile archives: %d kinds, all refused, their %d benign twins extracted%n",
        pairs.size(), pairs.size());
  }

  @Test
  void damagedArchivesGiveAnErrorOrWhatTheyHold() throws IOException {
    byte[] good =
        TestArchives.tarGz(
            tar -> {
              for (int i = 0; i < 8; i++) {
                addFile(tar, "folder/file" + i, "content ".repeat(200));
              }
            });
    Random random = new Random(1);
    int errors = 0;
    for (int i = 0; i < 100; i++) {
      byte[] bad = Arrays.copyOf(good, i % 2 == 0 ? good.length : random.nextInt(good.length));
      if (bad.length > 0) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        extract(bad);
      } catch (DownloadException e) {
        assertTrue(e.getMessage().contains("archive" + archives + ".tar.gz: "), e::getMessage);
        errors++;
      }
    }
    assertTrue(
        errors > 80, errors + " of 100"); // gzip has a checksum; some flips hit its file name
    assertEquals(8, extract(good).size());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CheckpointTest {
  @TempDir private Path folder;

  private static Checkpoint checkpoint(long number) {
    return Checkpoint.builder()
        .put("number", number)
        .put("name", "größe 3")
        .put("none", new long[0])
        .put("rates", 0.1, Double.NaN, -0.0, Double.POSITIVE_INFINITY)
        .put("floats", Nd4j.arange(24).castTo(DataType.FLOAT).divi(7).reshape('f', 2, 3, 4))
        .put(
            "doubles",
            Nd4j.arange(6).castTo(DataType.DOUBLE).divi(7).reshape('c', 3, 2).transpose())
        .build();
  }

  private static void same(Checkpoint expected, Checkpoint actual) {
    assertEquals(expected.names(), actual.names());
    assertArrayEquals(expected.longs("number", 1), actual.longs("number", 1));
    assertEquals("größe 3", actual.text("name"));
    assertEquals(0, actual.longs("none", 0).length);
    assertArrayEquals(expected.doubles("rates"), actual.doubles("rates"));
    for (String name : List.of("floats", "doubles")) {
      INDArray array = actual.array(name);
      assertEquals(expected.array(name), array);
      assertEquals(expected.array(name).dataType(), array.dataType());
      assertEquals('f', array.ordering());
    }
  }

  @Test
  void whatIsSavedIsLoaded() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder.resolve("new"), 2);
    assertTrue(checkpoints.load().isEmpty());
    for (long i = 1; i <= 5; i++) {
      checkpoints.save(checkpoint(i));
    }
    CheckpointFolder.Loaded loaded = checkpoints.load().orElseThrow();
    same(checkpoint(5), loaded.checkpoint());
    assertEquals(List.of(), loaded.skipped());
    assertEquals(List.of("checkpoint-000000000004.gle", "checkpoint-000000000005.gle"), names());
  }

  /** Such names were written where the system's language has other digits. */
  @Test
  void namesInDigitsOfAnotherScriptAreFound() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
    for (String digits : List.of("۰۰۰۰۰۰۰۰۰۰۰۷", "٠٠٠٠٠٠٠٠٠٠٠٧")) {
      Path file = checkpoints.save(checkpoint(7));
      Files.move(file, folder.resolve("checkpoint-" + digits + ".gle"));
      same(checkpoint(7), checkpoints.load().orElseThrow().checkpoint());
      Path next = checkpoints.save(checkpoint(8));
      assertEquals("checkpoint-000000000008.gle", next.getFileName().toString());
      same(checkpoint(8), checkpoints.load().orElseThrow().checkpoint());
      Files.delete(next);
      Files.delete(folder.resolve("checkpoint-" + digits + ".gle"));
    }
    Files.writeString(folder.resolve("checkpoint-00000000000x.gle"), "no number");
    assertTrue(checkpoints.load().isEmpty());
  }

  @Test
  void namesAreTheSameInEveryLanguage() throws IOException {
    Locale usual = Locale.getDefault();
    try {
      for (String language : List.of("fa-IR", "ar-EG", "bn-BD", "de-DE")) {
        Locale.setDefault(Locale.forLanguageTag(language));
        Path run = folder.resolve(language);
        Path file = new CheckpointFolder(run, 1).save(checkpoint(1));
        assertEquals(run.resolve("checkpoint-000000000001.gle"), file);
        same(checkpoint(1), new CheckpointFolder(run, 1).load().orElseThrow().checkpoint());
      }
    } finally {
      Locale.setDefault(usual);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void aDamagedFileIsSkippedAndNamed() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 3);
    checkpoints.save(checkpoint(1));
    Path second = checkpoints.save(checkpoint(2));
    Files.write(second, Arrays.copyOf(Files.readAllBytes(second), 100));
    CheckpointFolder.Loaded loaded = checkpoints.load().orElseThrow();
    assertArrayEquals(new long[] {1}, loaded.checkpoint().longs("number", 1));
    assertEquals(1, loaded.skipped().size());
    assertTrue(loaded.skipped().get(0).getMessage().contains(second.toString()));
    checkpoints.save(checkpoint(3));
    assertEquals(List.of(), checkpoints.load().orElseThrow().skipped());
  }

  @Test
  void noChangeOfAnyByteGoesUnnoticed() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 1);
    Path file = checkpoints.save(checkpoint(1));
    byte[] content = Files.readAllBytes(file);
    Random random = new Random(1);
    for (int i = 0; i < content.length; i++) {
      byte[] damaged = content.clone();
      damaged[i] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertThrows(InvalidCheckpointException.class, checkpoints::load);
      Files.write(file, Arrays.copyOf(content, i));
      assertThrows(InvalidCheckpointException.class, checkpoints::load);
    }
    Files.write(file, content);
    same(checkpoint(1), checkpoints.load().orElseThrow().checkpoint());
  }

  /** However large it is: no memory is taken for it. */
  @Test
  void aLargeDamagedFileIsSkippedWithoutReadingItIntoMemory() throws IOException {
    CheckpointFolder checkpoints = new CheckpointFolder(folder, 5);
    byte[] good = Files.readAllBytes(checkpoints.save(checkpoint(1)));
    byte[] header = Arrays.copyOf(good, 16);
    sparse(2, new byte[0], new byte[0], 1_900_000_000L);
    sparse(3, header, new byte[0], 1_900_000_000L);
    sparse(4, header, Arrays.copyOfRange(good, good.length - 48, good.length), 1_900_000_000L);
    byte[] footer =
        ByteBuffer.allocate(48)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put("GLE-END\n".getBytes(StandardCharsets.US_ASCII))
            .putLong(100_000_000)
            .array();
    sparse(5, header, footer, 100_000_000);
    Files.createDirectory(folder.resolve("checkpoint-000000000006.gle"));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    CheckpointFolder.Loaded loaded = checkpoints.load().orElseThrow();
    assertTrue(threads.getCurrentThreadAllocatedBytes() - before < 5_000_000);
    same(checkpoint(1), loaded.checkpoint());
    assertEquals(
        List.of(
            "no regular file",
            "damaged: its SHA-256 is wrong",
            "cut short or damaged: it does not end as checkpoints do",
            "cut short or damaged: it does not end as checkpoints do",
            "does not begin as checkpoints do"),
        loaded.skipped().stream()
            .map(e -> e.getMessage().substring(e.getMessage().indexOf(".gle: ") + 6))
            .toList());
  }

  private void sparse(int number, byte[] header, byte[] footer, long length) throws IOException {
    Path file = folder.resolve("checkpoint-00000000000" + number + ".gle");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(length);
      out.write(header);
      out.seek(length - footer.length);
      out.write(footer);
    }
  }

  /** Fails at the n-th operation, after doing half of it if it is a write. */
  private static final class FailingDisk implements Disk {
    private final int failing;
    private int operations;

    FailingDisk(int failing) {
      this.failing = failing;
    }

    private void count() throws IOException {
      if (++operations == failing) {
        throw new IOException("No space left on device");
      }
    }

    @Override
    public FileChannel create(Path file) throws IOException {
      count();
      return Disk.super.create(file);
    }

    @Override
    public void write(FileChannel channel, ByteBuffer bytes) throws IOException {
      int end = bytes.limit();
      bytes.limit(end / 2);
      Disk.super.write(channel, bytes);
      bytes.limit(end);
      count();
      Disk.super.write(channel, bytes);
    }

    @Override
    public void sync(FileChannel channel) throws IOException {
      count();
      Disk.super.sync(channel);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
      count();
      Disk.super.move(from, to);
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
      count();
      Disk.super.syncFolder(folder);
    }

    @Override
    public void delete(Path file) throws IOException {
      count();
      Disk.super.delete(file);
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
      count();
      return Disk.super.list(folder);
    }
  }

  @Test
  void whicheverOperationFailsTheLatestWholeOneIsLoaded() throws IOException {
    int operations = 0;
    for (int failing = 1; ; failing++) {
      Path run = folder.resolve("run" + failing);
      CheckpointFolder healthy = new CheckpointFolder(run, 1);
      healthy.save(checkpoint(1));
      FailingDisk disk = new FailingDisk(failing);
      boolean failed = false;
      try {
        new CheckpointFolder(run, 1, disk).save(checkpoint(2));
      } catch (IOException e) {
        boolean savingFailed = failing > 1 && failing < 7; // not the list, nor the last deletion
        Path file = run.resolve("checkpoint-000000000002.gle");
        assertEquals(
            (savingFailed ? file + " cannot be saved: " : "") + "No space left on device",
            e.getMessage());
        failed = true;
      }
      long loaded = healthy.load().orElseThrow().checkpoint().longs("number", 1)[0];
      assertTrue(failed ? loaded == 1 || loaded == 2 : loaded == 2, "operation " + failing);
      healthy.save(checkpoint(3));
      assertEquals(3, healthy.load().orElseThrow().checkpoint().longs("number", 1)[0]);
      if (!failed) {
        operations = failing - 1;
        break;
      }
    }
    assertEquals(7, operations, "list, create, write, sync, move, sync of the folder, delete");
  }

  @Test
  void whatKilledWritersLeftGoesAndWhatLivingOnesWriteStays() throws IOException {
    Path killed = Files.writeString(folder.resolve(".checkpoint.999999999-3.writing"), "a part");
    Path old = Files.writeString(folder.resolve(".checkpoint.writing"), "a part");
    String living = ".checkpoint." + ProcessHandle.current().pid() + "-0.writing";
    List<Path> staying =
        List.of(
            Files.writeString(folder.resolve(living), "a part"),
            Files.writeString(folder.resolve(".checkpoint.txt.writing"), "not ours"));
    new CheckpointFolder(folder, 1).save(checkpoint(1));
    assertFalse(Files.exists(killed));
    assertFalse(Files.exists(old));
    for (Path file : staying) {
      assertTrue(Files.exists(file), file::toString);
    }
  }

  /** Nobody should, but what they leave is whole. */
  @Test
  void twoWhoWriteAtOnceDoNotDisturbEachOther() throws Exception {
    List<Thread> writers = new ArrayList<>();
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    for (int w = 0; w < 2; w++) {
      Thread writer =
          new Thread(
              () -> {
                try {
                  CheckpointFolder mine = new CheckpointFolder(folder, 100);
                  for (int i = 0; i < 30; i++) {
                    mine.save(checkpoint(i));
                  }
                } catch (IOException | RuntimeException e) {
                  thrown.add(e);
                }
              });
      writer.start();
      writers.add(writer);
    }
    for (Thread writer : writers) {
      writer.join();
    }
    assertEquals(List.of(), thrown);
    assertEquals(List.of(), new CheckpointFolder(folder, 1).load().orElseThrow().skipped());
  }

  @Test
  void aFolderThatCannotBeWrittenIsReported() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    assertThrows(IOException.class, () -> new CheckpointFolder(file, 1).save(checkpoint(1)));
    new CheckpointFolder(folder, 1).save(checkpoint(1));
  }

  @Test
  void entriesAreAskedForByNameAndKind() {
    Checkpoint checkpoint = checkpoint(1);
    assertMessage("no missing", () -> checkpoint.text("missing"));
    assertMessage("number as LONGS", () -> checkpoint.text("number"));
    assertMessage("1 numbers in number: 2 needed", () -> checkpoint.longs("number", 2));
    assertMessage("4 numbers in rates: 3 needed", () -> checkpoint.doubles("rates", 3));
    assertMessage("-1 in number: 0 to", () -> checkpoint(-1).counts("number", 1));
    assertArrayEquals(new int[] {7}, checkpoint(7).counts("number", 1));
    assertMessage("is taken", () -> Checkpoint.builder().put("a", 1L).put("a", 2L));
    assertMessage("1 to 255 bytes", () -> Checkpoint.builder().put("", 1L));
    assertMessage("FLOAT or DOUBLE", () -> Checkpoint.builder().put("a", Nd4j.createFromArray(1)));
    assertMessage("1 or more", () -> new CheckpointFolder(folder, 0));
  }

  private static void assertMessage(String part, Runnable action) {
    String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}

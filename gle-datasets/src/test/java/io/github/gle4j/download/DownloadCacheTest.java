// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.download;

import static io.github.gle4j.download.TestArchives.addFile;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.gle4j.download.DownloadProgress.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadCacheTest {
  private static final Duration PATIENCE = Duration.ofMillis(200);

  /** What the server does with one request. */
  private interface Answer {
    void give(HttpExchange exchange, byte[] content, int from) throws IOException;
  }

  private static final Answer RIGHT =
      (exchange, content, from) -> {
        int status = from == 0 ? 200 : 206;
        if (from > 0) {
          exchange
              .getResponseHeaders()
              .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/*");
        }
        exchange.sendResponseHeaders(status, content.length - from);
        exchange.getResponseBody().write(content, from, content.length - from);
      };

  private static final Answer BREAKS_AFTER_100 =
      (exchange, content, from) -> {
        if (from > 0) {
          exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-99999/*");
        }
        exchange.sendResponseHeaders(from == 0 ? 200 : 206, content.length - from);
        exchange.getResponseBody().write(content, from, 100);
        exchange.getResponseBody().flush();
        throw new IOException("the cable is pulled");
      };

  @TempDir private Path temporary;
  private HttpServer server;
  private byte[] served;
  private final List<Answer> answers = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private Archive archive;
  private DownloadCache cache;

  @BeforeEach
  void startServer() throws IOException {
    byte[] noise = new byte[3000];
    new Random(1).nextBytes(noise);
    served =
        TestArchives.tarGz(
            tar -> {
              addFile(tar, "a/one.txt", "one");
              addFile(tar, "noise", noise);
            });
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::answer);
    server.start();
    archive = TestArchives.archive("set.tar.gz", address("set.tar.gz"), served);
    cache = new DownloadCache(temporary.resolve("cache"), DownloadProgress.NONE, PATIENCE);
  }

  @AfterEach
  void stopServer() {
    over.countDown();
    server.stop(0);
    System.clearProperty("gle.download.set.tar.gz");
    System.clearProperty("gle.download.mirror");
  }

  private URI address(String name) {
    InetSocketAddress address = server.getAddress();
    return URI.create("http://127.0.0.1:" + address.getPort() + "/" + name);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    Answer answer;
    synchronized (requests) {
      requests.add(exchange.getRequestURI().getPath() + (range == null ? "" : " " + range));
      answer = answers.isEmpty() ? RIGHT : answers.remove(0);
    }
    try (exchange) {
      answer.give(exchange, served, from);
    }
  }

  private DownloadException refused(String message) {
    DownloadException e = assertThrows(DownloadException.class, () -> cache.file(archive));
    assertTrue(e.getMessage().contains(message), e::getMessage);
    return e;
  }

  private void write(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  @Test
  void downloadsOnce() throws IOException {
    List<Stage> stages = new ArrayList<>();
    List<Long> done = new ArrayList<>();
    cache =
        new DownloadCache(
            temporary.resolve("cache"),
            (stage, name, bytes, total) -> {
              stages.add(stage);
              if (stage == Stage.DOWNLOADING) {
                assertEquals("set.tar.gz", name);
                assertEquals(served.length, total);
                done.add(bytes);
              }
            });
    Path file = cache.file(archive);
    assertArrayEquals(served, Files.readAllBytes(file));
    assertEquals(served.length, done.get(done.size() - 1));
    assertEquals(Stage.DOWNLOADING, stages.get(0));
    assertEquals(Stage.CHECKING, stages.get(stages.size() - 1));
    assertEquals(file, cache.file(archive));
    assertEquals(List.of("/set.tar.gz"), requests);
  }

  @Test
  void resumesWhereTheConnectionBroke() throws IOException {
    answers.addAll(List.of(BREAKS_AFTER_100, BREAKS_AFTER_100));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals(
        List.of("/set.tar.gz", "/set.tar.gz bytes=100-", "/set.tar.gz bytes=200-"), requests);
  }

  @Test
  void resumesWhatAnEarlierRunBegan() throws IOException {
    write(temporary.resolve("cache/set.tar.gz.part"), Arrays.copyOf(served, 1234));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals(List.of("/set.tar.gz bytes=1234-"), requests);
  }

  @Test
  void startsAgainWhenTheEarlierBytesWereWrong() throws IOException {
    write(temporary.resolve("cache/set.tar.gz.part"), new byte[1234]);
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals(List.of("/set.tar.gz bytes=1234-", "/set.tar.gz"), requests);
  }

  @Test
  void startsAgainWhenTheServerCannotResume() throws IOException {
    write(temporary.resolve("cache/set.tar.gz.part"), Arrays.copyOf(served, 1234));
    answers.add((exchange, content, from) -> RIGHT.give(exchange, content, 0));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));

    Files.delete(temporary.resolve("cache/set.tar.gz"));
    write(temporary.resolve("cache/set.tar.gz.part"), Arrays.copyOf(served, 1234));
    answers.add((exchange, content, from) -> exchange.sendResponseHeaders(416, -1));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));

    Files.delete(temporary.resolve("cache/set.tar.gz"));
    write(temporary.resolve("cache/set.tar.gz.part"), new byte[served.length + 1]);
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
  }

  @Test
  void triesAgainAfterTroubleThatMayPass() throws IOException {
    answers.add((exchange, content, from) -> exchange.sendResponseHeaders(503, -1));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals(2, requests.size());
  }

  @Test
  void givesUpWithAMessageAndKeepsWhatCameIn() throws IOException {
    answers.add(BREAKS_AFTER_100);
    for (int i = 0; i < 4; i++) {
      answers.add((exchange, content, from) -> exchange.sendResponseHeaders(503, -1));
    }
    refused("set.tar.gz: HTTP status 503 (100 of " + served.length + " bytes are kept; try again");
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals("/set.tar.gz bytes=100-", requests.get(requests.size() - 1));
  }

  @Test
  void aSilentServerIsLeft() {
    Answer silent =
        (exchange, content, from) -> {
          exchange.sendResponseHeaders(200, content.length);
          try {
            over.await(5, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    answers.addAll(List.of(silent, silent, silent, silent));
    refused("timed out");
  }

  @Test
  void refusesWhatCannotBeThePublishedFile() {
    answers.add((exchange, content, from) -> exchange.sendResponseHeaders(404, -1));
    refused("HTTP status 404; the system property gle.download.set.tar.gz names another source");
    answers.add((exchange, content, from) -> RIGHT.give(exchange, new byte[7], 0));
    refused("7 bytes, but set.tar.gz has " + served.length);
    answers.add(
        (exchange, content, from) -> {
          exchange.sendResponseHeaders(200, 0); // chunked: endless for all we know
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(new byte[100_000]);
          }
        });
    refused("more than " + served.length + " bytes");
    answers.add((exchange, content, from) -> RIGHT.give(exchange, new byte[content.length], 0));
    refused("SHA-256 ");
    assertFalse(Files.exists(temporary.resolve("cache/set.tar.gz")));
    assertFalse(Files.exists(temporary.resolve("cache/set.tar.gz.part")));
  }

  @Test
  void replacesAFileThatIsDamaged() throws IOException {
    byte[] damaged = served.clone();
    damaged[1000] ^= 1;
    write(temporary.resolve("cache/set.tar.gz"), damaged);
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    Files.write(temporary.resolve("cache/set.tar.gz"), Arrays.copyOf(served, 1000));
    assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
    assertEquals(2, requests.size());
  }

  @Test
  void extractsOnceAndReplacesWhatIsDamaged() throws IOException {
    Path folder = cache.extracted(archive);
    assertEquals(temporary.resolve("cache/set"), folder);
    assertEquals("one", Files.readString(folder.resolve("a/one.txt")));
    Object key = Files.getLastModifiedTime(folder.resolve("noise"));
    cache.extracted(archive);
    assertEquals(key, Files.getLastModifiedTime(folder.resolve("noise")));

    Files.writeString(folder.resolve("a/one.txt"), "two"); // same size, another content
    assertEquals("one", Files.readString(cache.extracted(archive).resolve("a/one.txt")));
    Files.delete(folder.resolve("noise"));
    assertTrue(Files.exists(cache.extracted(archive).resolve("noise")));
    Files.writeString(folder.resolve("a/more.txt"), "more");
    assertFalse(Files.exists(cache.extracted(archive).resolve("a/more.txt")));
    Files.writeString(folder.resolve(".contents"), "00000000");
    assertTrue(Files.exists(cache.extracted(archive).resolve("noise")));
    Files.delete(folder.resolve(".contents"));
    assertTrue(Files.exists(cache.extracted(archive).resolve("noise")));
    assertEquals(List.of("/set.tar.gz"), requests);
    try (var files = Files.list(temporary.resolve("cache"))) {
      assertEquals(3, files.count()); // lock, archive, folder
    }
  }

  @Test
  void nothingIsLeftOfAnArchiveThatIsRefused() throws IOException {
    served = TestArchives.tarGz(tar -> addFile(tar, "../evil", "x"));
    archive = TestArchives.archive("set.tar.gz", address("set.tar.gz"), served);
    assertThrows(DownloadException.class, () -> cache.extracted(archive));
    assertFalse(Files.exists(temporary.resolve("cache/set")));
    assertFalse(Files.exists(temporary.resolve("cache/set.part")));
    Archive other = TestArchives.archive("labels.gz", address("labels.gz"), served);
    assertThrows(IllegalArgumentException.class, () -> cache.extracted(other));
  }

  @Test
  void propertiesNameOtherSources() throws IOException {
    System.setProperty("gle.download.mirror", address("mirror").toString());
    cache.file(archive);
    assertEquals(List.of("/mirror/set.tar.gz"), requests);

    Path own = Files.write(temporary.resolve("own file.tar.gz"), served);
    System.setProperty("gle.download.set.tar.gz", own.toString());
    assertEquals(own, cache.file(archive));
    System.setProperty("gle.download.set.tar.gz", own.toUri().toString());
    assertEquals(own, cache.file(archive));
    assertEquals("one", Files.readString(cache.extracted(archive).resolve("a/one.txt")));
    assertEquals(1, requests.size());

    Files.write(own, new byte[served.length]);
    refused(own + ": SHA-256 ");
    assertTrue(Files.exists(own), "the user's file stays");
    System.setProperty("gle.download.set.tar.gz", temporary.resolve("nowhere").toString());
    refused("nowhere: no file");
    System.clearProperty("gle.download.set.tar.gz");
    System.setProperty("gle.download.mirror", "ftp://x");
    refused("gle.download.mirror = ftp://x/set.tar.gz: http, https, file addresses allowed");
  }

  @Test
  void oneOwnerAtATime() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    Path folder = temporary.resolve("cache");
    var executor = Executors.newSingleThreadExecutor();
    try {
      var second =
          new DownloadCache(
              folder,
              (stage, name, done, total) -> {
                if (stage == Stage.WAITING) {
                  waiting.countDown();
                }
              });
      java.util.concurrent.Future<Path> file;
      try (FolderLock lock = FolderLock.acquire(folder, () -> {})) {
        file = executor.submit(() -> second.file(archive));
        assertTrue(waiting.await(5, TimeUnit.SECONDS));
        Thread.sleep(50);
        assertFalse(file.isDone());
        assertEquals(List.of(), requests);
      }
      assertArrayEquals(served, Files.readAllBytes(file.get(5, TimeUnit.SECONDS)));
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void anotherProcessIsWaitedFor() throws Exception {
    Path folder = Files.createDirectories(temporary.resolve("cache"));
    Path program =
        Files.writeString(
            temporary.resolve("Owner.java"),
            """
            import java.nio.channels.FileChannel;
            import java.nio.file.*;

            class Owner {
              public static void main(String[] args) throws Exception {
                try (FileChannel channel = FileChannel.open(Path.of(args[0]),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                  channel.lock();
                  System.out.println("owned");
                  System.in.read();
                }
              }
            }
            """);
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                program.toString(),
                folder.resolve(".lock").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals("owned", owner.inputReader().readLine());
      CountDownLatch waiting = new CountDownLatch(1);
      Thread release =
          new Thread(
              () -> {
                try {
                  waiting.await();
                  owner.getOutputStream().close();
                } catch (IOException | InterruptedException e) {
                  owner.destroy();
                }
              });
      release.start();
      try (FolderLock lock = FolderLock.acquire(folder, waiting::countDown)) {
        assertEquals(0, waiting.getCount());
      }
      release.join();
    } finally {
      owner.destroy();
    }
  }

  private static Answer status(int status) {
    return (exchange, content, from) -> exchange.sendResponseHeaders(status, -1);
  }

  /** Cut, wrong, missing, failing and silent answers in random order; then a restart. */
  @Tag("faults")
  @Tag("long")
  @Test
  void noBadFileIsEverCached() throws IOException {
    Answer wrong =
        (exchange, content, from) -> {
          byte[] other = content.clone();
          other[content.length / 2] ^= 1;
          RIGHT.give(exchange, other, from);
        };
    Answer stalls =
        (exchange, content, from) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 200);
          exchange.getResponseBody().flush();
          try {
            over.await(300, TimeUnit.MILLISECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    List<Answer> faults =
        List.of(
            BREAKS_AFTER_100,
            wrong,
            status(404),
            status(503),
            status(416),
            stalls,
            (exchange, content, from) -> RIGHT.give(exchange, new byte[content.length], 0),
            (exchange, content, from) -> RIGHT.give(exchange, new byte[9], 0));
    long seed = 1;
    Random random = new Random(seed);
    Path file = temporary.resolve("cache/set.tar.gz");
    int failures = 0;
    int rounds = 150;
    for (int round = 0; round < rounds; round++) {
      cache = // another program
          new DownloadCache(
              temporary.resolve("cache"), DownloadProgress.NONE, Duration.ofMillis(100));
      answers.clear();
      for (int i = random.nextInt(5); i >= 0; i--) {
        answers.add(faults.get(random.nextInt(faults.size())));
      }
      Files.deleteIfExists(file);
      try {
        assertArrayEquals(served, Files.readAllBytes(cache.file(archive)));
      } catch (DownloadException e) {
        failures++;
        assertFalse(Files.exists(file), "round " + round + " of seed " + seed);
      }
      answers.clear();
      cache = new DownloadCache(temporary.resolve("cache"), DownloadProgress.NONE);
      assertArrayEquals(served, Files.readAllBytes(cache.file(archive)), "after a restart");
    }
    assertTrue(failures > rounds / 10 && failures < rounds, failures + " of " + rounds);
    System.out.printf(
        "figure: download faults: %d rounds, %d failed with a message, 0 bad files cached,"
            + " %d of %d complete after a restart%n",
        rounds, failures, rounds, rounds);
  }

  @Tag("faults")
  @Tag("long")
  @Test
  void manyProcessesDownloadOnce() throws Exception {
    int processes = 8;
    List<Process> programs = new ArrayList<>();
    try {
      for (int i = 0; i < processes; i++) {
        programs.add(
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    ExtractingProgram.class.getName(),
                    temporary.resolve("shared").toString(),
                    archive.address().toString(),
                    Long.toString(archive.bytes()),
                    archive.sha256())
                .redirectErrorStream(true)
                .start());
      }
      for (Process program : programs) {
        String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, program.waitFor(), output);
        assertEquals("one", output);
      }
    } finally {
      programs.forEach(Process::destroy);
    }
    assertEquals(List.of("/set.tar.gz"), requests);
    System.out.printf(
        "figure: processes: %d started at once on an empty cache, %d download, 0 failures%n",
        processes, requests.size());
  }

  @Test
  void archivesAreChecked() {
    String sha256 = "0".repeat(64);
    URI address = URI.create("https://example.org/a.gz");
    assertEquals("gle.download.a.gz", new Archive("a.gz", address, 1, sha256).property());
    assertInvalid("name = ../a", "../a", address, 1, sha256);
    assertInvalid("address = file:/a", "a", URI.create("file:/a"), 1, sha256);
    assertInvalid("bytes = 0: 1 or more allowed", "a", address, 0, sha256);
    assertInvalid("sha256 = 00: 64 hexadecimal", "a", address, 1, "00");
  }

  private static void assertInvalid(
      String message, String name, URI address, long bytes, String sha256) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new Archive(name, address, bytes, sha256));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Damages files at random, as disks, transfers, careless editors and attackers do. */
final class Mutations {
  private static final int[] TELLING = {0, 1, -1, 127, 128, 255, 1 << 16, 1 << 24, 1 << 30};
  private static final String[] TOKENS = {
    "-1",
    "0",
    "1e999",
    "NaN",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "2147483647",
    "1e-320",
    "[[",
    "999999999999999999999999"
  };

  private final Random random;

  Mutations(long seed) {
    random = new Random(seed);
  }

  /** One to four random changes; those of the first bytes, where headers are, are more likely. */
  byte[] damaged(byte[] good) {
    byte[] bad = good.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0 && bad.length > 0; changes--) {
      bad = changed(bad);
    }
    return bad;
  }

  private byte[] changed(byte[] bytes) {
    int place = place(bytes.length);
    switch (random.nextInt(8)) {
      case 0 -> bytes[place] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[place] = (byte) random.nextInt(256);
      case 2 -> write(bytes, place, TELLING[random.nextInt(TELLING.length)]);
      case 3 -> write(bytes, place, random.nextInt());
      case 4 -> {
        return Arrays.copyOf(bytes, place); // cut off
      }
      case 5 -> {
        return without(bytes, place, Math.min(1 + random.nextInt(64), bytes.length - place));
      }
      case 6 -> {
        byte[] more = new byte[1 + random.nextInt(64)];
        random.nextBytes(more);
        return with(bytes, place, more);
      }
      default -> { // a part twice
        int length = Math.min(1 + random.nextInt(512), bytes.length - place);
        return with(bytes, place, Arrays.copyOfRange(bytes, place, place + length));
      }
    }
    return bytes;
  }

  /** Half of the time among the first 128. */
  private int place(int length) {
    return random.nextInt(random.nextBoolean() ? length : Math.min(length, 128));
  }

  private void write(byte[] bytes, int place, int value) {
    if (place + Integer.BYTES <= bytes.length) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      buffer.putInt(place, random.nextBoolean() ? value : Integer.reverseBytes(value));
    }
  }

  private static byte[] without(byte[] bytes, int place, int count) {
    byte[] less = Arrays.copyOf(bytes, bytes.length - count);
    System.arraycopy(bytes, place + count, less, place, less.length - place);
    return less;
  }

  private static byte[] with(byte[] bytes, int place, byte[] more) {
    byte[] result = Arrays.copyOf(bytes, bytes.length + more.length);
    System.arraycopy(bytes, place, result, place + more.length, bytes.length - place);
    System.arraycopy(more, 0, result, place, more.length);
    return result;
  }

  /** Half of the time, values and names of a text in JSON are exchanged for others. */
  byte[] damagedJson(byte[] good) {
    if (random.nextBoolean()) {
      return damaged(good);
    }
    String text = new String(good, StandardCharsets.UTF_8);
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int start = tokenFrom(text, random.nextInt(text.length()));
      int end = tokenEnd(text, start);
      String token = text.substring(start, end);
      String other =
          switch (random.nextInt(4)) {
            case 0 -> TOKENS[random.nextInt(TOKENS.length)];
            case 1 -> ""; // gone
            case 2 -> token + token;
            default -> {
              int from = tokenFrom(text, random.nextInt(text.length()));
              yield text.substring(from, tokenEnd(text, from)); // from elsewhere
            }
          };
      text = text.substring(0, start) + other + text.substring(end);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isOfToken(char letter) {
    return Character.isLetterOrDigit(letter) || "\"@._-+".indexOf(letter) >= 0;
  }

  private static int tokenFrom(String text, int place) {
    int start = place;
    while (start < text.length() - 1 && !isOfToken(text.charAt(start))) {
      start++;
    }
    while (start > 0 && isOfToken(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  private static int tokenEnd(String text, int start) {
    int end = start + 1;
    while (end < text.length() && isOfToken(text.charAt(end))) {
      end++;
    }
    return end;
  }
}

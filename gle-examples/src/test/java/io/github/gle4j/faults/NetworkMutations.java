// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Changes configurations of networks so that they stay JSON and mostly stay networks, but their
 * sizes no longer fit each other, or fit where they are not expected to.
 */
final class NetworkMutations {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> SIZES =
      Set.of(
          "nin",
          "nout",
          "kernelSize",
          "stride",
          "padding",
          "dilation",
          "cropping",
          "height",
          "width",
          "channels",
          "size",
          "count",
          "inputHeight",
          "inputWidth",
          "numChannels",
          "tbpttFwdLength",
          "seed");
  private static final List<String> WORDS =
      List.of(
          "Same",
          "Truncate",
          "Strict",
          "Causal",
          "NWC",
          "NCW",
          "MAX",
          "AVG",
          "SUM",
          "PNORM",
          "FLOAT",
          "DOUBLE",
          "HALF",
          "NHWC",
          "BOTH",
          "NONE",
          "TruncatedBPTT",
          "W",
          "b",
          "tauM");
  private static final long[] VALUES = {
    0, 1, -1, 2, 3, 7, 500, 65_536, Integer.MAX_VALUE, 1L << 31, 1L << 32, Long.MAX_VALUE
  };

  private final Random random;

  NetworkMutations(long seed) {
    random = new Random(seed);
  }

  /** A place in the text: a field of an object or an element of an array. */
  private record Place(JsonNode parent, String field, int index, String name) {
    JsonNode value() {
      return field != null ? parent.get(field) : parent.get(index);
    }

    void set(JsonNode value) {
      if (field != null) {
        ((ObjectNode) parent).set(field, value);
      } else {
        ((ArrayNode) parent).set(index, value);
      }
    }

    void remove() {
      if (field != null) {
        ((ObjectNode) parent).remove(field);
      } else {
        ((ArrayNode) parent).remove(index);
      }
    }
  }

  /** One to three changes. */
  String changed(String good) throws IOException {
    JsonNode root = JSON.readTree(good);
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      change(root);
    }
    return JSON.writeValueAsString(root);
  }

  private void change(JsonNode root) {
    List<Place> sizes = new ArrayList<>();
    List<Place> words = new ArrayList<>();
    List<Place> parts = new ArrayList<>();
    collect(root, "", sizes, words, parts);
    int kind = random.nextInt(20);
    if (kind < 10 && !sizes.isEmpty()) {
      Place place = sizes.get(random.nextInt(sizes.size()));
      place.set(JSON.getNodeFactory().numberNode(other(place.value().asLong())));
    } else if (kind < 14 && !sizes.isEmpty()) { // everywhere: it fits again
      long old = sizes.get(random.nextInt(sizes.size())).value().asLong();
      long value = other(old);
      sizes.stream()
          .filter(place -> place.value().asLong() == old)
          .forEach(place -> place.set(JSON.getNodeFactory().numberNode(value)));
    } else if (kind < 16 && !words.isEmpty()) {
      String word = WORDS.get(random.nextInt(WORDS.size()));
      words.get(random.nextInt(words.size())).set(JSON.getNodeFactory().textNode(word));
    } else {
      Place place = parts.get(random.nextInt(parts.size()));
      switch (kind) {
        case 16 -> place.remove();
        case 17 -> place.set(JSON.nullNode());
        case 18 -> { // twice
          if (place.parent() instanceof ArrayNode array) {
            array.insert(place.index(), place.value().deepCopy());
          }
        }
        default -> { // from elsewhere
          Place source = parts.get(random.nextInt(parts.size()));
          if (source.value() != null) {
            place.set(source.value().deepCopy());
          }
        }
      }
    }
  }

  private long other(long old) {
    return switch (random.nextInt(6)) {
      case 0 -> old + 1;
      case 1 -> old - 1;
      case 2 -> old * 2;
      case 3 -> old + (1L << 32);
      default -> VALUES[random.nextInt(VALUES.length)];
    };
  }

  private static void collect(
      JsonNode node, String name, List<Place> sizes, List<Place> words, List<Place> parts) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(
              field ->
                  add(new Place(node, field.getKey(), -1, field.getKey()), sizes, words, parts));
    } else if (node instanceof ArrayNode) {
      for (int i = 0; i < node.size(); i++) {
        add(new Place(node, null, i, name), sizes, words, parts);
      }
    }
  }

  private static void add(Place place, List<Place> sizes, List<Place> words, List<Place> parts) {
    JsonNode value = place.value();
    parts.add(place);
    if (value.isIntegralNumber() && SIZES.contains(place.name())) {
      sizes.add(place);
    } else if (value.isTextual() && WORDS.contains(value.asText())) {
      words.add(place);
    }
    collect(value, place.name(), sizes, words, parts);
  }
}

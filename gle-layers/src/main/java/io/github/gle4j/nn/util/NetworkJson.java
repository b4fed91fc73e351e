// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.nn.util;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.nd4j.shade.jackson.core.JsonFactory;
import org.nd4j.shade.jackson.core.JsonLocation;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.core.JsonToken;
import org.nd4j.shade.jackson.core.io.JsonEOFException;

/**
 * Looks at the JSON of a network before DL4J does. DL4J makes objects of the classes that the JSON
 * names, and reads values within values by recursion: the classes must be of known packages, depth
 * and length of numbers bounded.
 */
final class NetworkJson {
  /** The configuration of a network of a hundred layers has a tenth of that. */
  static final int MAXIMUM_CHARACTERS = 4 << 20;

  private static final int MAXIMUM_DEPTH = 100;
  private static final int MAXIMUM_DIGITS = 100;
  private static final int MAXIMUM_SHOWN = 400;
  private static final Set<String> CLASS_FIELDS = Set.of("@class", "type");

  /** DL4J takes null for the form of old versions, and then fails. */
  private static final Set<String> NEVER_NULL = Set.of("activationFn", "lossFn");

  private final String name;
  private final List<String> packages;

  private NetworkJson(String name, List<String> packages) {
    this.name = name;
    this.packages = packages;
  }

  /**
   * Refuses what must not be given to DL4J.
   *
   * @param name the file, for messages
   * @param packages what names of classes may begin with
   * @return whether it has the fields of a computation graph, not of a network of layers
   */
  static boolean checked(String name, String json, List<String> packages)
      throws InvalidModelException {
    if (json.length() > MAXIMUM_CHARACTERS) {
      throw new InvalidModelException(
          name + ": a configuration of more than " + MAXIMUM_CHARACTERS + " characters");
    }
    return new NetworkJson(name, packages).check(json);
  }

  private boolean check(String json) throws InvalidModelException {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      require(parser.nextToken() == JsonToken.START_OBJECT, "no JSON object");
      boolean graph = false;
      for (int depth = 1; depth > 0; ) {
        JsonToken token = parser.nextToken();
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        require(depth <= MAXIMUM_DEPTH, "values within values: " + MAXIMUM_DEPTH + " allowed");
        String field = parser.getCurrentName();
        if (token == JsonToken.VALUE_STRING && field != null && CLASS_FIELDS.contains(field)) {
          checkClass(parser.getText());
        }
        require(
            token != JsonToken.VALUE_NULL || field == null || !NEVER_NULL.contains(field),
            field + " is null: it must be set");
        require(
            !token.isNumeric() || parser.getTextLength() <= MAXIMUM_DIGITS,
            "a number of more than " + MAXIMUM_DIGITS + " digits");
        graph |= depth == 2 && token == JsonToken.START_OBJECT && "vertices".equals(field);
      }
      require(parser.nextToken() == null, "more behind the JSON object");
      return graph;
    } catch (InvalidModelException e) {
      throw e;
    } catch (JsonProcessingException e) { // whose message shows what is in the file
      throw new InvalidModelException(name + ": not JSON" + place(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("a string can be read", e);
    }
  }

  private static String place(JsonProcessingException e) {
    if (e instanceof JsonEOFException) {
      return ": it ends too early";
    }
    JsonLocation place = e.getLocation();
    return place == null
        ? ""
        : String.format(
            Locale.ROOT, " in line %d, column %d", place.getLineNr(), place.getColumnNr());
  }

  /** DL4J has short names for none: what has no package would be a class without one. */
  private void checkClass(String value) throws InvalidModelException {
    require(
        packages.stream().anyMatch(value::startsWith),
        "class '" + printable(value) + "': only those of " + packages + " allowed");
  }

  /** Text of a file, fit for a message. */
  static String printable(String value) {
    return value.substring(0, Math.min(value.length(), MAXIMUM_SHOWN)).replaceAll("[^ -~]", "?");
  }

  private void require(boolean valid, String problem) throws InvalidModelException {
    if (!valid) {
      throw new InvalidModelException(name + ": " + problem);
    }
  }
}

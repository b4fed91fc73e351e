// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.train.Propagation;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What users may write for models, protocols, data sets and figures. */
final class Names {
  private Names() {}

  /** The data sets. */
  enum DataSetName {
    MNIST1D,
    GSC,
    CIFAR10,
    MNIST;

    static DataSetName named(String value) {
      for (DataSetName each : values()) {
        if (each.toString().equals(value)) {
          return each;
        }
      }
      throw new IllegalArgumentException(
          "'" + value + "' is unknown: mnist1d, gsc, cifar10, mnist allowed");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The figures. */
  enum FigureName {
    GRADIENT_ALIGNMENT;

    static FigureName named(String value) {
      if (!value.equals(GRADIENT_ALIGNMENT.toString())) {
        throw new IllegalArgumentException(
            "'" + value + "' is unknown: " + GRADIENT_ALIGNMENT + " allowed");
      }
      return GRADIENT_ALIGNMENT;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** In which order layers act. */
  static Propagation propagation(String value) {
    return switch (value) {
      case "delayed" -> Propagation.DELAYED;
      case "sweep" -> Propagation.SWEEP;
      default ->
          throw new IllegalArgumentException("'" + value + "' is unknown: delayed, sweep allowed");
    };
  }

  /** Turns the message of an unknown name into picocli's. */
  static <T> ITypeConverter<T> converter(Function<String, T> named) {
    return value -> {
      try {
        return named.apply(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.suite.Protocol;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What users may write for models, protocols and data sets. */
final class Names {
  private Names() {}

  /** The data sets. */
  enum DataSetName {
    MNIST1D;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static final class ModelConverter implements ITypeConverter<PublishedModel> {
    @Override
    public PublishedModel convert(String value) {
      try {
        return PublishedModel.named(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class ProtocolConverter implements ITypeConverter<Protocol> {
    @Override
    public Protocol convert(String value) {
      try {
        return Protocol.named(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class DataSetConverter implements ITypeConverter<DataSetName> {
    @Override
    public DataSetName convert(String value) {
      if (!value.equals(DataSetName.MNIST1D.toString())) {
        throw new TypeConversionException(
            "'" + value + "' is unknown: " + DataSetName.MNIST1D + " allowed");
      }
      return DataSetName.MNIST1D;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.github.gle4j.dynamics.NeuronModel;
import io.github.gle4j.nn.connectivity.Blas;
import io.github.gle4j.nn.connectivity.Connectivity;
import io.github.gle4j.nn.connectivity.NativeFloats;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.util.ModelSerializer;

/** Who may know whom. */
@AnalyzeClasses(packages = "io.github.gle4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] LAYERS = {
    "io.github.gle4j.checkpoint..",
    "io.github.gle4j.dynamics..",
    "io.github.gle4j.nn..",
    "io.github.gle4j.train.."
  };
  private static final String[] DATASETS = {
    "io.github.gle4j.download..",
    "io.github.gle4j.images..",
    "io.github.gle4j.mnist1d..",
    "io.github.gle4j.speech.."
  };
  private static final String[] EXAMPLES = {
    "io.github.gle4j.models..",
    "io.github.gle4j.suite..",
    "io.github.gle4j.report..",
    "io.github.gle4j.examples..",
    "io.github.gle4j.cli.."
  };

  /** INDArray, and what is needed to make and combine arrays. */
  @ArchTest
  static final ArchRule DYNAMICS_KNOWS_ARRAYS_ONLY =
      classes()
          .that()
          .resideInAPackage("io.github.gle4j.dynamics..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "io.github.gle4j.dynamics..",
              "org.nd4j.linalg.api.ndarray..",
              "org.nd4j.linalg.api.buffer..",
              "org.nd4j.linalg.api.memory..",
              "org.nd4j.linalg.api.ops..",
              "org.nd4j.linalg.factory..",
              "org.nd4j.linalg.indexing..");

  @ArchTest
  static final ArchRule CHECKPOINTS_KNOW_ARRAYS_ONLY =
      noClasses()
          .that()
          .resideInAPackage("io.github.gle4j.checkpoint..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.github.gle4j.dynamics..",
              "io.github.gle4j.nn..",
              "io.github.gle4j.train..",
              "org.deeplearning4j..");

  /** A connection is made from arrays and shapes. */
  @ArchTest
  static final ArchRule CONNECTIONS_KNOW_NO_CONFIGURATION =
      noClasses()
          .that()
          .resideInAPackage("io.github.gle4j.nn.connectivity..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.github.gle4j.nn.conf..",
              "io.github.gle4j.nn.layers..",
              "io.github.gle4j.nn.util..");

  /** The engines drive layers of any neurons and connections. */
  @ArchTest
  static final ArchRule THE_TRAINER_NAMES_NO_NEURON_AND_NO_CONNECTION =
      noClasses()
          .that()
          .resideInAPackage("io.github.gle4j.train..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(NeuronModel.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Connectivity.class);

  @ArchTest
  static final ArchRule NN_DOES_NOT_KNOW_THE_TRAINER =
      noClasses()
          .that()
          .resideInAPackage("io.github.gle4j.nn..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.github.gle4j.train..");

  @ArchTest
  static final ArchRule LAYERS_STAND_ALONE =
      noClasses()
          .that()
          .resideInAnyPackage(LAYERS)
          .should()
          .dependOnClassesThat(resideInAnyPackage(DATASETS).or(resideInAnyPackage(EXAMPLES)));

  @ArchTest
  static final ArchRule DATASETS_STAND_ALONE =
      noClasses()
          .that()
          .resideInAnyPackage(DATASETS)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(LAYERS)
                  .or(resideInAnyPackage(EXAMPLES))
                  .or(resideInAnyPackage("org.deeplearning4j..")));

  @ArchTest
  static final ArchRule NOTHING_KNOWS_THE_COMMAND_LINE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.github.gle4j.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.github.gle4j.cli..");

  @ArchTest
  static final ArchRule PACKAGES_OF_THE_EXAMPLES_HAVE_NO_CYCLES =
      slices()
          .matching("io.github.gle4j.(models|suite|report|examples|cli)..")
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule EVERY_PACKAGE_HAS_A_PLACE =
      classes()
          .should()
          .resideInAnyPackage(concatenated(LAYERS, DATASETS, EXAMPLES))
          .because("the rules above must cover all classes");

  @ArchTest
  static final ArchRule NO_JAVA_DESERIALISATION =
      noClasses().should().dependOnClassesThat().areAssignableTo(java.io.ObjectInputStream.class);

  /** It deserialises Java objects from the file: io.github.gle4j.nn.util.ModelFiles loads. */
  @ArchTest
  static final ArchRule NOBODY_LOADS_BY_MODEL_SERIALIZER =
      noClasses()
          .should()
          .callMethodWhere(
              target(owner(assignableTo(ModelSerializer.class)))
                  .and(target(nameStartingWith("restore"))));

  /** OpenBLAS compares no sizes: Blas does, before each call. */
  @ArchTest
  static final ArchRule ONLY_BLAS_CALLS_OPENBLAS =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(Blas.class.getName())
          .should()
          .callMethodWhere(target(nameStartingWith("cblas_")));

  /** Nor does JavaCPP where it copies arrays: NativeFloats does. */
  @ArchTest
  static final ArchRule ONLY_NATIVE_FLOATS_COPIES_TO_AND_FROM_NATIVE_MEMORY =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(NativeFloats.class.getName())
          .should()
          .callMethodWhere(
              target(owner(assignableTo(Pointer.class)))
                  .and(target(nameStartingWith("get")).or(target(nameStartingWith("put")))));

  @ArchTest
  static final ArchRule ONLY_PROGRAMS_PRINT =
      noClasses()
          .that(not(resideInAnyPackage("io.github.gle4j.cli..", "io.github.gle4j.examples..")))
          .should(ACCESS_STANDARD_STREAMS);

  private static String[] concatenated(String[]... lists) {
    return java.util.Arrays.stream(lists).flatMap(java.util.Arrays::stream).toArray(String[]::new);
  }
}

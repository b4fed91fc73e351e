// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.cli;

import io.github.gle4j.models.RateSchedule;
import io.github.gle4j.report.Environment;
import io.github.gle4j.suite.BadInputException;
import io.github.gle4j.suite.Mode;
import io.github.gle4j.suite.Protocol;
import io.github.gle4j.train.Propagation;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code gle}. It exits with 0 when it has done what was asked for, 1 when that failed,
 * 2 when options or files cannot be used, and as usual with 130 or 143 after an interruption.
 */
@Command(
    name = "gle",
    description = "Generalized Latent Equilibrium for Deeplearning4j.",
    subcommands = {
      TrainCommand.class,
      CompareCommand.class,
      ListenCommand.class,
      BenchCommand.class,
      ReplayCommand.class,
      DataCommand.class,
      FigureCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Gle.Version.class,
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:bad usage or bad input",
      "130:interrupted; the results so far are saved"
    })
public final class Gle implements Runnable {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int INTERRUPTED = 130;

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      description = "Show the stack trace of an error.",
      scope = ScopeType.INHERIT)
  @SuppressWarnings("UnusedVariable") // run reads the arguments: it counts even if they are wrong
  private boolean debug;

  private final Interruption interruption;

  private Gle(Interruption interruption) {
    this.interruption = interruption;
  }

  /** For commands that can be stopped. */
  Interruption interruption() {
    return interruption;
  }

  /**
   * Runs the program.
   *
   * @param args as {@code gle --help} tells
   */
  @SuppressWarnings("SystemOut") // the console is this program's business
  public static void main(String[] args) {
    // Libraries that draw and show progress would write the digits of the user's language.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    Charset console = Charset.defaultCharset();
    int exitCode =
        run(
            new PrintWriter(System.out, true, console),
            new PrintWriter(System.err, true, console),
            args);
    System.exit(exitCode); // ends ND4J's threads too
  }

  /** Runs the program and returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    boolean stackTrace = Arrays.asList(args).contains("--debug");
    try (Interruption interruption = new Interruption()) {
      return commandLine(interruption, stackTrace).setOut(out).setErr(err).execute(args);
    } catch (OutOfMemoryError e) {
      err.println("gle: " + OutOfMemory.of(e).line());
      err.flush();
      return FAILED;
    }
  }

  static CommandLine commandLine(Interruption interruption, boolean stackTrace) {
    return new CommandLine(new Gle(interruption))
        .setExpandAtFiles(false) // a run folder of somebody else may name any file
        .registerConverter(Names.DataSetName.class, Names.converter(Names.DataSetName::named))
        .registerConverter(
            SpeechOptions.SplitName.class, Names.converter(SpeechOptions.SplitName::named))
        .registerConverter(Names.FigureName.class, Names.converter(Names.FigureName::named))
        .registerConverter(Protocol.class, Names.converter(Protocol::named))
        .registerConverter(Mode.class, Names.converter(Mode::named))
        .registerConverter(RateSchedule.class, Names.converter(RateSchedule::named))
        .registerConverter(Propagation.class, Names.converter(Names::propagation))
        .setParameterExceptionHandler(
            (exception, arguments) -> {
              CommandLine command = exception.getCommandLine();
              String name = command.getCommandSpec().qualifiedName();
              String message =
                  exception instanceof UnmatchedArgumentException unmatched
                      ? unknown(unmatched)
                      : exception.getMessage();
              complain(command, name + ": " + firstLine(message) + " (see " + name + " --help)");
              if (stackTrace) {
                exception.printStackTrace(command.getErr());
              }
              return BAD_INPUT;
            })
        .setExecutionExceptionHandler(
            (exception, command, arguments) -> {
              String name = command.getCommandSpec().qualifiedName();
              boolean badInput = exception instanceof BadInputException;
              String message = firstLine(exception.getMessage());
              String cause = badInput ? "" : exception.getClass().getSimpleName() + ": ";
              complain(command, name + ": " + cause + message);
              if (stackTrace) {
                exception.printStackTrace(command.getErr());
              }
              return badInput ? BAD_INPUT : FAILED;
            });
  }

  /**
   * The training command that was started with these words, {@code gle} being the first.
   *
   * @throws IllegalArgumentException when they are another command
   * @throws ParameterException when they are none
   */
  TrainCommand parsedTraining(List<String> words) {
    ParseResult parsed =
        commandLine(interruption, false)
            .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
    if (words.get(0).equals("gle")
        && parsed.hasSubcommand()
        && parsed.subcommand().commandSpec().userObject() instanceof TrainCommand train
        && !parsed.subcommand().isUsageHelpRequested()
        && !parsed.subcommand().isVersionHelpRequested()
        && train.resumed() == null) {
      return train;
    }
    throw new IllegalArgumentException(
        String.join(" ", words) + ": a command gle train without --resume allowed");
  }

  private static void complain(CommandLine command, String line) {
    command.getErr().println(line);
    command.getErr().flush();
  }

  private static String firstLine(String message) {
    return message == null
        ? "no further information"
        : message
            .lines()
            .findFirst()
            .orElse("")
            .replaceAll("\\p{Cntrl}", "?"); // a file's own words may steer a terminal
  }

  /** What is said about a word that is neither an option nor a command, or one too many. */
  private static String unknown(UnmatchedArgumentException exception) {
    CommandLine command = exception.getCommandLine();
    List<String> words = exception.getUnmatched();
    boolean isCommand = !command.getSubcommands().isEmpty() && !exception.isUnknownOption();
    String complaint =
        isCommand && !words.isEmpty()
            ? "'"
                + words.get(0).lines().findFirst().orElse("")
                + "' is unknown: "
                + commands(command)
            : exception.getMessage();
    List<String> similar = // a slip of the finger seldom hits the first letter
        exception.getSuggestions().stream()
            .filter(name -> !words.isEmpty() && name.regionMatches(true, 0, words.get(0), 0, 1))
            .toList();
    return similar.isEmpty()
        ? complaint
        : complaint + "; did you mean " + String.join(" or ", similar) + "?";
  }

  private static String commands(CommandLine command) {
    return String.join(", ", command.getSubcommands().keySet()) + " allowed";
  }

  /** A command is missing. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: " + commands(spec.commandLine()));
  }

  /** Versions of this project, DL4J and Java. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "gle " + Environment.projectVersion(),
        "Deeplearning4j " + Environment.dl4jVersion(),
        "Java " + Runtime.version()
      };
    }
  }
}

package dev.millrace.cli;

import dev.millrace.cli.explore.ExploreCommand;
import dev.millrace.cli.net.DumpCommand;
import dev.millrace.cli.net.FirewallCommand;
import dev.millrace.cli.net.FlowsCommand;
import dev.millrace.cli.net.InterfacesCommand;
import dev.millrace.cli.net.LinkCommand;
import dev.millrace.cli.net.NeighborsCommand;
import dev.millrace.cli.net.PingCommand;
import dev.millrace.cli.net.TcpClientCommand;
import dev.millrace.cli.net.TcpServerCommand;
import dev.millrace.cli.net.TraceCommand;
import dev.millrace.cli.services.ServicesCommand;
import dev.millrace.cli.tun.DoctorCommand;
import dev.millrace.cli.tun.TunCommand;
import dev.millrace.cli.http.GetCommand;
import dev.millrace.cli.http.ServeCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Properties;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The `millrace` command. Exit codes: 0 success, 1 failure, 2 wrong usage.
public final class Main {
    /// Failure.
    static final int FAILED = 1;

    private static final String STACK_TRACE = "--stack-trace";

    private Main() {
    }

    /// Runs the command and ends the JVM with its exit code.
    public static void main(String[] args) {
        // The library logs one line at open and close; a command's user asked for neither.
        if (System.getProperty("org.slf4j.simpleLogger.defaultLogLevel") == null) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        }
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = run(out, err, args);
        out.flush();
        err.flush();
        EndOfRun.exit(code);
        System.exit(code);
    }

    /// Runs the command with these streams and returns its exit code.
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return commandLine().setOut(out).setErr(err).execute(args);
    }

    private static CommandLine commandLine() {
        CommandSpec root = CommandSpec.create().name("millrace").mixinStandardHelpOptions(true)
                .version("millrace " + version(), "Java " + Runtime.version());
        root.usageMessage().description("A TCP/IP stack that runs inside a Java program.")
                .footer("", "Exit codes: 0 success, 1 failure, 2 wrong usage.");
        root.addSubcommand("demo", DemoCommand.spec());
        root.addSubcommand("links", LinksCommand.spec());
        root.addSubcommand("config", ConfigCommand.spec());
        root.addSubcommand("get", GetCommand.spec());
        root.addSubcommand("serve", ServeCommand.spec());
        root.addSubcommand("bench", BenchCommand.spec());
        root.addSubcommand("plot", PlotCommand.spec());
        root.addSubcommand("packetdrill", PacketdrillCommand.spec());
        root.addSubcommand("explore", ExploreCommand.spec());
        root.addSubcommand("services", ServicesCommand.spec());
        root.addSubcommand("ping", PingCommand.spec());
        root.addSubcommand("trace", TraceCommand.spec());
        root.addSubcommand("dump", DumpCommand.spec());
        root.addSubcommand("link", LinkCommand.spec());
        root.addSubcommand("flows", FlowsCommand.spec());
        root.addSubcommand("tcpserver", TcpServerCommand.spec());
        root.addSubcommand("tcpclient", TcpClientCommand.spec());
        root.addSubcommand("neighbors", NeighborsCommand.spec());
        root.addSubcommand("interfaces", InterfacesCommand.spec());
        root.addSubcommand("firewall", FirewallCommand.spec());
        root.addSubcommand("tun", TunCommand.spec());
        root.addSubcommand("doctor", DoctorCommand.spec());
        root.addSubcommand("help", CommandSpec.forAnnotatedObject(new CommandLine.HelpCommand()));
        root.addSubcommand("generate-completion",
                CommandSpec.forAnnotatedObject(new AutoComplete.GenerateCompletion()));
        addStackTrace(root);
        var line = new CommandLine(root);
        line.setExecutionStrategy(parsed -> {
            Integer help = CommandLine.executeHelpRequest(parsed);
            return help != null ? help : runLast(parsed);
        });
        line.setExecutionExceptionHandler((e, failed, parsed) -> {
            failed.getErr().println(Ansi.AUTO.string("@|bold,red millrace:|@ ") + explain(e));
            if (wantsStackTrace(parsed)) {
                e.printStackTrace(failed.getErr());
            }
            return failed.getCommandSpec().exitCodeOnExecutionException();
        });
        line.setParameterExceptionHandler((e, args) -> {
            CommandLine wrong = e.getCommandLine();
            wrong.getErr().println(Ansi.AUTO.string("@|bold,red millrace:|@ ") + e.getMessage());
            CommandLine.UnmatchedArgumentException.printSuggestions(e, wrong.getErr());
            if (wrong.getSubcommands().isEmpty()) {
                wrong.getErr().println("Try: " + wrong.getCommandSpec().qualifiedName() + " --help");
            } else {
                wrong.usage(wrong.getErr());
            }
            return wrong.getCommandSpec().exitCodeOnInvalidInput();
        });
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    /// Adds `--stack-trace` to every command; picocli's own inheritance reaches one level only.
    private static void addStackTrace(CommandSpec spec) {
        spec.addOption(OptionSpec.builder(STACK_TRACE).type(boolean.class).arity("0")
                .description("show where an error came from").build());
        spec.subcommands().values().forEach(sub -> addStackTrace(sub.getCommandSpec()));
    }

    private static boolean wantsStackTrace(CommandLine.ParseResult parsed) {
        return parsed.hasMatchedOption(STACK_TRACE)
                || parsed.hasSubcommand() && wantsStackTrace(parsed.subcommand());
    }

    private static int runLast(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        if (last.commandSpec().userObject() == null) {
            throw new CommandLine.ParameterException(last.commandSpec().commandLine(),
                    "a command is missing; try millrace --help");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    /// One line about what went wrong and what to do.
    private static String explain(Exception e) {
        return switch (e) {
            case NoSuchFileException f -> f.getFile() + ": no such file or folder";
            case AccessDeniedException f -> f.getFile() + ": permission denied";
            case FileSystemException f when f.getReason() == null -> f.getFile() + ": cannot be used ("
                    + f.getClass().getSimpleName() + ")";
            default -> e.getMessage() == null || e.getMessage().isBlank() ? e.toString() : e.getMessage();
        };
    }

    private static String version() {
        try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
            var properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}

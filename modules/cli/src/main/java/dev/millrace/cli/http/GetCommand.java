package dev.millrace.cli.http;

import dev.millrace.Stack;
import dev.millrace.Units;
import dev.millrace.cli.Commands;
import dev.millrace.cli.StackOptions;
import dev.millrace.cli.Terminal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace get URL`: fetches a page over a stack.
public final class GetCommand {
    private static final int FAILED = 1;

    private GetCommand() {
    }

    /// The command.
    public static CommandSpec spec() {
        return Commands.command("Fetches a URL over a stack of its own: the body to standard output, what happens to "
                + "standard error.", spec -> {
                    PositionalParamSpec url = PositionalParamSpec.builder().index("0").arity("1").required(true)
                            .type(String.class).paramLabel("URL").description("what to fetch; http:// may be left out").build();
                    spec.addPositional(url);
                    var options = new Options(spec);
                    return () -> {
                        URI target;
                        try {
                            target = FetchUrl.parse(url.getValue());
                        } catch (IllegalArgumentException e) {
                            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                        }
                        return options.run(target);
                    };
                });
    }

    private static final class Options {
        private final CommandSpec spec;
        private final StackOptions stack;
        private final OptionSpec resolver;
        private final OptionSpec redirects;
        private final OptionSpec output;
        private final OptionSpec head;
        private final OptionSpec headers;
        private final OptionSpec connectTimeout;
        private final OptionSpec readTimeout;
        private final OptionSpec insecure;
        private final OptionSpec issuers;
        private final OptionSpec fail;
        private final OptionSpec quiet;
        private final OptionSpec json;

        Options(CommandSpec spec) {
            this.spec = spec;
            stack = new StackOptions(spec);
            resolver = Commands.option(spec, "--resolver", String.class, "host|IP[:PORT]", "host",
                    "who resolves names: the host, or a name server that is asked over the stack");
            redirects = Commands.option(spec, "--max-redirects", Integer.class, "N", "10", "redirects to follow");
            output = Commands.option(spec, "--output", Path.class, "FILE", null, "write the body there");
            head = Commands.flag(spec, "--head", "ask for the headers only");
            headers = OptionSpec.builder("--header").type(List.class).auxiliaryTypes(String.class).paramLabel("'K: V'")
                    .arity("1").description("add a header to each request; may be repeated").build();
            spec.addOption(headers);
            connectTimeout = Commands.option(spec, "--connect-timeout", String.class, "DURATION", "10s",
                    "how long to try each address");
            readTimeout = Commands.option(spec, "--timeout", String.class, "DURATION", "30s",
                    "how long the server may be silent");
            insecure = Commands.flag(spec, "--insecure", "https: believe every certificate");
            issuers = Commands.option(spec, "--cacert", Path.class, "FILE", null,
                    "https: believe the issuers in this file (PEM) instead of the JDK's");
            fail = Commands.flag(spec, "--fail", "end with 1 if the status is 400 or more");
            quiet = Commands.flag(spec, "--quiet", "tell nothing but errors");
            json = Commands.flag(spec, "--json", "print one JSON object about what happened instead of the body");
        }

        int run(URI url) throws Exception {
            boolean asJson = is(json);
            if ((Integer) redirects.getValue() < 0) {
                throw new ParameterException(spec.commandLine(), "--max-redirects is 0 or more");
            }
            Path file = output.getValue();
            var settings = new Fetch.Settings(is(head) ? "HEAD" : "GET", headers(), (Integer) redirects.getValue(),
                    duration(connectTimeout), duration(readTimeout));
            InetSocketAddress server = server();
            Tls tls = Tls.of(is(insecure), issuers.getValue());
            var report = new FetchReport(Commands.err(spec), is(quiet) || asJson, Terminal.isStandardError());
            try (var opened = stack.open("get")) {
                Stack s = opened.stack();
                Names names = server == null ? Names.ofHost(s) : Names.ofServer(s, server);
                Fetch.Outcome outcome;
                try (var fetch = new Fetch(s, names, tls, settings, report)) {
                    outcome = fetch.run(url, () -> body(file, asJson));
                }
                report.done(outcome);
                if (asJson) {
                    Commands.out(spec).println(Commands.text(json(outcome)));
                }
                return is(fail) && outcome.status() >= 400 ? FAILED : 0;
            }
        }

        private static boolean is(OptionSpec flag) {
            return Boolean.TRUE.equals(flag.getValue());
        }

        private OutputStream body(Path file, boolean asJson) throws IOException {
            if (file != null && !file.toString().equals("-")) {
                return Files.newOutputStream(file);
            }
            return asJson ? OutputStream.nullOutputStream() : new CommandOutput(Commands.out(spec));
        }

        private List<Header> headers() {
            List<String> given = headers.getValue();
            List<Header> all = new ArrayList<>();
            for (String text : given == null ? List.<String>of() : given) {
                int colon = text.indexOf(':');
                if (colon < 1 || text.chars().anyMatch(c -> c < 0x20)) {
                    throw new ParameterException(spec.commandLine(), "--header needs 'Name: value', not " + text);
                }
                all.add(new BasicHeader(text.substring(0, colon).strip(), text.substring(colon + 1).strip()));
            }
            return all;
        }

        private Duration duration(OptionSpec option) {
            try {
                Duration d = Units.duration(option.getValue());
                if (d.compareTo(Duration.ofMillis(1)) < 0 || d.compareTo(Duration.ofDays(1)) > 0) {
                    throw new IllegalArgumentException("must be 1ms to a day");
                }
                return d;
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), option.longestName() + ": " + e.getMessage(), e);
            }
        }

        private InetSocketAddress server() {
            String text = resolver.getValue();
            if (text.equals("host")) {
                return null;
            }
            try {
                String host = text;
                int port = 53;
                int colon = text.lastIndexOf(':');
                if (text.startsWith("[") && text.contains("]")) {
                    host = text.substring(1, text.indexOf(']'));
                    port = colon > text.indexOf(']') ? Integer.parseInt(text.substring(colon + 1)) : port;
                } else if (colon >= 0 && text.indexOf(':') == colon) {
                    host = text.substring(0, colon);
                    port = Integer.parseInt(text.substring(colon + 1));
                }
                return new InetSocketAddress(InetAddress.ofLiteral(host), port);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(),
                        "--resolver is host, or the address of a name server, such as 9.9.9.9 or [::1]:53, not " + text, e);
            }
        }

        private static ObjectNode json(Fetch.Outcome o) {
            ObjectNode node = Commands.json().createObjectNode().put("url", o.url().toString()).put("status", o.status())
                    .put("local", o.local().toString().replace("/", ""))
                    .put("remote", o.remote().toString().replace("/", "")).put("bytes", o.bytes()).put("sha256", o.sha256());
            var list = node.putArray("redirects");
            o.redirects().forEach(u -> list.add(u.toString()));
            var addresses = node.putArray("addresses");
            o.addresses().forEach(a -> addresses.add(a.getHostAddress()));
            ObjectNode ms = node.putObject("ms");
            o.times().forEach(ms::put);
            return node;
        }
    }

    /// Standard output, for bytes.
    private static final class CommandOutput extends OutputStream {
        private final PrintWriter writer;

        CommandOutput(PrintWriter writer) {
            this.writer = writer;
            writer.flush();
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            System.out.write(bytes, offset, length);
            if (System.out.checkError()) {
                throw new IOException("standard output takes no more");
            }
        }

        @Override
        public void close() {
            System.out.flush();
            writer.flush();
        }
    }
}

package dev.millrace.cli.net;

import dev.millrace.Units;
import dev.millrace.cli.Commands;
import dev.millrace.cli.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// The options of commands that transfer: what is sent, and where what is received goes.
final class TransferOptions {
    private final CommandSpec spec;
    private final OptionSpec random;
    private final OptionSpec send;
    private final OptionSpec receive;

    TransferOptions(CommandSpec spec) {
        this.spec = spec;
        random = Commands.option(spec, "--random", String.class, "BYTES", null,
                "send so many random bytes, such as 20480 or 1GiB");
        send = Commands.option(spec, "--send", Path.class, "FILE", null, "send a file");
        receive = Commands.option(spec, "--receive", Path.class, "FILE", null, "write what comes to a file");
    }

    /// Finds out what makes no sense before anything is opened.
    void check() {
        if (random.getValue() != null && send.getValue() != null) {
            throw new ParameterException(spec.commandLine(), "only one of --random and --send can be sent");
        }
        length();
    }

    boolean sendsSomething() {
        return random.getValue() != null || send.getValue() != null;
    }

    boolean receivesFile() {
        return receive.getValue() != null;
    }

    private long length() {
        if (random.getValue() == null) {
            return -1;
        }
        try {
            return Units.bytes(random.getValue());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--random: " + e.getMessage(), e);
        }
    }

    /// How much is sent, or -1 if that is not known.
    long expected() throws IOException {
        Path file = send.getValue();
        return file != null ? Files.size(file) : length();
    }

    /// What is sent, or `null`.
    InputStream source() throws IOException {
        Path file = send.getValue();
        return file != null ? Files.newInputStream(file) : random.getValue() == null ? null : new RandomBytes(length());
    }

    /// Where what is received goes, or `null`.
    OutputStream sink() throws IOException {
        Path file = receive.getValue();
        return file == null ? null : Files.newOutputStream(file);
    }

    Progress progress(long expected) {
        return new Progress(Terminal.isStandardError() ? Commands.err(spec) : null, expected);
    }

    /// Random bytes, so many.
    static final class RandomBytes extends InputStream {
        private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        private byte[] scratch = new byte[0];
        private long left;

        RandomBytes(long length) {
            left = length;
        }

        @Override
        public int read() {
            if (left == 0) {
                return -1;
            }
            left--;
            return random.nextInt(256);
        }

        @Override
        public int read(byte[] b, int offset, int length) {
            if (left == 0) {
                return length == 0 ? 0 : -1;
            }
            int n = (int) Math.min(left, length);
            if (scratch.length != n) {
                scratch = new byte[n];
            }
            random.nextBytes(scratch);
            System.arraycopy(scratch, 0, b, offset, n);
            left -= n;
            return n;
        }
    }
}

package dev.millrace.internet;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;

/// What failures of many seeds have in common when they are the same fault: the class of the first cause, the lines of the
/// program that threw it, and its message without what differs from run to run. Equal causes are one group of a report.
///
/// @param type the class's name
/// @param message its first line, with # for numbers
/// @param frames the innermost lines of the program, such as `com.acme.Bank.pay(Bank.java:40)`; those of Millrace if there are
///     none
public record FailureCause(String type, String message, List<String> frames) {
    private static final int FRAMES = 3;
    private static final int LONGEST_MESSAGE = 200;
    private static final List<String> LIBRARIES = List.of("java.", "javax.", "jdk.", "sun.", "org.junit.", "org.assertj.",
            "org.hamcrest.", "org.opentest4j.", "org.apache.maven.", "org.gradle.", "com.intellij.");
    /// Identity hashes, numbers in hexadecimal, and others with what they are made of, as in 1.5 and 10.0.0.1.
    private static final Pattern VARYING = Pattern.compile("@[0-9a-f]{1,16}\\b|\\b0x[0-9a-fA-F]+\\b|[0-9]+([.:,][0-9]+)*");

    /// Copies the list.
    public FailureCause {
        frames = List.copyOf(frames);
    }

    /// What made something fail.
    public static FailureCause of(Throwable t) {
        Throwable root = root(t);
        var ofProgram = new ArrayList<String>();
        var ofMillrace = new ArrayList<String>();
        for (StackTraceElement e : root.getStackTrace()) {
            if (!isOfLibrary(e) && !isGenerated(e)) {
                List<String> frames = isOfMillrace(e) ? ofMillrace : ofProgram;
                if (frames.size() < FRAMES) {
                    frames.add(e.getClassName() + "." + e.getMethodName() + "(" + e.getFileName() + ":" + e.getLineNumber() + ")");
                }
            }
        }
        return new FailureCause(root.getClass().getName(), normalized(root.getMessage()),
                ofProgram.isEmpty() ? ofMillrace : ofProgram);
    }

    /// A message without what differs from run to run.
    public static String normalized(String message) {
        if (message == null) {
            return "";
        }
        String line = message.lines().findFirst().orElse("");
        String shorter = line.length() > LONGEST_MESSAGE ? line.substring(0, LONGEST_MESSAGE) + "..." : line;
        return VARYING.matcher(shorter).replaceAll("#");
    }

    /// The first cause behind what only tells of another failure: that of a program, in a test that did not ask for it, is an
    /// assertion.
    static Throwable root(Throwable t) {
        Throwable root = t;
        Set<Throwable> seen = new HashSet<>();
        while (root.getCause() != null && seen.add(root) && isWrapper(root)) {
            root = root.getCause();
        }
        return root;
    }

    private static boolean isWrapper(Throwable t) {
        return t instanceof ExecutionException || t instanceof RuntimeException || t instanceof AssertionError;
    }

    static boolean isOfLibrary(StackTraceElement e) {
        return LIBRARIES.stream().anyMatch(e.getClassName()::startsWith);
    }

    static boolean isOfMillrace(StackTraceElement e) {
        return e.getClassName().startsWith("dev.millrace.");
    }

    /// Names of hidden classes differ from run to run.
    private static boolean isGenerated(StackTraceElement e) {
        return e.getClassName().contains("/0x") || e.getFileName() == null;
    }

    /// One line.
    @Override
    public String toString() {
        return type + (message.isEmpty() ? "" : ": " + message) + (frames.isEmpty() ? "" : " at " + frames.getFirst());
    }
}
